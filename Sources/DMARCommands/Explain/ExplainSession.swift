internal import Diagnosis
internal import Glibc
internal import KernelLog
internal import LogReading
import Text

/// One run of `dmar explain`: logs in, explanations out.
struct ExplainSession {
  let format: ExplainCommand.Format
  let text: ExplanationText
  private var collector = LogCollector()
  private var output = Output()
  private var bytes = 0
  private var isBinary = false
  /// Faults were explained while they came, and are not once more at the end.
  private var hasShownFaults = false

  init(format: ExplainCommand.Format, text: ExplanationText) {
    self.format = format
    self.text = text
  }

  /// Reads a whole log.
  mutating func read(_ path: String) throws {
    if path != "-", let platform = try PlatformInput(path) {
      collector.begin(file: path)
      platform.give(to: &collector)
      bytes += platform.byteCount
      return
    }
    var input = try LogInput(path)
    var reader = LogReader()
    collector.begin(file: input.name)
    var collector = self.collector
    try input.readAll(&reader) { collector.take($0) }
    if reader.kernelLineCount > 0 || reader.byteCount == 0 { collector.noteLog() }
    self.collector = collector
    bytes += reader.byteCount
    isBinary = isBinary || reader.isBinary
  }

  /// How long a live log has to be quiet before what it has said is explained. A dump follows its
  /// fault within this time.
  private static let quiet: Int32 = 20

  /// Reads a log while it grows. A new fault is explained when the log pauses behind it, or, where
  /// it never pauses, when the next bytes have been read.
  mutating func follow(_ path: String) throws {
    var input = try LogInput(path)
    var reader = LogReader()
    collector.begin(file: input.name)
    var collector = self.collector
    var shown = 0
    while true {
      let count = try input.readSome(&reader, waiting: Self.quiet) { collector.take($0) }
      if count == nil || count == 0 {
        reader.flush { collector.take($0) }
      }
      if collector.contents.faults.count > shown {
        try show(collector.contents, from: shown)
        shown = collector.contents.faults.count
      }
      if count == nil { break }
    }
    reader.finish { collector.take($0) }
    if reader.kernelLineCount > 0 || reader.byteCount == 0 { collector.noteLog() }
    self.collector = collector
    bytes += reader.byteCount
    isBinary = isBinary || reader.isBinary
  }

  private mutating func show(_ contents: LogContents, from first: Int) throws {
    // Only what is new is explained: a storm of faults costs no more than its faults.
    let json = ExplanationJSON(Explanation(following: contents))
    for group in contents.faults[first...] {
      let fault = Explanation.explain(group, contents)
      switch format {
      // Its own colours are the only control characters in it.
      case .text: output.write(text.render(fault, contents) + "\n")
      case .ndjson: output.print(json.line(fault))
      // One document cannot come in pieces: it comes at the end.
      case .json, .report: break
      }
    }
    hasShownFaults = format == .text || format == .ndjson
    try output.flush()
  }

  /// Prints the explanation of everything that was read.
  mutating func finish() throws -> Explanation {
    let explanation = Explanation(collector.contents)
    guard !explanation.isEmpty else { return explanation }
    var rest = explanation
    if hasShownFaults { rest.faults = [] }
    let json = ExplanationJSON(rest)
    switch format {
    case .text: output.write(text.render(rest) + "\n")
    case .json: output.print(json.document)
    case .ndjson: for line in json.lines { output.print(line) }
    case .report: output.print(ReportText(explanation).text)
    }
    try output.flush()
    return explanation
  }

  /// Why there was nothing to explain.
  func complaint(_ paths: [String]) -> String {
    let name = paths.count == 1 ? (paths[0] == "-" ? "standard input" : paths[0]) : "the files"
    if bytes == 0 { return "\(name): empty; a kernel log was expected" }
    if isBinary {
      return "\(name): binary; a kernel log was expected (text, or text packed with gzip)"
    }
    return "\(name): nothing that a kernel prints; a kernel log was expected"
  }
}
