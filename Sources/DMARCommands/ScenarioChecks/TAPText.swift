internal import Text
internal import Scenario
internal import ScenarioFormat

/// Results of `dmar test` in the Test Anything Protocol, version 13, as `prove` reads it.
enum TAPText {
  static func head(count: Int) -> [String] { ["TAP version 13", "1..\(count)"] }

  /// A test point; what is not as expected follows in a YAML block of quoted strings, which is all
  /// of YAML that readers of TAP have in common.
  static func lines(_ result: TestResult, number: Int) -> [String] {
    let name = description(result.file.path)
    let update =
      (result.updatedLog.map { ["# wrote \(PrintableText.oneLine($0))"] } ?? [])
      + result.notes.map { "# note: \(PrintableText.oneLine($0))" }
    switch result.outcome {
    case .passed: return ["ok \(number) - \(name)"] + update
    case .skipped(let reason):
      return ["ok \(number) - \(name) # SKIP \(PrintableText.oneLine(reason))"]
    case .failed(let mismatches):
      return ["not ok \(number) - \(name)", "  ---", "  severity: fail", "  mismatches:"]
        + mismatches.flatMap { [$0.description] + $0.difference }.map { "    - \(quoted($0))" }
        + ["  ..."] + update
    case .error(let message, let place):
      return [
        "not ok \(number) - \(name)", "  ---", "  severity: error",
        "  message: \(quoted("\(place): \(message)"))", "  ...",
      ]
    }
  }

  /// A name on one line. In a description # begins a directive.
  private static func description(_ name: String) -> String {
    PrintableText.oneLine(name).replacing("\\", with: "\\\\").replacing("#", with: "\\#")
  }

  /// A YAML string in double quotes.
  private static func quoted(_ text: String) -> String {
    Escaping.yaml(PrintableText.oneLine(text))
  }
}
