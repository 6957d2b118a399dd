internal import Text
internal import Scenario
internal import ScenarioFormat

/// Results of `dmar test` in the Test Anything Protocol, version 13, as `prove` reads it.
enum TAPText {
  static func head(count: Int) -> [String] { ["TAP version 13", "1..\(count)"] }

  /// A test point; what is not as expected follows in a YAML block.
  static func lines(_ result: TestResult, number: Int) -> [String] {
    let name = description(result.caseName ?? result.file.path)
    let update =
      (result.updatedLog.map { ["# wrote \(PrintableText.oneLine($0))"] } ?? [])
      + result.notes.map { "# note: \(PrintableText.oneLine($0))" }
    switch result.outcome {
    case .passed: return ["ok \(number) - \(name)"] + update
    case .skipped(let reason):
      return ["ok \(number) - \(name) # SKIP \(PrintableText.oneLine(reason))"]
    case .failed(let mismatches):
      return failed(
        name, number, "fail", mismatches.flatMap { [$0.description] + $0.difference }) + update
    case .error(let message, let place):
      return failed(name, number, "error", ["\(place): \(message)"])
    }
  }

  /// A name on one line. In a description # begins a directive.
  private static func description(_ name: String) -> String {
    PrintableText.oneLine(name).replacing("\\", with: "\\\\").replacing("#", with: "\\#")
  }

  /// A point that failed, with the reasons as one literal block of YAML: in a list, `prove` takes
  /// what stands before a colon for a key.
  private static func failed(
    _ name: String, _ number: Int, _ severity: String, _ lines: [String]
  ) -> [String] {
    ["not ok \(number) - \(name)", "  ---", "  severity: \(severity)", "  message: |"]
      + lines.map { line in
        let text = PrintableText.oneLine(line)
        // A line of blanks alone would end the block.
        return "    " + (text.allSatisfy { $0 == " " } ? "(an empty line)" : text)
      } + ["  ..."]
  }
}
