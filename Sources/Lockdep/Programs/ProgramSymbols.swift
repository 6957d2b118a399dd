/// How a kernel's compiler arranged the validator's functions: which have no frame of their own.
public struct CompiledKernel: Sendable {
  /// Merged into their callers.
  public var inlined: Set<LockdepFunction>
  /// Gone by the time the stack is dumped: they end with a jump.
  public var tailCalling: Set<LockdepFunction>
  /// Functions whose unlikely part, which prints, lies elsewhere: shown as `name.cold`.
  public var split: Set<LockdepFunction>

  /// Debian's 6.1.192, gcc 12, x86-64, as its own reports show it.
  public static let debian6_1 = CompiledKernel(
    inlined: [
      .markUsage, .markLockIrq, .validState, .printUsageBug, .checkUsageForwards,
      .checkUsageBackwards, .checkWaitContext, .printInvalidWaitContext, .printNestedLockNotHeld,
      .validateChain, .lookUpChainCacheAdd, .addChainCache, .checkDeadlock, .printDeadlockBug,
      .checkPrevsAdd, .checkPrevAdd, .printBadIrqDependency, .addLockToList, .allocListEntry,
      .printBfsBug, .assignLockKey, .lockRelease2, .lockDowngrade2, .lockSetClass2,
      .hardirqsOnCaller, .printUnlockImbalanceBug, .printFreedLockBug, .verifyLockUnused,
    ],
    tailCalling: [
      .dumpStack, .printCircularBug, .printIrqInversionBug, .printHeldLocksBug,
      .debugCheckNoLocksHeld,
    ],
    split: [
      .markLock, .lockRelease, .checkIrqUsage, .debugCheckNoLocksFreed, .rcuSuspicious,
    ])

  /// The frames of a saved trace: the kernel leaves out the three innermost real ones.
  public func savedTrace(_ chain: [LockdepFunction]) -> [String] {
    chain.filter { !inlined.contains($0) }.dropFirst(3).map { $0.rawValue }
  }

  /// The frames of a stack backtrace.
  public func backtrace(_ chain: [LockdepFunction]) -> [String] {
    var frames: [String] = []
    for function in chain where !inlined.contains(function) && !tailCalling.contains(function) {
      // The caller of dump_stack_lvl is where it prints: its unlikely part.
      let isPrinting = frames.count == 1
      let isCold = isPrinting && (split.contains(function) || printsCold(chain, function))
      frames.append(function.rawValue + (isCold ? ".cold" : ""))
    }
    return frames
  }

  /// `__lock_acquire` has an unlikely part for wait contexts and nest locks only.
  private func printsCold(_ chain: [LockdepFunction], _ function: LockdepFunction) -> Bool {
    function == .lockAcquire2
      && (chain.contains(.printInvalidWaitContext) || chain.contains(.printNestedLockNotHeld))
  }
}

/// The symbols and the stack of a lock program: its own function, what it was called from, and the
/// kernel's functions below it.
public final class ProgramSymbols: ReportEnvironment {
  /// The kernel's name in the head of a report.
  public var ident = "6.1.192 #1 Not tainted"
  /// What stands in a backtrace between the command and the version.
  public var taint = "Not tainted"
  /// The kernel's release in the head of a stack trace.
  public var release = "6.1.192 #1 "
  /// What the compiler made of the validator's functions.
  public var kernel = CompiledKernel.debian6_1
  /// The words of the reports: those of the kernel that the head of a report names.
  public var style = {
    var style = ReportStyle()
    style.heldLocks = .counted
    return style
  }()
  /// The program's function.
  public let function: String
  /// Its callers, innermost first, with offsets.
  public var outer: [String]
  /// The symbols of keys, by the name of their class; made up where there is none.
  public var keySymbols: [String: String] = [:]
  /// The last operation is a tail call: it happens in the caller.
  public var endsWithTailCall: Bool

  /// The step whose stack is shown.
  private var step = 0
  /// For each step, the kernel's functions under it, innermost first.
  private var functions: [[String]] = []
  /// For each step, whether it is a `local_bh_enable`.
  private var bottomHalfEnds: [Bool] = []
  private var otherCallers: [Int: [String]] = [:]
  private var otherFunctions: [Int: [String]] = [:]
  private var names: [String] = []
  private var known: [String: LockdepFrame] = [:]
  private var keys: [LockKey: String] = [:]

  /// Symbols of a program that runs in `function`, called from `outer`, innermost first.
  public init(function: String, outer: [String] = [], endsWithTailCall: Bool = false) {
    self.function = function
    self.outer = outer
    self.endsWithTailCall = endsWithTailCall
  }

  /// Gives a step another stack than the program's function and the functions that its word
  /// implies: where the operation is called, innermost first, and what lies under it.
  public func setStack(of step: Int, callers: [String]? = nil, functions: [String]? = nil) {
    otherCallers[step] = callers
    otherFunctions[step] = functions
  }

  /// Takes over the steps of a program.
  func load(_ program: LockProgram) {
    functions = program.steps.map(LockProgramRunner.functions)
    bottomHalfEnds = program.steps.map { step in
      switch step.operation {
      case .interrupts(.softirqEnable): true
      case .release(let object): object.family == .rcuBH
      default: false
      }
    }
    step = 0
  }

  /// Shows the stack as it is at a step; a report's text wants that of the step that caused it.
  public func show(step: Int) {
    self.step = step
  }

  /// The frame of a symbol, made on first use.
  public func frame(_ symbol: String) -> LockdepFrame {
    if let frame = known[symbol] { return frame }
    names.append(symbol)
    let frame = LockdepFrame(rawValue: UInt64(names.count))
    known[symbol] = frame
    return frame
  }

  func name(_ key: LockKey, ofClass name: String, number: UInt64) {
    keys[key] = keySymbols[name] ?? "__key.\(number)+0x0/0x10"
  }

  /// The program's own stack at the current step.
  private var callers: [String] {
    if let other = otherCallers[step] { return other }
    if endsWithTailCall && step == functions.count - 1 && !outer.isEmpty { return outer }
    let offset = String((step + 1) * 8, radix: 16)
    let size = String((functions.count + 1) * 8, radix: 16)
    return ["\(function)+0x\(offset)/0x\(size)"] + outer
  }

  /// Where the current operation is called: what `at:` shows.
  var here: LockdepFrame { frame(callers.first ?? function) }

  /// The whole stack.
  private func stack(_ validatorFunctions: [String], below chain: [LockdepFunction]) -> [String] {
    let below =
      otherFunctions[step] ?? Self.switches(chain, isBottomHalf: endsBottomHalf(step))
      ?? (functions.indices.contains(step) ? functions[step] : [])
    return (validatorFunctions + below).map { Self.placed($0) } + callers
  }

  /// Functions through which interrupts go on again, where that is what led into the validator:
  /// `local_irq_enable` calls one in its caller's name, `local_bh_enable` two.
  private static func switches(_ chain: [LockdepFunction], isBottomHalf: Bool) -> [String]? {
    if chain.contains(.softirqsOn) { return [bottomHalfEnable] }
    guard chain.contains(.hardirqsOnPrepare) else { return nil }
    return ["trace_hardirqs_on"] + (isBottomHalf ? [bottomHalfEnable] : [])
  }

  private static let bottomHalfEnable = "__local_bh_enable_ip"

  /// A place inside one of the kernel's functions, which is not known here.
  private static func placed(_ function: String) -> String { "\(function)+0x1/0x2" }

  /// Where `local_bh_enable` turns hardware interrupts off and on.
  var bottomHalfEnableFrame: LockdepFrame { frame(Self.placed(Self.bottomHalfEnable)) }

  /// Whether the step is a `local_bh_enable` and nothing else that switches interrupts.
  private func endsBottomHalf(_ step: Int) -> Bool {
    bottomHalfEnds.indices.contains(step) && bottomHalfEnds[step]
  }

  func trace(_ chain: [LockdepFunction]) -> [LockdepFrame] {
    stack(kernel.savedTrace(chain), below: chain).map { frame($0) }
  }

  /// The name and offset of a frame.
  public func symbol(for frame: LockdepFrame) -> String {
    let index = Int(truncatingIfNeeded: frame.rawValue) &- 1
    return names.indices.contains(index) ? names[index] : "0x0"
  }

  /// The address of a frame; nil, for a program has none.
  public func address(of frame: LockdepFrame) -> UInt64? {
    0xffff_ffff_8129_0000 &+ frame.rawValue &* 16
  }

  /// The name of a lock's key.
  public func symbol(for key: LockKey) -> String { keys[key] ?? "0x0" }

  /// The stack trace under a report.
  public func backtrace(_ scene: Scene) -> [String] {
    let head = "CPU: \(scene.context.cpu.rawValue) PID: \(scene.task.pid) Comm: \(scene.task.comm)"
    return ["\(head) \(taint) \(release)", "Call Trace:", " <TASK>"]
      + stack(kernel.backtrace(scene.callChain), below: scene.callChain).map { " \($0)" } + [
        " </TASK>"
      ]
  }
}

extension LockProgramRunner {
  /// The kernel's functions between a step and the validator, innermost first.
  static func functions(of step: LockStep) -> [String] {
    let word = step.text.prefix { $0 != "(" && $0 != "[" && $0 != "=" }
    if let verb = LockVerb.byWord[String(word)] { return verb.functions }
    if word.hasSuffix("_NEST"), let verb = LockVerb.byWord[String(word.dropLast(5))] {
      return verb.functions.map { $0 == "_raw_spin_lock" ? "_raw_spin_lock_nest_lock" : $0 }
    }
    guard case .wound(let operation) = step.operation else { return [] }
    switch operation {
    case .lock: return ["__ww_mutex_lock.constprop.0", "ww_mutex_lock"]
    case .lockBase: return ["__mutex_lock"]
    case .unlock: return ["ww_mutex_unlock"]
    case .tryLock: return ["ww_mutex_trylock"]
    default: return []
    }
  }
}
