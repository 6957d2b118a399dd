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
  private(set) var isCollecting = false

  private enum Expectation: Sendable { case none, kernel, wanted, holding, other, detail }

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
    if let title = SplatLines.title(in: line.bytes) {
      let done = finish()
      begin(title.kind, line, title.detail, .kernel)
      splat?.head = Self.headWord(line.bytes)
      return done
    }
    if !isCollecting, line.bytes.last == 0x21, Self.isWithoutHead(line) {
      // The lines above, with the report's name, are lost.
      let text = line.text.drop { $0 == " " || $0 == "\t" }
      begin(.rcu, line, String(text.prefix(160)), .none)
      return nil
    }
    guard isCollecting else { return nil }
    if take(line) {
      silent = 0
      keep(line)
      if let first = splat?.lines.lowerBound { splat?.lines = first...max(first, line.number) }
      return nil
    }
    silent += 1
    // Foreign lines stand in the middle of reports; this many in a row end one.
    return silent > 24 ? finish() : nil
  }

  private mutating func begin(
    _ kind: LockSplat.Kind, _ line: CleanLine, _ detail: String, _ expected: Expectation
  ) {
    splat = LockSplat(kind: kind, lines: line.number...line.number)
    splat?.detail = detail
    isCollecting = true
    section = .head
    expects = expected
    silent = 0
    if texts <= Self.mostTexts { texts += 1 }
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

  mutating func finish() -> LockSplat? {
    guard isCollecting else { return nil }
    defer {
      splat = nil
      isCollecting = false
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
    if let lock = Self.lock(text) { return note(lock, text) }
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
    if text.hasPrefix("Call Trace") {
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
      let namesLock = [.releases, .contends, .leavesKernel, .exits].contains(line)
      expects = namesLock ? .none : .wanted
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

  private mutating func note(frame: String, isGuess: Bool) -> Bool {
    if isGuess { return true }
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
