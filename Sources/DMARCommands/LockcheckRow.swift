internal import Recording
internal import Report
internal import Lockdep
internal import Scenario
internal import ScenarioFormat
internal import Text

/// A lock program with what is expected of it.
struct LockcheckCase: Sendable {
  let name: String
  let program: LockProgram
  /// Nil where nobody said.
  let expectsFailure: Bool?
  let readsAreRecursive: Bool
  let place: Place
}

/// How lock programs are run, and what is printed of each.
struct LockcheckOptions: Sendable {
  var report = false
  /// How many states a search of interleavings may visit; nil for no search.
  var bound: Int?
  var dot = false
  /// The characters of pictures; nil where no pictures were asked for.
  var picture: Glyphs?
  var classes = false
  var chains = false
  var statistics = false
  var allReports = false
  var rawNesting = true
}

/// What became of one lock program.
struct LockcheckRow: Sendable {
  let test: LockcheckCase
  let isAsExpected: Bool
  let duration: Duration
  private let isFailure: Bool
  /// What was reported, and which assertions failed.
  private let reasons: [String]
  /// What the options ask for besides the verdict.
  let details: [String]

  init(_ test: LockcheckCase, _ options: LockcheckOptions) {
    let start = ContinuousClock.now
    let runner = LockProgramRunner(
      test.program,
      configuration: LockdepConfiguration(
        rawNesting: options.rawNesting, goesOn: options.allReports),
      readsAreRecursive: test.readsAreRecursive, symbols: ProgramSymbols(function: test.name))
    var moments = ProgramMoments(runner)
    let outcome = options.picture == nil ? runner.run() : runner.run { moments.take(step: $0) }
    self.test = test
    isFailure = outcome.isFailure
    isAsExpected =
      outcome.isFailure == test.expectsFailure ?? outcome.isFailure
      && outcome.failedAssertions.isEmpty
    reasons =
      outcome.reports.map(Self.summary)
      + outcome.failedAssertions.map { assertion in
        "\(assertion.step.text) gave \(assertion.got.map { "\($0)" } ?? "nothing")"
      }
    var details = options.report ? Self.reports(of: outcome, runner) : []
    if let bound = options.bound {
      let explorer = LockExplorer(test.program, readsAreRecursive: test.readsAreRecursive)
      details += explorer.search(bound: bound).lines(of: test.program)
    }
    let validator = runner.validator
    if options.classes { details += validator.classListing() }
    if options.chains { details += validator.chainListing() }
    if options.statistics { details += validator.statistics.lines }
    if let glyphs = options.picture {
      details += Self.picture(validator, outcome, runner, moments).lines(glyphs).map { "  " + $0 }
    }
    if options.dot { details += validator.graphviz(name: test.name) }
    self.details = details
    duration = ContinuousClock.now - start
  }

  /// Name, what was expected if somebody said, what came, and why.
  func line(width: Int) -> String {
    let name = test.name.padded(to: width)
    let expected = test.expectsFailure.map { Self.verdict($0) + "  " } ?? ""
    let line = "\(name)  \(expected)\(Self.verdict(isFailure))"
    return reasons.isEmpty ? line : line + "  " + reasons.joined(separator: "; ")
  }

  /// The same for JUnit and TAP.
  func result(in file: ScenarioFiles.File) -> TestResult {
    let words = reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")
    let expected = test.expectsFailure.map { "; \(Self.verdict($0)) was expected" } ?? ""
    let mismatch = Mismatch("\(Self.verdict(isFailure))\(words)\(expected)", at: test.place)
    return TestResult(
      file: file, outcome: isAsExpected ? .passed : .failed([mismatch]), duration: duration,
      caseName: test.name, caseLine: max(test.place.line, 1), log: details)
  }

  private static func verdict(_ isFailure: Bool) -> String { isFailure ? "FAILURE" : "SUCCESS" }

  private static func summary(_ report: LockReport) -> String {
    if case .inconsistentState(let state) = report {
      return "\(report.title) {\(state.previous)} -> {\(state.new)}"
    }
    return report.title
  }

  /// What each class was seen in, and in which order classes were taken.
  private static func picture(
    _ validator: Validator, _ outcome: LockProgramOutcome, _ runner: LockProgramRunner,
    _ moments: ProgramMoments
  ) -> LockPicture {
    let classes = validator.classes.map { lockClass in
      RunLockClass(
        name: validator.listedName(of: lockClass), letters: lockClass.usage.description,
        usages: lockClass.usage.bits.map { bit in
          RunLockClass.Usage(
            name: bit.description,
            stack: (lockClass.usageTraces[bit] ?? []).map { runner.symbols.symbol(for: $0) })
        })
    }
    return LockPicture(
      classes: classes, dependencies: validator.dependencies().map { RunLockDependency($0) },
      reports: outcome.reports.map { LockReportFact($0) }, moments: moments.found,
      reportPlaces: outcome.reportSteps.map { moments.place(ofStep: $0) })
  }

  private static func reports(
    of outcome: LockProgramOutcome, _ runner: LockProgramRunner
  ) -> [String] {
    var lines: [String] = []
    for (report, step) in zip(outcome.reports, outcome.reportSteps) {
      runner.symbols.show(step: step)
      for record in render(report, in: runner.symbols) {
        lines += record.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }
    return lines
  }
}
