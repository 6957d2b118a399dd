internal import Lockdep

/// What became of one row of a file of lock programs.
struct LockcheckRow {
  private let row: LockProgramFile.Row
  private let runner: LockProgramRunner
  private let outcome: LockProgramOutcome
  /// What the options ask for besides the verdict.
  private(set) var details: [String] = []

  init(_ row: LockProgramFile.Row, _ options: LockcheckCommand) {
    self.row = row
    runner = LockProgramRunner(
      row.program,
      configuration: Configuration(
        rawNesting: !options.noRawNesting, goesOn: options.allReports),
      readsAreRecursive: row.readsAreRecursive, symbols: ProgramSymbols(function: row.name))
    outcome = runner.run()
    if options.report { addReports() }
    if options.interleavings { addSchedule(bound: options.bound) }
    let validator = runner.validator
    if options.classes { details += validator.classListing() }
    if options.chains { details += validator.chainListing() }
    if options.statistics { details += validator.statistics.lines }
    if options.dot { details += validator.graphviz(name: row.name) }
  }

  var isAsExpected: Bool {
    outcome.isFailure == row.expectsFailure && outcome.failedAssertions.isEmpty
  }

  /// Name, what was expected, what came, and why.
  func line(width: Int) -> String {
    let name = row.name + String(repeating: " ", count: max(0, width - row.name.count))
    var line = "\(name)  \(verdict(row.expectsFailure))  \(verdict(outcome.isFailure))"
    var reasons = outcome.reports.map(summary)
    for assertion in outcome.failedAssertions {
      reasons.append(
        "\(assertion.step.text) gave \(assertion.got.map { "\($0)" } ?? "nothing")")
    }
    if !reasons.isEmpty { line += "  " + reasons.joined(separator: "; ") }
    return line
  }

  private func verdict(_ isFailure: Bool) -> String { isFailure ? "FAILURE" : "SUCCESS" }

  private func summary(_ report: LockReport) -> String {
    if case .inconsistentState(let state) = report {
      return "\(report.title) {\(state.previous)} -> {\(state.new)}"
    }
    return report.title
  }

  private mutating func addReports() {
    for (report, step) in zip(outcome.reports, outcome.reportSteps) {
      runner.symbols.show(step: step)
      for record in render(report, in: runner.symbols) {
        details += record.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }
  }

  private mutating func addSchedule(bound: Int) {
    let explorer = LockExplorer(row.program, readsAreRecursive: row.readsAreRecursive)
    details += explorer.search(bound: bound).lines(of: row.program)
  }
}
