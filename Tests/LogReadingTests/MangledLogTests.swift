import KernelLog
import LogReading
import Testing

/// Real records under random combinations of everything that happens to a log on its way: the same
/// records come out, on the lines where they stand, and none that is not there.
@Suite("Mangled logs")
struct MangledLogTests {
  /// A log as it is mangled, and the line that each record begins on.
  struct Log {
    var lines: [String] = []
    var starts: [Int] = []

    var text: String { lines.map { $0 + "\n" }.joined() }
  }

  struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(sides))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
      elements[roll(elements.count)]
    }
  }

  static let prefixes = [
    "", "[   27.498868] ", "[Thu Oct 22 08:54:51 2020] ", "[  +0.000011] ", "[  +0,000002] ",
    "<6>[    3.341682] ", "<3> [209.526605] ", "<0>[  264.914880][    T1] ",
    "[ 2403.441830][    C0] ", "May 30 17:35:46 localhost kernel: [  278.999480] ",
    "aug 23 18:04:17 taz kernel: ",
    "2014-04-25T09:37:53.595431+01:00 kvmhost kernel:     8.490167] ",
    "[2017-10-23 09:08:16.318] [    0.000000] ",
    "316668 Jul 19 02:14:20 z-u18 kernel: [  1.969526] ",
    "01:46:35 ", "[    0.938401] kernel: ", "kernel: ", "6,1234,5678901,-;",
  ]
  static let quotes = ["", "> ", ">> ", "> > > ", ">", "  ", "\t", "        "]
  static let foreign = [
    "usb 1-1: new high-speed USB device number 2 using xhci_hcd", "systemd[1]: Started a service.",
    "e1000e 0000:00:1f.6 eno1: NIC Link is Up 1000 Mbps", "...",
  ]

  /// Breaks lines that are longer than `width`: anywhere, or at blanks where there are some behind
  /// the first `head` characters, which hold the prefix and the tag.
  static func wrapped(_ log: Log, width: Int, head: Int, anywhere: Bool) -> Log {
    var wrapped = Log()
    for (number, line) in log.lines.enumerated() {
      if log.starts.contains(number) { wrapped.starts.append(wrapped.lines.count) }
      var rest = Substring(line)
      var isFirst = true
      while rest.count > width {
        var cut = rest.index(rest.startIndex, offsetBy: width)
        if !anywhere, let blank = rest[..<cut].lastIndex(of: " "),
          rest.distance(from: rest.startIndex, to: blank) > (isFirst ? head : 0)
        {
          cut = blank
        }
        wrapped.lines.append(String(rest[..<cut]))
        rest = rest[cut...]
        if !anywhere { rest = rest.drop { $0 == " " } }
        isFirst = false
      }
      wrapped.lines.append(String(rest))
    }
    return wrapped
  }

  static func marked(_ log: Log, _ mark: String) -> Log {
    Log(lines: log.lines.map { mark + $0 }, starts: log.starts)
  }

  /// As a browser or a mail program writes it.
  static func html(_ log: Log) -> Log {
    Log(
      lines: log.lines.map { line in
        line.map { ["<": "&lt;", ">": "&gt;", "&": "&amp;", "'": "&#39;"][$0] ?? String($0) }
          .joined() + "<br>"
      }, starts: log.starts)
  }

  /// One random log of one to three records with its mangling.
  static func make(_ dice: inout Dice) -> (log: Log, records: [FaultLineTests.Case], how: String) {
    let prefix = dice.pick(prefixes)
    var log = Log()
    var records: [FaultLineTests.Case] = []
    for _ in 0...dice.roll(3) {
      let record = dice.pick(FaultLineTests.printed)
      if dice.roll(2) == 0 {
        log.lines.append(prefix + "DMAR: DRHD: handling fault status reg 402")
      }
      log.starts.append(log.lines.count)
      log.lines += ManglingTests.lines(record, prefix: prefix)
      records.append(record)
      if dice.roll(4) == 0 { log.lines.append(prefix + dice.pick(foreign)) }
    }
    var how: [String] = ["\"\(prefix)\""]
    for _ in 0...dice.roll(3) {
      switch dice.roll(5) {
      case 0 where !how.contains("html"):
        let width = 60 + dice.roll(60)
        let mark = log.lines[0].prefix { $0 == ">" || $0 == " " || $0 == "\t" }.count
        log = wrapped(
          log, width: max(width, prefix.count + mark + 22), head: prefix.count + mark + 20,
          anywhere: dice.roll(2) == 0)
        how.append("wrapped at \(width)")
      case 1 where !how.contains("html"):
        let mark = dice.pick(quotes)
        log = marked(log, mark)
        how.append("marked \"\(mark)\"")
      case 2:
        log = Log(lines: log.lines.map { $0 + dice.pick([" ", "\t ", "\r"]) }, starts: log.starts)
        how.append("blanks behind")
      case 3 where !how.contains("html"):
        log = html(log)
        how.append("html")
      case 4 where prefix.isEmpty || !prefix.hasPrefix("6,"):
        log = Log(lines: log.lines.map { $0.replacing(" ", with: "\u{a0}") }, starts: log.starts)
        how.append("no-break spaces")
      default: break
      }
    }
    return (log, records, how.joined(separator: ", "))
  }

  @Test("random combinations give the same records on the right lines", arguments: 1...8)
  func combinations(seed: Int) {
    var dice = Dice(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15)
    for _ in 0..<60 {
      let (log, records, how) = Self.make(&dice)
      let found = events(in: log.text).compactMap { event -> (FaultLine?, Int)? in
        if case .fault(let fault) = event.kind { return (fault.line, event.lines.lowerBound) }
        return nil
      }
      let isSame =
        found.map(\.0) == records.map(\.line) && found.map(\.1) == log.starts.map { $0 + 1 }
      if !isSame { Issue.record("\(how):\n\(log.text)\(found)") }
    }
  }

  @Test(
    "several records on one line are told apart, old ones of two halves too",
    arguments: [" ", "> ", "", " > > "])
  func glued(mark: String) {
    for first in FaultLineTests.printed {
      for second in FaultLineTests.printed {
        let lines =
          ["DMAR: DRHD: handling fault status reg 3"]
          + [first, second].flatMap { ManglingTests.lines($0, prefix: "") }
        let found = faults(events(in: mark + lines.joined(separator: mark) + "\n"))
        if found.map(\.line) != [first.line, second.line] {
          Issue.record("\(lines.joined(separator: mark)) read as \(found)")
        }
      }
    }
  }

  @Test(
    "a cut reason text is completed, whatever the terminal put at the cut", arguments: ["", "$"])
  func truncated(mark: String) {
    for printed in FaultLineTests.printed {
      for count in 1...12 {
        let text = printed.text.dropLast(count)
        let log =
          "[   12.345678] " + text.split(separator: "\n").joined(separator: "\n[   12.345678] ")
        ManglingTests.check(log + mark + "\n", printed, "cut by \(count)")
      }
    }
  }
}
