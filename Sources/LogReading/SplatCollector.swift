import Lockdep
import Text

/// Follows the lines of a log and collects lockdep's reports from them, whatever stands between.
struct SplatCollector: Sendable {
  private enum Section: Sendable { case head, registered, safe, unsafe, chain, held, backtrace }

  private var splat: LockSplat?
  private var section = Section.head
  private var expects: Expectation = .none
  private var silent = 0
  /// Reports begun so far.
  private var texts = 0

  /// Whether a report has begun and not ended. Asked of each line, and a report is large to look at.
  var isCollecting: Bool { isOpen || second.contains { $0.isCollecting } }
  private var isOpen = false
  /// Of another caller, whose report began before this one had ended; one at most.
  private var second: [SplatCollector] = []

  private enum Expectation: Sendable {
    case none, kernel, wanted, holding, other, detail, place, lost
  }

  /// Who printed the report's head, where the kernel says so: `T3699` for a task, `C1` for an interrupt.
  private var caller: ArraySlice<UInt8>?
  /// Lines of others since the report's last one.
  private var foreign = 0
  /// Another report has begun, so that stacks are no longer this one's.
  private var isOver = false
  /// What the kernel says of a failed check in the line before the report.
  private var condition = ""

  /// The severity in a head: `WARNING`, `BUG` or `INFO`.
  private static func headWord(_ bytes: [UInt8]) -> String {
    let words: [StaticString] = ["WARNING:", "BUG:", "INFO:"]
    for word in words where ByteSearch.contains(word, in: bytes) {
      return String("\(word)".dropLast())
    }
    return ""
  }

  /// Takes a line; returns a report that has ended with it.
  mutating func observe(_ line: CleanLine) -> LockSplat? {
    if !isOpen, var other = second.popLast() {
      other.texts = max(texts, other.texts)
      self = other
    }
    if isForeign(line) { return observe(foreign: line) }
    if let title = SplatLines.title(in: line.bytes) {
      let done = finishOwn()
      begin(title.kind, line, title.detail, title.kind == .failedCheck ? .none : .kernel)
      splat?.head = Self.headWord(line.bytes)
      if title.kind == .failedCheck, !condition.isEmpty { splat?.detail += ": \(condition)" }
      condition = ""
      return done
    }
    if line.bodyStarts(Self.failedCondition) { condition = Self.condition(line) }
    if !isOpen, line.bytes.last == UInt8(ascii: "!"), Self.isWithoutHead(line) {
      // The lines above, with the report's name, are lost.
      let text = line.text.drop { $0 == " " || $0 == "\t" }
      begin(.rcu, line, String(text.prefix(160)), .none)
      return nil
    }
    guard isOpen else { return nil }
    if caller == nil, Self.beginsAnother(line) { isOver = true }
    if take(line) {
      silent = 0
      foreign = 0
      keep(line)
      if let first = splat?.lines.lowerBound { splat?.lines = first...max(first, line.number) }
      return nil
    }
    silent += 1
    // Foreign lines stand in the middle of reports; this many in a row end one.
    return silent > 24 ? finishOwn() : nil
  }

  /// Whether another caller than the report's printed a line.
  private func isForeign(_ line: CleanLine) -> Bool {
    guard isOpen, let caller, let other = Self.caller(of: line) else { return false }
    return caller != other
  }

  private mutating func observe(foreign line: CleanLine) -> LockSplat? {
    foreign += 1
    if foreign > Self.mostForeign { return finishOwn() }
    if second.isEmpty {
      guard SplatLines.title(in: line.bytes) != nil || line.bodyStarts(Self.failedCondition) else {
        return nil
      }
      var other = SplatCollector()
      other.texts = texts
      second = [other]
    }
    let done = second[0].observe(line)
    texts = max(texts, second[0].texts)
    return done
  }

  private mutating func begin(
    _ kind: LockSplat.Kind, _ line: CleanLine, _ detail: String, _ expected: Expectation
  ) {
    splat = LockSplat(kind: kind, lines: line.number...line.number)
    splat?.detail = detail
    isOpen = true
    section = .head
    expects = expected
    silent = 0
    foreign = 0
    isOver = false
    caller = Self.caller(of: line)
    if texts <= Self.mostTexts { texts += 1 }
  }

  private static let failedCondition: StaticString = "DEBUG_LOCKS_WARN_ON("

  /// `depth <= 0` of `DEBUG_LOCKS_WARN_ON(depth <= 0)`.
  private static func condition(_ line: CleanLine) -> String {
    let text = line.text.drop { $0 != "(" }.dropFirst().prefix(96)
    guard let end = text.lastIndex(of: ")") else { return "" }
    return String(text[..<end])
  }

  /// So many lines of others in a row end a report.
  private static let mostForeign = 1024

  /// `T3699` in the prefix `[ 2718.379077][ T3699] `.
  private static func caller(of line: CleanLine) -> ArraySlice<UInt8>? {
    let prefix = line.bytes.prefix(line.body)
    guard let end = prefix.lastIndex(of: UInt8(ascii: "]")),
      let open = prefix[..<end].lastIndex(of: UInt8(ascii: "["))
    else { return nil }
    let word = prefix[(open + 1)..<end].drop { $0 == ASCII.space }
    guard let first = word.first, first == UInt8(ascii: "T") || first == UInt8(ascii: "C"),
      word.count > 1, word.dropFirst().allSatisfy(ASCII.isDigit)
    else { return nil }
    return word
  }

  /// Whether a line begins a report that is not lockdep's: the stack that follows is its own.
  private static func beginsAnother(_ line: CleanLine) -> Bool {
    line.bodyStarts("FAULT_INJECTION: forcing") || line.bodyStarts("BUG: ")
      || line.bodyStarts("kernel BUG at") || line.bodyStarts("general protection fault")
      || line.bodyStarts("Unable to handle kernel") || line.bodyStarts("WARNING: CPU")
      || line.bodyStarts("FAULT_FLAG_ALLOW_RETRY missing")
      || line.bodyStarts("vmalloc: allocation failure")
  }

  /// `FILE:LINE RCU-list traversed in non-reader section!!`, the second line of an RCU report.
  private static func isWithoutHead(_ line: CleanLine) -> Bool {
    ByteSearch.contains("RCU-list traversed in non-reader section", in: line.bytes)
      || ByteSearch.contains("suspicious rcu_dereference", in: line.bytes)
  }

  /// Lockdep reports once a boot; the lines of so many reports are kept, and no more, because a
  /// hostile log shall not make memory grow without end.
  private static let mostTexts = 8

  private mutating func keep(_ line: CleanLine) {
    guard texts <= Self.mostTexts, let count = splat?.text.count, count < 512,
      line.bodyBytes.count < 1024
    else { return }
    splat?.text.append(line.text)
  }

  /// Ends what is open; asked again until there is nothing left.
  mutating func finish() -> LockSplat? {
    while isCollecting {
      if isOpen {
        if let done = finishOwn() { return done }
      } else if var other = second.popLast(), let done = other.finish() {
        return done
      }
    }
    return nil
  }

  private mutating func finishOwn() -> LockSplat? {
    guard isOpen else { return nil }
    defer {
      splat = nil
      isOpen = false
    }
    guard var splat else { return nil }
    // A boot's table of lock limits looks like a head; of a real one the dashes or the kernel stand
    // below it, even where the rest is lost.
    let isWhole =
      splat.wanted != nil || !splat.stack.isEmpty || !splat.held.isEmpty || splat.kind == .rcu
      || !splat.head.isEmpty && splat.kind != .tableFull
    // The list of held locks may be cut off, and the one that matters was named before.
    if let blocker = splat.blocker, !splat.held.contains(blocker) { splat.held.append(blocker) }
    return isWhole ? splat : nil
  }

  private mutating func take(_ line: CleanLine) -> Bool {
    var text = Substring(line.text).drop { $0 == " " || $0 == "\t" }
    while text.last == " " { text.removeLast() }
    if text.isEmpty { return true }
    if expects == .kernel {
      if text.allSatisfy({ $0 == "-" || $0 == "=" }) { return true }
      if text.range(of: "ainted") != nil {
        splat?.kernel = String(text.prefix { $0 != " " })
        expects = splat?.kind == .rcu ? .detail : .none
        return true
      }
    }
    if expects == .detail, !text.hasPrefix("---"), text.last == "!" || text.contains(":") {
      // `drivers/iommu/intel-iommu.c:592 suspicious rcu_dereference_check() usage!`
      splat?.detail = String(text.prefix(160))
      expects = .none
      return true
    }
    if header(text) { return true }
    // A symbolised report says an inlined function in a line of its own, before the line as printed.
    if text.hasSuffix("[inline]") { return true }
    if let lock = Self.lock(text) { return note(lock, text) }
    if text.hasPrefix("at: "), let function = Self.frame(text.dropFirst(4)) {
      place(function)
      return true
    }
    if section == .held, text.hasSuffix("at:") {
      // Of a lock that is printed in pieces, the last one stands alone and is no frame.
      expects = .lost
      return true
    }
    if let (inner, outer) = Self.pair(text) {
      if splat?.stack.last != inner { _ = note(frame: inner, isGuess: false) }
      return note(frame: outer, isGuess: false)
    }
    if let frame = Self.frame(text) { return note(frame: frame, isGuess: text.first == "?") }
    return Self.furniture.contains { text.hasPrefix($0) }
  }

  /// Beginnings of lines that carry nothing of their own and are not words of the validator: rules,
  /// drawings, what stands beside a class, the trace of the processor.
  private static let furniture = [
    "---", "===", "CPU", "lock(", "<Interrupt>", "*** DEADLOCK", "Possible", "local_irq",
    "Hardware name", "RIP:", "RSP:", "RAX:", "RDX:", "RBP:", "R10:", "R13:", "Code:", "<", "Chain",
    "to the ", "(detected", "Workqueue", "Preemption disabled", "... key", "... acquired",
    "HARDIRQ-ON", "SOFTIRQ-ON", "IN-HARDIRQ", "IN-SOFTIRQ", "INITIAL", "}", "RCU used",
    "Not tainted", "drivers/", "...", "#",
  ]

  private mutating func header(_ text: Substring) -> Bool {
    if text.hasPrefix("Call Trace") || text.hasPrefix("Call trace") || text.hasPrefix("Backtrace:")
    {
      section = .backtrace
      return true
    }
    guard let (line, values) = SplatLines.read(text) else { return false }
    switch line {
    case .states:
      splat?.oldState = values[0]
      splat?.newState = values[1]
    case .acquiresLock, .acquires, .locks, .takes, .changesState, .frees, .releases, .contends,
      .leavesKernel, .exits:
      note(task: values[0].prefix { $0 != " " })
      if line == .frees { splat?.detail = values[1] }
      if line == .releases || line == .contends {
        splat?.wanted = LockSplat.Lock(name: values[1], usage: "", waitTypes: "", function: "")
      }
      expects =
        switch line {
        case .releases, .contends: .place
        case .leavesKernel, .exits: .none
        default: .wanted
        }
    case .alreadyHolding, .isHolding: expects = .holding
    case .tookUnsafe, .toUnsafe: expects = .other
    case .registered: section = .registered
    case .becameSafe: section = .safe
    case .becameUnsafe: section = .unsafe
    case .inAtomic: note(task: "\(values[4])/\(values[3])")
    case .inAtomicBlocking: note(task: "\(values[3])/\(values[2])")
    case .heldByOnCPU, .heldBy, .oneHeldBy:
      section = .held
      let task = line == .heldBy ? values[1] : values[0]
      if splat?.task.isEmpty == true { note(task: task.prefix { $0 != ":" }) }
    case .noneHeldBy: if splat?.task.isEmpty == true { note(task: values[0]) }
    case .backtrace: section = .backtrace
    default: break
    }
    return true
  }

  private mutating func note(task: some StringProtocol) { splat?.task = String(task) }

  private mutating func note(_ lock: LockSplat.Lock, _ text: Substring) -> Bool {
    if text.hasPrefix("->") {
      section = .chain
      splat?.chain.append(LockSplat.Link(lock: lock, stack: []))
      return true
    }
    switch expects {
    case .wanted: splat?.wanted = lock
    case .holding: splat?.blocker = lock
    case .other: splat?.other = lock
    default:
      if section == .held || text.hasPrefix("#") {
        if splat?.held.contains(lock) == false { splat?.held.append(lock) }
      }
    }
    expects = .none
    return true
  }

  /// A mail broke the line of a lock before `at:`.
  private mutating func place(_ function: String) {
    if section == .held, let last = splat?.held.indices.last,
      splat?.held[last].function.isEmpty == true
    {
      splat?.held[last].function = function
    } else if splat?.other?.function.isEmpty == true {
      splat?.other?.function = function
    } else if splat?.blocker?.function.isEmpty == true {
      splat?.blocker?.function = function
    } else if splat?.wanted?.function.isEmpty == true {
      splat?.wanted?.function = function
    }
  }

  private mutating func note(frame: String, isGuess: Bool) -> Bool {
    if isGuess { return true }
    if isOver { return true }
    if expects == .place || expects == .lost {
      if expects == .place { splat?.wanted?.function = frame }
      expects = .none
      return true
    }
    // A hostile log shall not make a report grow without end.
    guard let splat,
      splat.stack.count + splat.registeredStack.count + splat.safeStack.count
        + splat.unsafeStack.count < 512
    else { return true }
    switch section {
    case .registered: self.splat?.registeredStack.append(frame)
    case .safe: self.splat?.safeStack.append(frame)
    case .unsafe: self.splat?.unsafeStack.append(frame)
    case .chain:
      if splat.chain.count <= 64, let last = splat.chain.indices.last {
        self.splat?.chain[last].stack.append(frame)
      }
    case .backtrace, .held: self.splat?.stack.append(frame)
    case .head: break
    }
    return true
  }

  /// `ff177021416f2d78 (&k->k_lock){?.+.}-{2:2}, at: klist_next+0x1b/0x160`
  private static func lock(_ text: Substring) -> LockSplat.Lock? {
    guard let open = text.firstIndex(of: "("), let brace = text.range(of: "){") else { return nil }
    guard open < brace.lowerBound else { return nil }
    let name = text[text.index(after: open)..<brace.lowerBound]
    let usage = text[brace.upperBound...].prefix { $0 != "}" }
    guard usage.count >= 4, usage.count <= 8, usage.allSatisfy({ ".+-?".contains($0) }) else {
      return nil
    }
    var waitTypes = ""
    if let wait = text[brace.upperBound...].range(of: "}-{") {
      waitTypes = String(text[wait.upperBound...].prefix { $0 != "}" })
    }
    var function = ""
    if let at = text.range(of: "at: ") { function = frame(text[at.upperBound...]) ?? "" }
    return LockSplat.Lock(
      name: String(name), usage: String(usage), waitTypes: waitTypes, function: function)
  }

  /// `[<801bf148>] (lock_acquire) from [<80df7ffc>] (_raw_spin_lock+0x4c/0x5c)`, as 32-bit Arm prints a
  /// function and its caller.
  private static func pair(_ text: Substring) -> (inner: String, outer: String)? {
    guard text.hasPrefix("[<"), let from = text.range(of: ") from [<"),
      let open = text[..<from.lowerBound].lastIndex(of: "("),
      let outer = text[from.upperBound...].range(of: "(")
    else { return nil }
    let inner = text[text.index(after: open)..<from.lowerBound].prefix { $0 != "." && $0 != "+" }
    guard !inner.isEmpty, let caller = frame(text[outer.upperBound...]) else { return nil }
    return (String(inner), caller)
  }

  /// `klist_next+0x1b/0x160`, with `?`, an address in `[<…>]` or a module behind it.
  private static func frame(_ text: Substring) -> String? {
    var text = text
    if text.first == "?" { text = text.dropFirst().drop { $0 == " " } }
    if text.hasPrefix("[<"), let close = text.firstIndex(of: "]") {
      text = text[text.index(after: close)...].drop { $0 == " " }
    }
    guard let plus = text.range(of: "+0x") else { return nil }
    let name = text[..<plus.lowerBound]
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    else { return nil }
    return String(name.prefix(while: { $0 != "." }))
  }
}

extension Substring {
  /// The first place of `needle`; this room does without Foundation.
  fileprivate func range(of needle: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) {
        return start..<index(start, offsetBy: needle.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
