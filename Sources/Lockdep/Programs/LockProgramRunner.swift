/// What running a program came to.
public struct LockProgramOutcome: Sendable {
  /// Everything that was reported, in order.
  public var reports: [LockReport]
  /// For each report, the index of the step that caused it.
  public var reportSteps: [Int]
  /// Operations that did not return what the program says they do.
  public var failedAssertions: [FailedAssertion]

  /// An operation that returned something else than the program says.
  public struct FailedAssertion: Hashable, Sendable {
    /// Which step.
    public var step: LockStep
    /// Nil: it never returned.
    public var got: LockResult?
  }

  /// Whether the validator ended up off: what the kernel's selftests call FAILURE.
  public var isFailure: Bool { reports.contains { !$0.leavesValidatorOn } }
}

/// Runs a lock program against a validator of its own.
///
/// The validator starts clean: nothing held, no classes, interrupts on.
public final class LockProgramRunner {
  /// What is run.
  public let program: LockProgram
  /// What judges it.
  public let validator: Validator
  /// Turns frames into text; its frames stand for the program's own functions.
  public let symbols: ProgramSymbols
  /// Every shared rwlock acquire is recursive, as the selftests can force it.
  public let readsAreRecursive: Bool

  private let host: (any LockProgramHost)?
  /// Who runs a program that names no contexts; the idle task of the boot processor otherwise.
  private let bootTask: TaskName?
  var wound = WoundWaitWorld()
  private var locks: [LockObject: LockID] = [:]
  private var keys: [LockFamily: [String: LockKey]] = [:]
  private var keyCount: UInt64 = 0
  private var contexts: [LockdepContext] = []
  private var cpus: [Int: CPUID] = [:]
  /// For each handler that is on the stack: whether it found interrupts on.
  private var entered: [Int: Bool] = [:]
  private var nofsDepth = 0
  private var reportSteps: [Int] = []
  private var failed: [LockProgramOutcome.FailedAssertion] = []

  /// A runner with a validator of its own, which has seen nothing.
  public init(
    _ program: LockProgram, configuration: LockdepConfiguration = LockdepConfiguration(),
    readsAreRecursive: Bool = false, symbols: ProgramSymbols = ProgramSymbols(function: "program"),
    bootTask: TaskName? = nil
  ) {
    self.bootTask = bootTask
    self.program = program
    self.readsAreRecursive = readsAreRecursive
    self.symbols = symbols
    host = nil
    validator = Validator(configuration)
    symbols.load(program)
    validator.traceSource = { [symbols] request in symbols.trace(request.callChain) }
    for (index, thread) in program.threads.enumerated() { addThread(thread, index) }
  }

  /// A runner inside a kernel.
  public init(_ program: LockProgram, on host: any LockProgramHost, readsAreRecursive: Bool = false)
  {
    self.program = program
    self.readsAreRecursive = readsAreRecursive
    self.host = host
    bootTask = nil
    symbols = ProgramSymbols(function: "program")
    symbols.load(program)
    validator = host.validator
    contexts = program.threads.map { host.context(of: $0) }
  }

  /// Runs the steps in the order written.
  ///
  /// - Parameter observe: told the index of each step behind it.
  public func run(observe: ((Int) -> Void)? = nil) -> LockProgramOutcome {
    let before = validator.reports.count
    var current: Int?
    for (index, step) in program.steps.enumerated() {
      if let last = current, last != step.thread {
        perform(in: last) { leaveHandler(last, at: $0) }
      }
      if current != step.thread {
        perform(in: step.thread) { enterHandler(step.thread, at: $0) }
      }
      current = step.thread
      run(step: index)
      observe?(index)
    }
    if let current { perform(in: current) { leaveHandler(current, at: $0) } }
    while before + reportSteps.count < validator.reports.count {
      reportSteps.append(program.steps.count - 1)
    }
    return LockProgramOutcome(
      reports: Array(validator.reports[before...]), reportSteps: reportSteps,
      failedAssertions: failed)
  }

  // MARK: Contexts

  private func addThread(_ thread: LockThread, _ index: Int) {
    let cpu: CPUID
    if let known = cpus[thread.cpu] {
      cpu = known
    } else {
      cpu = validator.addCPU()
      cpus[thread.cpu] = cpu
    }
    // A handler runs on top of the task of its processor, the idle task if there is none.
    let isTask = thread.kind == .task
    let host = program.threads.firstIndex { $0.kind == .task && $0.cpu == thread.cpu }
    if !isTask, let host, host < index {
      contexts.append(contexts[host])
      return
    }
    let name: TaskName
    if thread.isIdle || !isTask {
      name = bootTask ?? TaskName(comm: "swapper/\(thread.cpu)", pid: 0)
    } else {
      name = TaskName(comm: thread.name, pid: Int32(100 + index))
    }
    contexts.append(
      LockdepContext(cpu: cpu, task: validator.addTask(comm: name.comm, pid: name.pid)))
  }

  /// The context of a thread of the program.
  public func context(of thread: Int) -> LockdepContext { contexts[thread] }

  /// Runs `body` on the stack of a thread; a host prints what comes of it.
  private func perform(
    in thread: Int, functions: [String] = [], _ body: (LockdepFrame) -> Void
  ) {
    guard let host else { return body(symbols.here) }
    host.perform(in: program.threads[thread], functions: functions) { frame in
      let count = validator.reports.count
      body(frame)
      return Array(validator.reports[count...])
    }
  }

  /// Enters the handler, if the thread is one and is not on the stack.
  private func enterHandler(_ thread: Int, at frame: LockdepFrame) {
    let context = contexts[thread]
    switch program.threads[thread].kind {
    case .task: return
    case .hardirq(let isThreaded):
      entered[thread] = validator.flags(context).hardirqsEnabled
      validator.hardirqsOff(in: context, at: frame)
      validator.enterHardirq(in: context, isThreaded: isThreaded)
    case .softirq:
      entered[thread] = true
      validator.enterSoftirq(in: context, counts: true)
      validator.softirqsOff(in: context, at: frame)
    }
  }

  private func leaveHandler(_ thread: Int, at frame: LockdepFrame) {
    guard let wereOn = entered.removeValue(forKey: thread) else { return }
    let context = contexts[thread]
    if case .hardirq = program.threads[thread].kind {
      validator.exitHardirq(in: context)
      if wereOn { validator.hardirqsOn(in: context, at: frame) }
    } else {
      validator.exitSoftirq(in: context, counts: true)
      validator.softirqsOn(in: context, at: frame)
    }
  }

  // MARK: Steps

  /// Runs one step.
  private func run(step index: Int) {
    let step = program.steps[index]
    let count = validator.reports.count
    symbols.show(step: index)
    var got: LockResult?
    perform(in: step.thread, functions: Self.functions(of: step)) { frame in
      got = run(step.operation, in: contexts[step.thread], at: frame)
    }
    reportSteps += repeatElement(index, count: validator.reports.count - count)
    if case .wound(.expect) = step.operation, got != .taken(true) {
      failed.append(LockProgramOutcome.FailedAssertion(step: step, got: got))
    }
    if let expected = step.result, got != expected {
      failed.append(LockProgramOutcome.FailedAssertion(step: step, got: got))
    }
  }

  private func run(_ operation: LockOperation, in context: LockdepContext, at frame: LockdepFrame)
    -> LockResult?
  {
    switch operation {
    case .acquire(let object, let manner):
      if object.family == .rcuBH { validator.disableBottomHalves(in: context, at: frame) }
      validator.acquire(
        lock(object), acquisition(object, manner, context), in: context, at: frame)
      return manner.isTrylock ? .taken(true) : .code(0)
    case .release(let object):
      validator.release(lock(object), in: context, at: frame)
      if object.family == .rcuBH {
        validator.enableBottomHalves(in: context, at: frame, inner: inner(frame))
      }
    case .initialise(let object): validator.reinitialise(lock(object), in: context)
    case .touch(let object, let manner):
      let lock = lock(object)
      validator.acquire(lock, acquisition(object, manner, context), in: context, at: frame)
      validator.release(lock, in: context, at: frame)
    case .sync(let object): validator.sync(lock(object), in: context, at: frame)
    case .downgrade(let object): validator.downgrade(lock(object), in: context, at: frame)
    case .pin(let object): validator.pin(lock(object), in: context)
    case .unpin(let object): validator.unpin(lock(object), in: context)
    case .free(let object):
      let lock = lock(object)
      if let declaration = validator.declaration(of: lock) {
        validator.freeMemory(
          from: declaration.address &- declaration.kind.mapOffset,
          byteCount: declaration.kind.size, in: context)
      }
    case .interrupts(let change): run(change, in: context, at: frame)
    case .wound(let operation): return run(operation, in: context, at: frame)
    case .nofs(let isSaved): nofsDepth += isSaved ? 1 : -1
    case .mightAlloc(let reclaims):
      if reclaims && nofsDepth <= 0 {
        let lock = lock(LockObject(.fsReclaim, ""))
        validator.acquire(lock, in: context, at: frame)
        validator.release(lock, in: context, at: frame)
      }
    case .exitTask: validator.taskExits(in: context)
    case .returnToUser: validator.returnsToUser(in: context)
    }
    return nil
  }

  private func run(_ change: InterruptOperation, in context: LockdepContext, at frame: LockdepFrame)
  {
    switch change {
    case .hardirqDisable: validator.hardirqsOff(in: context, at: frame)
    case .hardirqEnable: validator.hardirqsOn(in: context, at: frame)
    case .hardirqEnter, .hardirqEnterNotThreaded:
      validator.hardirqsOff(in: context, at: frame)
      validator.enterHardirq(in: context, isThreaded: change == .hardirqEnter)
    case .hardirqExit:
      validator.exitHardirq(in: context)
      validator.hardirqsOn(in: context, at: frame)
    case .softirqDisable: validator.disableBottomHalves(in: context, at: frame)
    case .softirqEnable:
      validator.enableBottomHalves(in: context, at: frame, inner: inner(frame))
    case .softirqEnter:
      validator.disableBottomHalves(in: context, at: frame)
      validator.hardirqsOff(in: context, at: frame)
      validator.enterSoftirq(in: context, counts: false)
    case .softirqExit:
      validator.exitSoftirq(in: context, counts: false)
      validator.hardirqsOn(in: context, at: frame)
      validator.enableBottomHalves(in: context, at: frame, inner: inner(frame))
    case .nmiEnter: validator.enterNMI(in: context)
    case .nmiExit: validator.exitNMI(in: context)
    }
  }

  /// Where `local_bh_enable` turns hardware interrupts off and on; a host has no such place.
  private func inner(_ frame: LockdepFrame) -> LockdepFrame {
    host == nil ? symbols.bottomHalfEnableFrame : frame
  }

  // MARK: Locks

  func acquisition(_ object: LockObject, _ manner: LockManner, _ context: LockdepContext)
    -> Acquisition
  {
    let kind = object.family.kind
    let mode: LockMode =
      switch manner.side {
      case .write: kind.write
      case .recursiveRead: .recursiveRead
      case .read:
        object.family == .rwlock && (readsAreRecursive || validator.isInInterrupt(context))
          ? .recursiveRead : kind.read ?? .read
      }
    return Acquisition(
      mode: mode, isTrylock: manner.isTrylock, isChecked: kind.isChecked,
      subclass: manner.subclass, nest: manner.nest.map { lock($0) })
  }

  /// The lock of an object, made on first use.
  public func lock(_ object: LockObject) -> LockID {
    if let known = locks[object] { return known }
    if let host {
      let id = host.lock(for: object)
      locks[object] = id
      return id
    }
    let key: LockKey
    if let known = keys[object.family]?[object.classKey] {
      key = known
    } else {
      key = LockKey(rawValue: 0xffff_ffff_8281_df00 &+ keyCount &* 16)
      symbols.name(key, ofClass: object.className, number: keyCount)
      keyCount += 1
      keys[object.family, default: [:]][object.classKey] = key
    }
    let id = validator.addLock(
      LockDeclaration(
        name: object.className, kind: object.family.kind,
        address: 0xffff_ffff_81b3_b000 &+ UInt64(locks.count) &* 0x100
          &+ object.family.kind.mapOffset,
        key: .fixed(key)))
    locks[object] = id
    return id
  }
}
