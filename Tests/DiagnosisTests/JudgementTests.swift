@testable import Diagnosis
import KernelLog
import Testing

/// Confidences come from clues, in one place.
@Suite("Clues and confidences")
struct JudgementTests {
  @Test(
    "a lone cause has the odds of its score against one to one",
    arguments: [(0, 50), (3, 67), (10, 91), (-10, 9), (30, 99), (99, 99)])
  func lone(score: Int, percent: Int) {
    #expect(Judgement.confidences([score]) == [percent])
  }

  @Test("two causes with one score share what one would have, and both lose against nothing else")
  func shared() {
    #expect(Judgement.confidences([10, 10]) == [48, 48])
    #expect(Judgement.confidences([10, -10]).first == 90)
  }

  @Test("of two proposals for one cause the stronger stays")
  func strongest() {
    func proposal(_ weight: ClueWeight) -> Hypothesis {
      Hypothesis(
        cause: .bridgeAlias, clues: [Clue(weight, "a clue")], severity: .serious, culprit: "",
        verdict: weight.rawValue, next: [])
    }
    let ranked = Judgement.rank([proposal(.reservedBit), proposal(.entryForbids)])
    #expect(ranked.map(\.verdict) == ["entry-forbids"])
  }

  @Test("a clue against a cause takes away what it would add to another")
  func against() {
    #expect(
      Clue(.afterResume, "a clue", against: true).decibans == -ClueWeight.afterResume.decibans)
  }

  @Test("every weight has a source, and none decides alone against all others")
  func weights() {
    for weight in ClueWeight.allCases {
      #expect(!weight.row.source.isEmpty)
      #expect((-12...12).contains(weight.decibans), "\(weight)")
    }
  }

  @Test("each verdict's confidence is that of its clues")
  func verdicts() throws {
    let fault = try #require(
      explanation(of: CauseTests.cases[0].log).faults.first { $0.verdict?.cause == .firmwareRegion }
    )
    let verdict = try #require(fault.verdict)
    let score = verdict.clues.map(\.decibans).reduce(0, +)
    #expect(verdict.confidence <= Judgement.confidences([score])[0])
    #expect(verdict.why.map(\.text) == verdict.clues.map(\.sentence))
  }
}

/// How often verdicts are right.
@Suite("Calibration")
struct CalibrationTests {
  @Test("a level is judged by the reports that are not looked at")
  func leftOut() throws {
    let calibration = Calibration([
      .init(report: "a", confidence: 90, isRight: true),
      .init(report: "b", confidence: 90, isRight: true),
      .init(report: "c", confidence: 90, isRight: false),
    ])
    let level = try #require(calibration.levels.first)
    #expect(level.name == "almost certain")
    #expect((level.count, level.right, level.told) == (3, 2, 90))
    // Without a or b one of two is right (2/4 with Laplace's rule), without c both (3/4).
    #expect(level.leftOut == 58)
  }

  @Test("what is told with certainty and right has no distance")
  func squares() {
    let squares = Calibration([.init(report: "a", confidence: 100, isRight: true)]).squares
    #expect(squares.told == 0)
    #expect(squares.leftOut == 0.25)
  }
}
