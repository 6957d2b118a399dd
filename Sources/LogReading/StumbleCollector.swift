import KernelLog
import PCI
import Text
import VTdFormats

/// Follows the lines of a log and collects what the kernel prints about its own defects.
struct StumbleCollector: Sendable {
  private var stumble: KernelStumble?
  private var time: LogTime?
  /// Lines since the last one that belonged to the report.
  private var silent = 0

  /// Asked of each line, and a report is large to look at.
  private(set) var isCollecting = false

  /// Heads of reports. Words that begin a message anywhere in a line.
  static let heads: [(StaticString, KernelStumble.Kind)] = [
    ("kernel NULL pointer dereference", .nullPointer),
    ("unable to handle kernel NULL pointer", .nullPointer),
    ("BUG: unable to handle", .badPointer),
    ("general protection fault", .badPointer),
    ("kernel BUG at ", .bug),
    ("UBSAN: ", .undefinedBehaviour),
    ("BUG: KASAN: ", .badPointer),
    ("hard LOCKUP on cpu", .hardLockup),
    ("BUG: soft lockup", .softLockup),
    ("blocked for more than", .hungTask),
    ("detected stall", .stall),
    ("WARNING: CPU: ", .warning),
    ("WARNING: at ", .warning),
  ]

  /// A stack is seldom deeper; the lines of registers and of code lie between.
  private static let mostFrames = 48
  private static let mostSilent = 24

  /// Takes a line; returns a report that has ended with it.
  mutating func observe(_ line: CleanLine) -> (stumble: KernelStumble, time: LogTime?)? {
    if let kind = Self.kind(line) {
      // The head of an oops has two lines: `BUG: …` and `Oops: …`.
      let done = finish()
      var begun = KernelStumble(
        kind: kind, text: Self.trimmed(String(line.text.prefix(200))),
        lines: line.number...line.number)
      begun.source = Self.source(begun.text)
      if kind == .warning, let function = Self.lastWord(begun.text) { begun.function = function }
      stumble = begun
      isCollecting = true
      time = line.time
      silent = 0
      return done
    }
    guard isCollecting, var current = stumble else { return nil }
    if take(line, &current) {
      silent = 0
      current.lines = current.lines.lowerBound...max(current.lines.lowerBound, line.number)
      stumble = current
      return nil
    }
    stumble = current
    silent += 1
    return silent > Self.mostSilent || Self.isEnd(line) ? finish() : nil
  }

  mutating func finish() -> (stumble: KernelStumble, time: LogTime?)? {
    guard isCollecting else { return nil }
    defer {
      stumble = nil
      isCollecting = false
    }
    return stumble.map { ($0, time) }
  }

  private static func kind(_ line: CleanLine) -> KernelStumble.Kind? {
    // Each head holds a telling word.
    guard line.isTelling, line.bodyBytes.count >= 12, line.bodyBytes.count < 1024 else {
      return nil
    }
    for (words, kind) in heads {
      guard let place = ByteSearch.find(words, in: line.bytes, from: line.body),
        ByteSearch.hasPrefix(words, in: line.bytes, at: place)
      else { continue }
      if kind == .hungTask, !ByteSearch.contains("task ", in: line.bytes) { continue }
      return kind
    }
    return nil
  }

  private static func isEnd(_ line: CleanLine) -> Bool { line.bodyStarts("---[ end") }

  private func take(_ line: CleanLine, _ stumble: inout KernelStumble) -> Bool {
    let text = Self.trimmed(line.text)
    if text.isEmpty { return true }
    if let frame = Self.frame(text) {
      if !text.hasPrefix("?"), stumble.stack.count < Self.mostFrames { stumble.stack.append(frame) }
      return true
    }
    if text.hasPrefix("RIP: ") || text.hasPrefix("EIP: ") || text.hasPrefix("pc : ") {
      // The first is the kernel's; one of user mode has no symbol.
      if let function = Self.symbol(in: text.dropFirst(5)), stumble.function.isEmpty {
        stumble.function = function
      }
      return true
    }
    if text.hasPrefix("CPU: "), let comm = Self.behind("Comm: ", text) {
      stumble.task = String(comm.prefix { $0 != " " })
      // Blanks at the end belong to what a build prints there.
      let whole = Self.behind("Comm: ", line.text) ?? comm
      stumble.build = String(whole.drop { $0 != " " }.dropFirst().prefix(200))
      return true
    }
    if text.hasPrefix("Hardware name: ") {
      stumble.hardware = String(text.dropFirst("Hardware name: ".utf8.count).prefix(200))
      return true
    }
    if text.hasPrefix("Oops: "), let options = Self.behind("] ", text) {
      stumble.options = String(options.prefix(80))
      return true
    }
    if stumble.kind == .undefinedBehaviour, stumble.detail.isEmpty, stumble.stack.isEmpty,
      text.first?.isLetter == true
    {
      stumble.detail = String(text.prefix(160))
      return true
    }
    let furniture = [
      "Call Trace", "CPU:", "Hardware name", "Code:", "R", "Modules linked", "FS:", "CS:", "CR2:",
      "DR0:", "DR3:", "PKRU:", "<", "Oops", "#PF:", "PGD", "Workqueue", "invalid opcode", "EFLAGS",
      "task:", "Kernel panic", "Tainted", "===",
    ]
    return furniture.contains { text.hasPrefix($0) }
  }

  /// `klist_next+0x1b/0x160 [module]`
  private static func frame(_ text: String) -> KernelStumble.Frame? {
    var words = Substring(text)
    if words.hasPrefix("? ") { words = words.dropFirst(2) }
    if words.hasPrefix("[<"), let close = words.firstIndex(of: "]") {
      words = words[words.index(after: close)...].drop { $0 == " " }
      if words.hasPrefix("? ") { words = words.dropFirst(2) }
    }
    let parts = words.split(separator: " ")
    guard let first = parts.first, let name = function(first) else { return nil }
    var module = ""
    if parts.count > 1, parts[1].first == "[", parts[1].last == "]" {
      module = String(parts[1].dropFirst().dropLast())
    }
    return KernelStumble.Frame(function: name, module: module)
  }

  /// The name in `name+0x1b/0x160`; nil for other words.
  private static func function(_ word: Substring) -> String? {
    guard let plus = word.firstIndex(of: "+"), word[plus...].hasPrefix("+0x") else { return nil }
    let name = word[..<plus]
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    else { return nil }
    return String(name.prefix { $0 != "." })
  }

  private static func symbol(in text: Substring) -> String? {
    for word in text.split(whereSeparator: { $0 == " " || $0 == ":" || $0 == "]" }) {
      if let name = function(word) { return name }
    }
    return nil
  }

  private static func lastWord(_ text: String) -> String? {
    text.split(separator: " ").last.flatMap(function)
  }

  /// `drivers/iommu/intel/iommu.c:128` in a head.
  private static func source(_ text: String) -> String {
    for word in text.split(separator: " ")
    where word.contains("/") && word.contains(".c:") || word.contains(".h:") {
      return String(word.prefix(96)).trimmingBang
    }
    return ""
  }

  private static func behind(_ words: String, _ text: String) -> Substring? {
    var rest = Substring(text)
    while !rest.isEmpty {
      if rest.hasPrefix(words) { return rest.dropFirst(words.count) }
      rest = rest.dropFirst()
    }
    return nil
  }

  private static func trimmed(_ text: String) -> String {
    var text = Substring(text).drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return String(text)
  }
}

extension String {
  /// `file.c:667!` without the exclamation mark.
  fileprivate var trimmingBang: String { last == "!" ? String(dropLast()) : self }
}
