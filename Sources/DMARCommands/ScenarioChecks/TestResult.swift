internal import Recording
internal import Scenario
internal import ScenarioFormat

/// What became of one scenario of `dmar test`.
struct TestResult: Sendable {
  enum Outcome: Sendable {
    case passed
    case skipped(String)
    case failed([Mismatch])
    /// The file is not a scenario that can be run, or its run was stopped: what is wrong, and where.
    case error(String, Place)
  }

  let file: ScenarioFiles.File
  var outcome: Outcome
  let duration: Duration
  /// The name of one of several tests in the file; nil where the file is the test.
  var caseName: String?
  /// The line on which the test stands in the file.
  var caseLine = 1
  /// What the kernel printed.
  var log: [String] = []
  /// What the scenario asks for and does not have.
  var warnings: [Mismatch] = []
  /// What is worth knowing of the scenario whatever came out of it, a sentence each.
  var notes: [String] = []
  /// What happened in a run that failed, where that is wanted.
  var record: RunRecord?
  /// The page that was written of the failure.
  var report: String?
  /// The log file that was written anew.
  var updatedLog: String?

  var isFailed: Bool {
    switch outcome {
    case .passed, .skipped: false
    case .failed, .error: true
    }
  }

  /// One sentence for each thing that is not as expected, with its place.
  var complaints: [String] {
    switch outcome {
    case .passed, .skipped: []
    case .failed(let mismatches): mismatches.map(\.description)
    case .error(let message, let place): ["\(place): \(message)"]
    }
  }

  /// The line of the file that a complaint is about; that of the test where it is about another file.
  var line: Int {
    switch outcome {
    case .passed, .skipped: caseLine
    case .failed(let mismatches):
      max(mismatches.compactMap(\.place).first { $0.file == file.path }?.line ?? caseLine, 1)
    case .error(_, let place): place.file == file.path ? max(place.line, 1) : caseLine
    }
  }
}

/// The counts of a run.
struct TestTally: Hashable {
  private(set) var passed = 0
  private(set) var failed = 0
  /// Of the failed ones, those that could not be run.
  private(set) var errors = 0
  private(set) var skipped = 0
  private(set) var updatedLogs = 0

  init(_ results: [TestResult]) {
    for result in results {
      switch result.outcome {
      case .passed: passed += 1
      case .skipped: skipped += 1
      case .failed: failed += 1
      case .error:
        failed += 1
        errors += 1
      }
      if result.updatedLog != nil { updatedLogs += 1 }
    }
  }

  var summary: String {
    "\(passed) passed, \(failed) failed" + (skipped > 0 ? ", \(skipped) skipped" : "")
  }
}
