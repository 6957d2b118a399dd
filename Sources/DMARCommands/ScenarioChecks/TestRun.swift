internal import Dispatch
internal import KernelProfiles
internal import Scenario
internal import ScenarioFormat
internal import Synchronization

/// Runs scenarios, several at a time.
struct TestRun: Sendable {
  var updatesLogs = false
  /// A scenario without expectations passes.
  var allowsEmpty = false
  /// Nothing is begun after the first failure.
  var stopsAtFailure = false
  /// How long one scenario may take; nil: as long as it wants.
  var timeLimit: Duration?

  /// Runs them all; results come, to `report` as well, in the order of `files`.
  ///
  /// - Throws: what is neither a scenario's fault nor its expectation's.
  func run(
    _ files: [ScenarioFiles.File], jobs: Int, report: @escaping @Sendable (TestResult) -> Void
  ) throws -> [TestResult] {
    let progress = Mutex(Progress(count: files.count, stopsAtFailure: stopsAtFailure))
    DispatchQueue.concurrentPerform(iterations: min(jobs, files.count)) { _ in
      while let index = progress.withLock({ $0.takeNext() }) {
        let result = Result { try self.result(of: files[index]) }
        progress.withLock { $0.finish(index, result).forEach(report) }
      }
    }
    return try progress.withLock { try $0.results() }
  }

  /// Gives each scenario that failed the record of its run.
  ///
  /// It is run once more: what happens in a run is not taken down while many are run. One that cannot be
  /// run, or takes too long again, has none.
  func record(failuresOf results: inout [TestResult]) {
    for index in results.indices where results[index].isFailed {
      let limit = StepLimit(timeLimit)
      let loader = ScenarioLoader(toleratesMissingLog: true, library: ScenarioPath.shipped)
      guard let scenario = try? loader.load(results[index].file.path),
        case .finished(let run)? = try? ScenarioRun.run(
          scenario, isRecorded: true, watching: limit.watch)
      else { continue }
      results[index].record = run.record
      results[index].log = run.lines
    }
  }

  /// Which scenarios are under way, which are done, and how far they were reported.
  private struct Progress {
    private var finished: [Result<TestResult, any Error>?]
    private var next = 0
    private var reported = 0
    private var isOver = false
    private let stopsAtFailure: Bool

    init(count: Int, stopsAtFailure: Bool) {
      finished = Array(repeating: nil, count: count)
      self.stopsAtFailure = stopsAtFailure
    }

    mutating func takeNext() -> Int? {
      guard next < finished.count, !isOver else { return nil }
      defer { next += 1 }
      return next
    }

    /// Keeps a result and gives those that can be reported now without changing the order.
    mutating func finish(_ index: Int, _ result: Result<TestResult, any Error>) -> [TestResult] {
      finished[index] = result
      switch result {
      case .failure: isOver = true
      case .success(let result): if stopsAtFailure, result.isFailed { isOver = true }
      }
      var ready: [TestResult] = []
      while reported < finished.count, case .success(let result)? = finished[reported] {
        ready.append(result)
        reported += 1
      }
      return ready
    }

    func results() throws -> [TestResult] {
      try finished.compactMap { try $0?.get() }
    }
  }

  private static var noRelease: String {
    "neither kernel.release nor kernel.profile names a release: it ran as \(KernelProfile.newest.release), "
      + "and runs as the newest release that the program knows"
  }

  private func result(of file: ScenarioFiles.File) throws -> TestResult {
    let clock = ContinuousClock()
    let start = clock.now
    var result = TestResult(file: file, outcome: .passed, duration: .zero)
    do {
      try run(file, into: &result)
    } catch let error as InputError {
      result.outcome = .error(error.message, error.place)
    }
    return TestResult(
      file: file, outcome: result.outcome, duration: clock.now - start, log: result.log,
      warnings: result.warnings, notes: result.notes, updatedLog: result.updatedLog)
  }

  private func run(_ file: ScenarioFiles.File, into result: inout TestResult) throws {
    if file.path.hasSuffix("/lesson.md") {
      let entry = try CourseFolder.entry(String(file.path.dropLast("/lesson.md".count)))
      let defects = try entry.parts.flatMap { try LessonDefects(of: $0).mismatches }
      result.outcome = defects.isEmpty ? .passed : .failed(defects)
      return
    }
    let limit = StepLimit(timeLimit)
    var scenario = try ScenarioLoader(
      toleratesMissingLog: updatesLogs, library: ScenarioPath.shipped
    ).load(file.path)
    if !scenario.namesRelease { result.notes.append(Self.noRelease) }
    switch try ScenarioRun.run(scenario, watching: limit.watch) {
    case .skipped(let reason): result.outcome = .skipped(reason)
    case .finished(let run):
      result.log = run.lines
      result.warnings = run.warnings
      var refusal: Mismatch?
      if updatesLogs, let log = scenario.expectation.log, !log.isEqual(to: run.lines) {
        if let reason = LogUpdate.refusal(of: log, for: file, at: scenario.expectation.place("log"))
        {
          refusal = Mismatch(
            "the log is not written: \(reason)", at: scenario.expectation.place("log"))
        } else {
          try OutputFile.write(run.lines.map { $0 + "\n" }.joined(), to: log.path)
          scenario.expectation.log?.lines = run.lines
          result.updatedLog = log.path
        }
      }
      var mismatches = Verdict(of: run, against: scenario.expectation).mismatches
      if let refusal { mismatches.append(refusal) }
      if mismatches.isEmpty, scenario.expectsNothing, !allowsEmpty {
        mismatches = [
          Mismatch(
            "it expects nothing; expect: was expected (or --allow-empty)",
            at: Place(whole: file.path))
        ]
      }
      result.outcome = mismatches.isEmpty ? .passed : .failed(mismatches)
    }
  }
}
