import LogReading

/// One thing that a log shows and that speaks for a cause, or against it.
public struct Clue: Sendable {
  /// How strongly it speaks; the table of weights says where the number comes from.
  public var weight: ClueWeight
  /// The clue in words, for people.
  public var sentence: String
  /// The lines of the log that show it; empty where no line does.
  public var places: [LogPlace]

  /// Whether it speaks against the cause, though its weight is that of one that speaks for another.
  var isAgainst: Bool

  init(
    _ weight: ClueWeight, _ sentence: String, _ places: [LogPlace] = [], against: Bool = false
  ) {
    self.weight = weight
    self.sentence = sentence
    self.places = places
    isAgainst = against
  }

  /// What it adds to the cause's score.
  public var decibans: Int { isAgainst ? -abs(weight.decibans) : weight.decibans }
}

/// A cause that a rule proposes for one fault, with everything that speaks for and against it.
struct Hypothesis: Sendable {
  var cause: Finding.Cause
  var clues: [Clue]
  var severity: Finding.Severity
  /// Who is most likely to blame, if this is the cause.
  var culprit: String
  /// The verdict in one line.
  var verdict: String
  /// What to do next, the most useful first.
  var next: [Step]
  /// What the log lacks and what would decide.
  var missing: [Step] = []

  /// The sum of the clues in decibans: ten times the decimal logarithm of the odds.
  var score: Int { clues.reduce(0) { $0 + $1.decibans } }
}

/// Turns the clues of all proposed causes into confidences. Nothing else computes one.
enum Judgement {
  /// 10^(n/10) for n from 0 to 9.
  private static let tenths: [Double] = [
    1, 1.2589, 1.5849, 1.9953, 2.5119, 3.1623, 3.9811, 5.0119, 6.3096, 7.9433,
  ]

  /// The odds that a score in decibans stands for; scores outside -30...30 count as the nearer end.
  static func odds(_ decibans: Int) -> Double {
    let bounded = min(max(decibans, -30), 30)
    var whole = bounded / 10
    var rest = bounded % 10
    if rest < 0 {
      rest += 10
      whole -= 1
    }
    var odds = tenths[rest]
    for _ in 0..<abs(whole) { odds = whole > 0 ? odds * 10 : odds / 10 }
    return odds
  }

  /// The confidences in percent, from 0 to 99: each cause's odds among those of all proposed causes
  /// and of "something else", whose odds are one to one.
  static func confidences(_ scores: [Int]) -> [Int] {
    let odds = scores.map(Self.odds)
    let all = odds.reduce(1, +)
    return odds.map { min(max(Int(($0 / all * 100).rounded()), 0), 99) }
  }

  /// The findings for the proposed causes, the most likely first. Of the proposals for one cause
  /// the strongest stays. The order of the rules decides between equals.
  ///
  /// - Parameter system: the system that printed the fault; nil is Linux.
  static func rank(_ proposed: [Hypothesis], under system: OtherSystem? = nil) -> [Finding] {
    var strongest: [Hypothesis] = []
    for hypothesis in proposed {
      if let index = strongest.firstIndex(where: { $0.cause == hypothesis.cause }) {
        if hypothesis.score > strongest[index].score { strongest[index] = hypothesis }
      } else {
        strongest.append(hypothesis)
      }
    }
    let confidences = confidences(strongest.map { $0.score })
    return zip(strongest, confidences).enumerated().sorted {
      $0.element.0.score == $1.element.0.score
        ? $0.offset < $1.offset : $0.element.0.score > $1.element.0.score
    }.map { Finding($0.element.0, confidence: $0.element.1, under: system) }
  }
}
