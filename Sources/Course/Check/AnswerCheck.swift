import Text

/// What became of an answer.
public struct AnswerCheck: Sendable {
  /// Whether the answer is right: for a board, right for one of its rows.
  public var isPassed: Bool { complaints.isEmpty }
  /// What is missing, a sentence each.
  public private(set) var complaints: [String] = []
  /// What the lesson says about such an answer.
  public private(set) var advice: [String] = []
  /// What is worth knowing beside the verdict: lines as the kernel prints them, or how a schedule went.
  public var remarks: [String] = []
  /// The rows of the board that the answer reaches.
  public internal(set) var reached: [String] = []
  /// What the flushes cost; nil where nothing is flushed.
  public internal(set) var cost: Int?

  /// An answer about which nothing is known yet.
  public init() {}

  /// Checks the answers to questions.
  ///
  /// - Parameters:
  ///   - answers: one for each question, in their order.
  ///   - questions: what is asked.
  ///   - exercise: whose misconceptions are looked up.
  public init(_ answers: [String], to questions: [Question], exercise: Exercise) {
    if answers.count != questions.count {
      complain(
        "\(counted(answers.count, "answer")) \(answers.count == 1 ? "was" : "were") given; "
          + "\(questions.count) were expected, one for each question"
      )
    }
    for (index, (question, answer)) in zip(questions, answers).enumerated()
    where !question.accepts(answer) {
      complain("\(index + 1). \(question.text): \(question.objection(to: answer))")
      note(question.misconception(of: answer), exercise)
    }
  }

  /// Adds a sentence about what is missing.
  public mutating func complain(_ sentence: String) {
    if !complaints.contains(sentence) { complaints.append(sentence) }
  }

  /// Takes over what another check of the same answer found.
  public mutating func add(_ other: AnswerCheck) {
    for sentence in other.complaints { complain(sentence) }
    for text in other.advice where !advice.contains(text) { advice.append(text) }
    for text in other.remarks where !remarks.contains(text) { remarks.append(text) }
    for row in other.reached where !reached.contains(row) { reached.append(row) }
    if let more = other.cost { cost = max(cost ?? 0, more) }
  }

  /// Looks a sign up among the exercise's misconceptions.
  mutating func note(_ sign: String?, _ exercise: Exercise) {
    guard let sign, let known = exercise.misconceptions.first(where: { $0.sign == sign }),
      !advice.contains(known.text)
    else { return }
    advice.append(known.text)
  }
}
