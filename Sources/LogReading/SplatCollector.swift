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

  /// Whether a report has begun and not ended.
  var isCollecting: Bool { splat != nil }

  private enum Expectation: Sendable { case none, kernel, wanted, holding, other, detail }

  /// Heads of reports and what they mean.
  private static let heads: [(StaticString, LockSplat.Kind)] = [
    ("inconsistent lock state", .inconsistentState),
    ("possible circular locking dependency", .circular),
    ("possible irq lock inversion", .inversion),
    ("-unsafe lock order detected", .unsafeOrder),
    ("possible recursive locking", .recursive),
    ("Invalid wait context", .waitContext),
    ("suspicious RCU usage", .rcu),
    ("Nested lock was not taken", .nestLock),
    ("bad unlock balance", .badUnlock),
    ("held lock freed", .heldFreed),
    ("still has locks held", .exit),
    ("lock held when returning to user space", .userReturn),
    ("trying to register non-static key", .unregistered),
    ("BUG: MAX_LOCK", .tableFull),
    ("BUG: MAX_STACK_TRACE_ENTRIES", .tableFull),
    ("sleeping function called from invalid context", .sleeping),
  ]

  /// `WARNING: `, `BUG: ` and `INFO: ` begin reports: an upper-case word with a colon.
  private static func mayBeHead(_ bytes: [UInt8]) -> Bool {
    var from = 0
    while let colon = bytes[from...].firstIndex(of: UInt8(ascii: ":")) {
      let word = bytes[..<colon].suffix(3)
      if word.count == 3, word.allSatisfy(ASCII.isUpperCase) { return true }
      from = colon + 1
    }
    return false
  }

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
    if Self.mayBeHead(line.bytes) {
      for (words, kind) in Self.heads where ByteSearch.contains(words, in: line.bytes) {
        let done = finish()
        splat = LockSplat(kind: kind, lines: line.number...line.number)
        splat?.detail = Self.detail(line.text, kind)
        splat?.head = Self.headWord(line.bytes)
        section = .head
        expects = .kernel
        silent = 0
        if texts <= Self.mostTexts { texts += 1 }
        return done
      }
    }
    if splat == nil, line.bytes.last == 0x21, Self.isWithoutHead(line) {
      // The lines above, with the report's name, are lost.
      splat = LockSplat(kind: .rcu, lines: line.number...line.number)
      splat?.detail = String(
        line.text.drop { $0 == " " || $0 == "\t" }.prefix(160))
      section = .head
      expects = .none
      silent = 0
      if texts <= Self.mostTexts { texts += 1 }
      return nil
    }
    guard splat != nil else { return nil }
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
    defer { splat = nil }
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

  /// What the first line of a report says beside its kind.
  private static func detail(_ text: String, _ kind: LockSplat.Kind) -> String {
    switch kind {
    case .sleeping:
      guard let at = Substring(text).range(of: " context at ") else { return "" }
      return String(text[at.upperBound...].prefix(160))
    case .tableFull:
      guard let at = Substring(text).range(of: "MAX_") else { return "" }
      return String(text[at.lowerBound...].prefix { $0 != " " })
    default: return ""
    }
  }

  private mutating func take(_ line: CleanLine) -> Bool {
    var text = Substring(line.text).drop { $0 == " " || $0 == "\t" }
    while text.last == " " { text.removeLast() }
    if text.isEmpty { return true }
    if expects == .kernel {
      if text.allSatisfy({ $0 == "-" || $0 == "=" }) { return true }
      if let end = text.range(of: "ainted") {
        _ = end
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

  /// Lines of a report that carry nothing of their own.
  private static let furniture = [
    "---", "===", "CPU", "lock(", "<Interrupt>", "*** DEADLOCK", "Possible", "local_irq",
    "irq event",
    "hardirqs last", "softirqs last", "Hardware name", "RIP:", "RSP:", "RAX:", "RDX:", "RBP:",
    "R10:",
    "R13:", "Code:", "<", "Chain", "context-", "no locks", "stack backtrace", "other info",
    "which lock", "but task", "the existing", "but this new", "to the ", "(detected", "rcu_",
    "Workqueue", "turning off", "The code is fine", "you didn't init", "depth:", "preempt_count",
    "but there are no", "but this lock took", "and interrupts could", "the shortest",
    "the dependencies",
    "which would create", "but this new", "Preemption disabled", "... key", "... acquired",
    "HARDIRQ-ON", "SOFTIRQ-ON", "IN-HARDIRQ", "IN-SOFTIRQ", "INITIAL", "}", "RCU used", "RDX:",
    "Not tainted", "drivers/", "...", "#",
  ]

  /// What stands behind a task's name, and which lock the next line names.
  private static let tasks: [(String, Expectation)] = [
    ("takes:", .wanted), ("trying to lock:", .wanted), ("trying to acquire lock:", .wanted),
    ("trying to acquire:", .wanted), ("just changed the state of lock:", .wanted),
    ("is trying to release lock", .none), ("is trying to contend lock", .none),
    ("is freeing memory", .wanted), ("is leaving the kernel with locks still held", .none),
  ]

  private mutating func header(_ text: Substring) -> Bool {
    if text.hasPrefix("inconsistent {") {
      let states = text.split(separator: "{").dropFirst().map { $0.prefix { $0 != "}" } }
      if states.count >= 2 {
        splat?.oldState = String(states[0])
        splat?.newState = String(states[1])
      }
      return true
    }
    if let (words, expectation) = Self.tasks.first(where: { text.contains($0.0) }) {
      splat?.task = String(text.prefix { $0 != " " })
      expects = expectation
      if let open = text.range(of: words + " ("),
        let close = text[open.upperBound...].range(of: ")")
      {
        // `T is trying to release lock (&lock_A) at:`
        let name = text[open.upperBound..<close.lowerBound]
        splat?.wanted = LockSplat.Lock(
          name: String(name), usage: "", waitTypes: "", function: "")
      }
      if text.hasSuffix("held there!"), let from = text.range(of: "freeing memory ") {
        splat?.detail = String(text[from.upperBound...].prefix { $0 != "," })
      }
      return true
    }
    if text.hasSuffix("already holding lock:") || text.hasSuffix("already holding:") {
      expects = .holding
      return true
    }
    if text.hasSuffix("unsafe lock in the past:") || text.hasSuffix("-irq-unsafe lock:") {
      expects = .other
      return true
    }
    if text.hasSuffix("was registered at:") {
      section = .registered
      return true
    }
    if text.hasPrefix("... which became ") {
      section = text.hasSuffix("-irq-unsafe at:") ? .unsafe : .safe
      return true
    }
    if text.hasPrefix("in_atomic()"), let name = text.range(of: "pid: ") {
      // `in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 898, name: dsa_test`
      let parts = text[name.upperBound...].split(separator: ",")
      let words = parts.dropFirst().first.map { $0.drop { $0 == " " }.dropFirst(6) } ?? ""
      splat?.task = "\(words)/\(parts.first ?? "")"
      return true
    }
    if text.contains("locks held by") || text.contains("lock held by") {
      section = .held
      if splat?.task.isEmpty == true, let by = text.range(of: " held by ") {
        splat?.task = String(text[by.upperBound...].prefix { $0 != ":" })
      }
      return true
    }
    if text.hasPrefix("stack backtrace") || text.hasPrefix("Call Trace") {
      section = .backtrace
      return true
    }
    return false
  }

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
