internal import Recording
internal import Report
internal import Scenario
internal import ScenarioFormat
internal import Text

/// Results in the XML form that JUnit began and CI servers read.
struct JUnitDocument {
  let text: String

  /// What a scenario printed is kept up to this many bytes.
  private static let longestLog = 1 << 16

  /// - Parameters:
  ///   - suite: what ran them.
  ///   - timestamp: when the run began, as ISO 8601 has it.
  ///   - folder: the folder that names of files are seen from, if they lie below it; absolute.
  init(
    _ results: [TestResult], _ tally: TestTally, of suite: String = "dmar test", timestamp: String,
    from folder: String
  ) {
    let total = results.reduce(Duration.zero) { $0 + $1.duration }
    let counts = [
      ("tests", results.count), ("failures", tally.failed - tally.errors),
      ("errors", tally.errors), ("skipped", tally.skipped),
    ].map { #"\#($0.0)="\#($0.1)""# }.joined(separator: " ")
    let time = #"time="\#(TestText.seconds(total))""#
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<testsuites name="\#(suite)" \#(counts) \#(time)>"#,
      #"  <testsuite name="\#(suite)" \#(counts) \#(time) timestamp="\#(timestamp)">"#,
    ]
    for result in results { lines += Self.testCase(result, from: folder) }
    lines += ["  </testsuite>", "</testsuites>", ""]
    text = lines.joined(separator: "\n")
  }

  private static func testCase(_ result: TestResult, from folder: String) -> [String] {
    // However the path was typed, the names are the same: results of two runs can be compared.
    let whole = result.file.canonicalPath
    let file = whole.hasPrefix(folder + "/") ? String(whole.dropFirst(folder.count + 1)) : whole
    let slash = file.lastIndex(of: "/")
    let place = slash.map { String(file[..<$0]) } ?? "."
    let name = slash.map { String(file[file.index(after: $0)...]) } ?? file
    let (group, test) = result.caseName.map { (file, $0) } ?? (place, name)
    let head =
      #"    <testcase classname="\#(Escaping.xml(group))" name="\#(Escaping.xml(test))""#
      + #" file="\#(Escaping.xml(file))" line="\#(result.line)""#
      + #" time="\#(TestText.seconds(result.duration))">"#
    return [head] + outcome(result) + log(result) + ["    </testcase>"]
  }

  private static func outcome(_ result: TestResult) -> [String] {
    func element(_ name: String, type: String, _ message: String, _ lines: [String]) -> String {
      #"      <\#(name) type="\#(type)" message="\#(Escaping.xml(message))">"#
        + Escaping.xml(lines.joined(separator: "\n")) + "</\(name)>"
    }
    switch result.outcome {
    case .passed: return []
    case .skipped(let reason): return [#"      <skipped message="\#(Escaping.xml(reason))"/>"#]
    case .failed(let mismatches):
      let lines = mismatches.flatMap { [$0.description] + $0.difference } + link(result)
      return [
        element("failure", type: "mismatch", mismatches.first?.description ?? "", lines)
      ]
    case .error(let message, let place):
      return [element("error", type: "input", message, ["\(place): \(message)"] + link(result))]
    }
  }

  /// Where the page of the failure is.
  private static func link(_ result: TestResult) -> [String] {
    result.report.map { ["report: \($0)"] } ?? []
  }

  /// What the kernel printed, and for a failure all that happened.
  private static func log(_ result: TestResult) -> [String] {
    let lines =
      result.record.map {
        ReplayText.lines(of: $0, log: [], isJSON: false, timestamps: true, glyphs: .ascii)
      }
      ?? result.log
    guard !lines.isEmpty else { return [] }
    var text = lines.joined(separator: "\n")
    if text.utf8.count > longestLog {
      text = String(decoding: text.utf8.prefix(longestLog), as: UTF8.self) + "\n..."
    }
    return ["      <system-out>\(Escaping.xml(text))</system-out>"]
  }
}
