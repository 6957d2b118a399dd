internal import Dispatch
internal import KernelProfiles
internal import Scenario
internal import Synchronization

/// What became of one scenario of `dmar test`.
struct TestResult: Sendable {
  enum Outcome: Sendable {
    case passed
    case skipped(String)
    /// One sentence for each thing that is not as expected.
    case failed([String])
  }

  let file: String
  let outcome: Outcome
  let duration: Duration
  /// The log file that was written anew.
  var updatedLog: String?
  /// What is worth knowing of the scenario whatever came out of it, a sentence each.
  var notes: [String] = []
}

/// The counts of a run.
struct TestTally: Hashable {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var skipped = 0

  init(_ results: [TestResult]) {
    for result in results {
      switch result.outcome {
      case .passed: passed += 1
      case .skipped: skipped += 1
      case .failed: failed += 1
      }
    }
  }

  var summary: String {
    "\(passed) passed, \(failed) failed" + (skipped > 0 ? ", \(skipped) skipped" : "")
  }
}

/// Runs scenarios, several at a time.
struct TestRun: Sendable {
  let updatesLogs: Bool

  /// Runs them all; results come, to `report` as well, in the order of `files`.
  ///
  /// - Throws: what is neither a scenario's fault nor its expectation's.
  func run(
    _ files: [String], jobs: Int, report: @escaping @Sendable (TestResult) -> Void
  ) throws -> [TestResult] {
    let progress = Mutex(Progress(count: files.count))
    DispatchQueue.concurrentPerform(iterations: min(jobs, files.count)) { _ in
      while let index = progress.withLock({ $0.takeNext() }) {
        let result = Result { try self.result(of: files[index]) }
        progress.withLock { $0.finish(index, result).forEach(report) }
      }
    }
    return try progress.withLock { try $0.results() }
  }

  /// Which scenarios are under way, which are done, and how far they were reported.
  private struct Progress {
    private var finished: [Result<TestResult, any Error>?]
    private var next = 0
    private var reported = 0
    private var hasFailed = false

    init(count: Int) {
      finished = Array(repeating: nil, count: count)
    }

    mutating func takeNext() -> Int? {
      guard next < finished.count, !hasFailed else { return nil }
      defer { next += 1 }
      return next
    }

    /// Keeps a result and gives those that can be reported now without changing the order.
    mutating func finish(_ index: Int, _ result: Result<TestResult, any Error>) -> [TestResult] {
      finished[index] = result
      if case .failure = result { hasFailed = true }
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

  private func result(of file: String) throws -> TestResult {
    let clock = ContinuousClock()
    let start = clock.now
    var updated: String?
    var notes: [String] = []
    let outcome = try outcome(of: file, updated: &updated, &notes)
    return TestResult(
      file: file, outcome: outcome, duration: clock.now - start, updatedLog: updated, notes: notes)
  }

  private func outcome(
    of file: String, updated: inout String?, _ notes: inout [String]
  ) throws -> TestResult.Outcome {
    do {
      var scenario = try ScenarioLoader(toleratesMissingLog: updatesLogs).load(file)
      if !scenario.namesRelease { notes.append(Self.noRelease) }
      switch try ScenarioRun.run(scenario) {
      case .skipped(let reason): return .skipped(reason)
      case .finished(let run):
        if updatesLogs, let log = scenario.expectation.log, !log.isEqual(to: run.lines) {
          try OutputFile.write(run.lines.map { $0 + "\n" }.joined(), to: log.path)
          scenario.expectation.log?.lines = run.lines
          updated = log.path
        }
        let verdict = Verdict(of: run, against: scenario.expectation)
        return verdict.isPassed ? .passed : .failed(verdict.mismatches)
      }
    } catch let error as InputError {
      return .failed(["\(error)"])
    }
  }
}
