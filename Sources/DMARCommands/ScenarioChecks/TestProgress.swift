internal import KernelLog
internal import Synchronization
import Text

/// Prints results as they come.
final class TestProgress: Sendable {
  enum Style: Sendable {
    case text
    case tap
  }

  private let style: Style
  private let state: Mutex<(output: Output, count: Int)>

  /// - Parameter count: how many results will come; TAP announces it.
  init(style: Style, count: Int) {
    self.style = style
    var output = Output()
    if style == .tap {
      output.print("TAP version 14")
      output.print("1..\(count)")
    }
    state = Mutex((output, 0))
  }

  func show(_ result: TestResult) {
    state.withLock { state in
      state.count += 1
      let lines = style == .tap ? Self.tap(result, number: state.count) : Self.text(result)
      for line in lines { state.output.print(line) }
      // What cannot be written is told at the end: the tests go on, for the files beside.
      try? state.output.flush()
    }
  }

  /// - Throws: `OutputError` where not all lines could be written.
  func finish(_ tally: TestTally) throws {
    try state.withLock { state in
      state.output.print(style == .tap ? "# \(tally.summary)" : tally.summary)
      try state.output.flush()
    }
  }

  private static func text(_ result: TestResult) -> [String] {
    let update =
      (result.updatedLog.map { ["      wrote \($0)"] } ?? [])
      + result.notes.map { "      note: \($0)" }
    switch result.outcome {
    case .passed: return ["pass  \(result.file)"] + update
    case .skipped(let reason): return ["skip  \(result.file): \(reason)"]
    case .failed(let reasons):
      return ["FAIL  \(result.file)"] + update + reasons.map { "      \($0)" }
    }
  }

  /// A test point; what was not as expected follows in a YAML block of quoted strings.
  private static func tap(_ result: TestResult, number: Int) -> [String] {
    // In a description # begins a directive.
    let name = result.file.replacing("\\", with: "\\\\").replacing("#", with: "\\#")
    let update =
      (result.updatedLog.map { ["# wrote \($0)"] } ?? []) + result.notes.map { "# note: \($0)" }
    switch result.outcome {
    case .passed: return ["ok \(number) - \(name)"] + update
    case .skipped(let reason): return ["ok \(number) - \(name) # SKIP \(reason)"]
    case .failed(let reasons):
      return ["not ok \(number) - \(name)", "  ---", "  mismatches:"]
        + reasons.map { "    - \(JSONValue.string($0).compact)" } + ["  ..."] + update
    }
  }
}
