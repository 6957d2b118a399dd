internal import Text
internal import Scenario
internal import ScenarioFormat

/// Results of `dmar test` as lines for people.
enum TestText {
  private static let indent = "      "

  /// How a line for people looks: on a terminal with colours, and with the time that each scenario took
  /// where somebody watches.
  struct Style: Sendable {
    var isColoured = false
    var showsTimes = false

    fileprivate func mark(_ outcome: TestResult.Outcome) -> String {
      let (word, colour) =
        switch outcome {
        case .passed: ("pass", "32")
        case .skipped: ("skip", "33")
        case .failed, .error: ("FAIL", "31")
        }
      return isColoured ? "\u{1b}[\(colour)m\(word)\u{1b}[0m" : word
    }

    fileprivate func time(_ duration: Duration) -> String {
      showsTimes ? "  \(TestText.seconds(duration)) s" : ""
    }
  }

  /// The line for the scenario as it stands on a terminal; `lines(_:)` has the words.
  static func headline(_ result: TestResult, _ style: Style) -> String {
    let words = lines(result).first.map { $0.dropFirst(4) } ?? ""
    return style.mark(result.outcome) + words + style.time(result.duration)
  }

  /// A line for the scenario, with what is not as expected below it.
  static func lines(_ result: TestResult) -> [String] {
    let name = PrintableText.oneLine(result.file.path)
    let update =
      (result.updatedLog.map { [indent + "wrote \(PrintableText.oneLine($0))"] } ?? [])
      + result.notes.map { indent + "note: \(PrintableText.oneLine($0))" }
    switch result.outcome {
    case .passed: return ["pass  \(name)"] + update
    case .skipped(let reason): return ["skip  \(name): \(PrintableText.oneLine(reason))"]
    case .failed(let mismatches):
      return ["FAIL  \(name)"] + update
        + mismatches.flatMap { mismatch in
          ([mismatch.description] + mismatch.difference).map { indent + PrintableText.oneLine($0) }
        }
    case .error:
      return ["FAIL  \(name)"] + result.complaints.map { indent + PrintableText.oneLine($0) }
    }
  }

  /// The failures once more, with the first thing that is wrong in each; none where all passed, or where
  /// there is one scenario, whose failure stands right above.
  static func failures(_ results: [TestResult]) -> [String] {
    let failed = results.filter(\.isFailed)
    guard !failed.isEmpty, results.count > 1 else { return [] }
    return ["", "failed:"]
      + failed.map { result in
        let complaints = result.complaints
        let more = complaints.count > 1 ? " (and \(complaints.count - 1) more)" : ""
        let first = complaints.first ?? ""
        let path = result.file.path
        let line = first.hasPrefix(path) ? first : "\(path): \(first)"
        return "  " + PrintableText.oneLine(line) + more
      } + [""]
  }

  /// The scenarios that took longest.
  static func slowest(_ results: [TestResult], _ count: Int) -> [String] {
    guard count > 0 else { return [] }
    let slowest = results.sorted { $0.duration > $1.duration }.prefix(count)
    return ["", "slowest:"]
      + slowest.map { "  \(seconds($0.duration)) s  \(PrintableText.oneLine($0.file.path))" } + [""]
  }

  /// Seconds with three decimals.
  static func seconds(_ duration: Duration) -> String {
    let milliseconds = max(Int((duration / .milliseconds(1)).rounded()), 0)
    return "\(milliseconds / 1000)." + "\(milliseconds % 1000)".aligned(to: 3, with: "0")
  }
}
