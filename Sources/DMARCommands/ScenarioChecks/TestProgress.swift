internal import Glibc
internal import Scenario
internal import ScenarioFormat
internal import Synchronization

/// Prints results as they come: lines for people, and TAP where that was asked for.
final class TestProgress: Sendable {
  private struct State {
    /// Lines for people: on standard output, unless results for programs take it.
    var lines: Output
    var tap: Output?
    var count = 0
  }

  private let state: Mutex<State>
  private let style: TestText.Style
  private let start = ContinuousClock.now

  /// - Parameters:
  ///   - tap: whether standard output gets TAP.
  ///   - isOutputTaken: whether other results for programs take standard output.
  ///   - count: how many results will come; TAP announces it.
  init(tap: Bool, isOutputTaken: Bool, count: Int) {
    let isForPeople = !tap && !isOutputTaken
    style = TestText.Style(
      isColoured: isForPeople && Terminal.isColoured, showsTimes: isForPeople && Terminal.isWatched)
    var state = State(lines: Output(to: isForPeople ? STDOUT_FILENO : STDERR_FILENO))
    if tap {
      var output = Output()
      for line in TAPText.head(count: count) { output.print(line) }
      state.tap = output
    }
    self.state = Mutex(state)
  }

  func show(_ result: TestResult) {
    state.withLock { state in
      state.count += 1
      state.lines.write(TestText.headline(result, style) + "\n")
      for line in TestText.lines(result).dropFirst() { state.lines.print(line) }
      for warning in result.warnings { StandardError.print("dmar: warning: \(warning)") }
      for line in TAPText.lines(result, number: state.count) { state.tap?.print(line) }
      // What cannot be written is told at the end: the tests go on, for the files beside.
      try? state.lines.flush()
      try? state.tap?.flush()
    }
  }

  /// Prints what comes at the end.
  ///
  /// - Parameters:
  ///   - isCut: whether results that TAP has announced will not come.
  ///   - slowest: how many of the slowest scenarios are listed.
  /// - Throws: `OutputError` where not all lines could be written.
  func finish(_ results: [TestResult], _ tally: TestTally, isCut: Bool, slowest: Int) throws {
    try state.withLock { state in
      for line in TestText.failures(results) + TestText.slowest(results, slowest) {
        state.lines.print(line)
      }
      if tally.updatedLogs > 0 {
        state.lines.print(
          "wrote \(tally.updatedLogs) log\(tally.updatedLogs == 1 ? "" : "s")")
      }
      let ending = style.showsTimes ? " in \(TestText.seconds(ContinuousClock.now - start)) s" : ""
      state.lines.print(tally.summary + ending)
      if isCut { state.tap?.print("Bail out! stopped at the first failure") }
      state.tap?.print("# \(tally.summary)")
      try state.tap?.flush()
      try state.lines.flush()
    }
  }
}
