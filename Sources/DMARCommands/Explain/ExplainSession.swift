internal import Diagnosis
internal import Glibc
internal import KernelLog
internal import LogReading
internal import PCI
internal import PCIHost
import Text

/// One run of `dmar explain`: logs in, explanations out.
struct ExplainSession {
  let format: ExplainCommand.Format
  let text: ExplanationText
  /// The address whose life is asked for.
  private let asked: UInt64?
  private var collector = LogCollector()
  private var tap = HistoryTap()
  private var output = Output()
  private var bytes = 0
  /// What was not read, and why.
  private var unread: [UnreadInput] = []
  /// Faults were explained while they came, and are not once more at the end.
  private var hasShownFaults = false

  init(format: ExplainCommand.Format, text: ExplanationText, asked: UInt64? = nil) {
    self.asked = asked
    self.format = format
    self.text = text
  }

  /// Reads a whole input.
  mutating func read(_ path: String) throws {
    var collector = self.collector
    var unread: [UnreadInput] = []
    var bytes = 0
    var tap = self.tap
    self.tap = HistoryTap()
    try EvidenceReader.read(path) { piece in
      switch piece {
      case .file(let name):
        collector.begin(file: name, isPart: name.hasPrefix(Self.root(path)))
      case .event(let event): collector.take(event)
      case .log: collector.noteLog()
      case .platform(let platform, let name):
        if collector.contents.files.last != name { collector.begin(file: name) }
        platform.give(to: &collector)
      case .unread(let input): unread.append(input)
      case .text(let name, let text): tap.take(name, text)
      case .bytes(let count): bytes += count
      }
    }
    tap.end()
    self.tap = tap
    self.collector = collector
    self.unread += unread
    self.bytes += bytes
  }

  /// What the names of an input's parts begin with.
  private static func root(_ path: String) -> String {
    if path == "-" { return "standard input/" }
    var root = path[...]
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    return root + "/"
  }

  /// How long a live log has to be quiet before what it has said is explained. A dump follows its
  /// fault within this time.
  private static let quiet: Int32 = 20

  /// A log that is read while it grows.
  private final class FollowedLog {
    var input: LogInput
    var reader = LogReader()
    /// Its number among the collector's files.
    let file: Int
    var isOver = false

    init(_ path: String, file: Int) throws(LogInputError) {
      input = try LogInput(path)
      self.file = file
    }
  }

  /// Reads logs while they grow. A new fault is explained when its log pauses behind it, or, where it
  /// never pauses, when the next bytes have been read. A signal that asks to end does so for the logs.
  mutating func follow(_ paths: [String]) throws {
    var collector = self.collector
    var logs: [FollowedLog] = []
    for path in paths {
      let log = try FollowedLog(path, file: logs.count)
      collector.begin(file: log.input.name)
      logs.append(log)
    }
    let patience = max(Self.quiet / Int32(clamping: logs.count), 1)
    var follower = FaultFollower()
    var followed = FollowedFaults()
    collector.noteChanges()
    let end = EndRequest()
    while logs.contains(where: { !$0.isOver }), !end.isMade {
      for log in logs where !log.isOver {
        collector.resume(file: log.file)
        let count = try log.input.readSome(&log.reader, waiting: patience) { collector.take($0) }
        if count == nil || count == 0 { log.reader.flush { collector.take($0) } }
        try show(
          follower.news(
            of: collector.contents, changes: collector.takeChanges(), isQuiet: count ?? 0 == 0),
          &followed, collector.contents)
        log.isOver = count == nil
      }
    }
    for log in logs {
      collector.resume(file: log.file)
      log.reader.finish { collector.take($0) }
      if log.reader.kernelLineCount > 0 || log.reader.byteCount == 0 { collector.noteLog() }
      bytes += log.reader.byteCount
    }
    self.collector = collector
  }

  private mutating func show(
    _ news: FaultFollower.News, _ followed: inout FollowedFaults, _ contents: LogContents
  ) throws {
    guard !news.isEmpty else { return }
    // Only what is new is explained: a storm of faults costs no more than its faults.
    let json = ExplanationJSON(Explanation(following: contents))
    for fault in followed.explain(news.faults, contents) {
      switch format {
      // Its own colours are the only control characters in it.
      case .text: output.write(text.render(fault, contents) + "\n")
      case .ndjson: output.print(json.line(fault))
      // One document cannot come in pieces: it comes at the end.
      case .json, .report: break
      }
    }
    for index in news.counts {
      let fault = contents.faults[index]
      switch format {
      case .text: output.print("\(ExplanationText.title([fault])): \(fault.count) times so far")
      case .ndjson: output.print(json.countLine(fault))
      case .json, .report: break
      }
    }
    if news.tellsOthers {
      switch format {
      case .text: output.print(ExplanationText.others(contents))
      case .ndjson: output.print(json.othersLine)
      case .json, .report: break
      }
    }
    hasShownFaults = format == .text || format == .ndjson
    try output.flush()
  }

  /// Prints the explanation of everything that was read.
  mutating func finish(isSilent: Bool = false) throws -> Explanation {
    for input in unread { collector.note(unread: input.path, input.words) }
    HistoryPass.read(into: &collector, tap, asked: asked)
    collector.nameFaultingFunctions { vendor, device in
      let names = NameDatabase.names(vendor: vendor, device: device)
      return [names.vendor, names.device].compactMap { $0 }.joined(separator: " ")
    }
    let explanation = Explanation(collector.contents)
    guard !explanation.isEmpty, !isSilent else { return explanation }
    var rest = explanation
    if hasShownFaults { rest.faults = [] }
    let json = ExplanationJSON(rest)
    if let address = asked {
      let lives = AddressHistory(of: address, in: explanation.contents)
      switch format {
      case .json, .ndjson: output.print(lives.json)
      case .text, .report: for line in lives.lines { output.print(line) }
      }
      try output.flush()
      return explanation
    }
    switch format {
    case .text: output.write(text.render(rest) + "\n")
    case .json: output.print(json.document)
    case .ndjson: for line in json.lines { output.print(line) }
    case .report: output.print(ReportText(explanation).text)
    }
    try output.flush()
    return explanation
  }

  /// How many files that were passed over are named.
  private static let mostNamed = 16

  /// Says what was not read, and answers whether a fault may stand in it.
  mutating func tellUnread() -> Bool {
    let missing = unread.filter { $0.weight == .missing }
    for input in missing.prefix(Self.mostNamed) {
      StandardError.print("dmar: not read: \(input.path): \(input.words)")
    }
    if missing.count > Self.mostNamed {
      StandardError.print("dmar: not read: \(missing.count - Self.mostNamed) further inputs")
    }
    return !missing.isEmpty
  }

  /// Why there was nothing to explain.
  func complaint(_ paths: [String]) -> String {
    let name = paths.count == 1 ? (paths[0] == "-" ? "standard input" : paths[0]) : "the files"
    guard
      let first = unread.first(where: { $0.weight == .missing })
        ?? (bytes == 0 ? unread.first : nil)
    else {
      return Explanation.complaint(name: name, isEmpty: bytes == 0 && unread.isEmpty)
    }
    return "\(first.path): \(first.words); a kernel log was expected, as text or packed "
      + "(gzip, xz, zstd, lz4, bzip2, zip, tar)"
  }
}
