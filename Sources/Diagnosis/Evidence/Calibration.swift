/// How often verdicts are right at each confidence, measured on reports whose end is known.
///
/// Each report is left out in turn: what the others show at its level is checked against what it
/// turned out to be. So no report speaks for itself.
public struct Calibration: Sendable {
  /// The best cause of one fault, and whether it was the right one.
  public struct Sample: Hashable, Sendable {
    /// The report that the fault stands in; faults of one report are left out together.
    public var report: String
    /// The verdict's confidence in percent.
    public var confidence: Int
    /// Whether the first verdict was right.
    public var isRight: Bool

    /// The verdict on one report.
    public init(report: String, confidence: Int, isRight: Bool) {
      self.report = report
      self.confidence = confidence
      self.isRight = isRight
    }
  }

  /// One level of confidence.
  public struct Level: Hashable, Sendable {
    /// `almost certain`, `likely`, `possible` or `a guess`.
    public var name: String
    /// The number of verdicts.
    public var count: Int
    /// How many of them are right.
    public var right: Int
    /// The mean confidence that was told, in percent.
    public var told: Int
    /// The mean share of right ones that the other reports show at this level, in percent.
    public var leftOut: Int
  }

  /// The verdicts.
  public var samples: [Sample]

  /// A calibration from these verdicts.
  public init(_ samples: [Sample]) {
    self.samples = samples
  }

  private static let names = [99, 75, 55, 20].map(Finding.certainty)

  /// The levels, the surest first; those without a sample are left out.
  public var levels: [Level] {
    Self.names.compactMap { name in
      let own = samples.filter { Finding.certainty($0.confidence) == name }
      guard !own.isEmpty else { return nil }
      let told = own.map { $0.confidence }.reduce(0, +) / own.count
      let shares = own.map { share(at: name, without: $0.report) }
      let mean = shares.reduce(0, +) / Double(shares.count)
      return Level(
        name: name, count: own.count, right: own.filter { $0.isRight }.count, told: told,
        leftOut: Int((mean * 100).rounded()))
    }
  }

  /// The share of right ones at a level among all reports but one; one right and one wrong are
  /// added, so that no level is certain (Laplace's rule).
  private func share(at name: String, without report: String) -> Double {
    let others = samples.filter {
      $0.report != report && Finding.certainty($0.confidence) == name
    }
    return Double(others.filter { $0.isRight }.count + 1) / Double(others.count + 2)
  }

  /// The Brier score, the mean square of probability minus outcome: 0 is perfect, 0.25 a coin toss.
  /// `told` uses the confidences of the verdicts, `leftOut` the shares in the other reports.
  public var squares: (told: Double, leftOut: Double) {
    guard !samples.isEmpty else { return (0, 0) }
    var told = 0.0
    var leftOut = 0.0
    for sample in samples {
      let outcome = sample.isRight ? 1.0 : 0.0
      let distance = Double(sample.confidence) / 100 - outcome
      let other =
        share(at: Finding.certainty(sample.confidence), without: sample.report) - outcome
      told += distance * distance
      leftOut += other * other
    }
    return (told / Double(samples.count), leftOut / Double(samples.count))
  }
}

extension Explanation {
  /// The causes that a record of the log was given, the most likely first, with their confidences;
  /// without the open verdict.
  public func candidates(of fault: Fault) -> [(cause: Finding.Cause, confidence: Int)] {
    fault.findings.filter { $0.cause != .unknown }.map { ($0.cause, $0.confidence) }
  }
}
