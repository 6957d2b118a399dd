internal import Machine
internal import Scenario
public import ScenarioFormat
internal import VTdFormats

/// What became of an answer.
public struct AnswerCheck: Sendable {
  /// Whether the exercise is done.
  public var isPassed: Bool { complaints.isEmpty }
  /// What is missing, a sentence each.
  public private(set) var complaints: [String] = []
  /// What the lesson says about such an answer.
  public private(set) var advice: [String] = []

  /// Checks the answers to a seed's questions.
  ///
  /// - Parameters:
  ///   - answers: one for each question, in their order.
  ///   - prediction: what is asked.
  ///   - seed: whose questions they are.
  ///   - lesson: whose misconceptions are looked up.
  public init(_ answers: [String], to prediction: Prediction, seed: UInt64, lesson: Lesson) {
    let questions = prediction.questions(seed: seed)
    if answers.count != questions.count {
      complaints.append(
        "\(answers.count) answers were given; \(questions.count) were expected, one for each question"
      )
    }
    for (index, (question, answer)) in zip(questions, answers).enumerated()
    where !question.accepts(answer) {
      complaints.append("\(index + 1). \(question.text): \"\(answer)\" is not it")
      note(question.misconception(of: answer), lesson)
    }
  }

  /// Checks a scenario against a goal.
  ///
  /// - Parameters:
  ///   - answer: the student's scenario.
  ///   - goal: a scenario whose steps come after the answer's, and whose expectations hold then.
  ///   - changes: how many values differ from the start.
  ///   - lesson: its budget and its misconceptions.
  /// - Throws: `InputError` where the answer cannot be run.
  public init(
    _ answer: ScenarioDescription, goal: ScenarioDescription, changes: Int, lesson: Lesson
  ) throws {
    if let budget = lesson.exercise.budget, changes > budget {
      complaints.append("\(changes) values differ from the start; at most \(budget) may")
    }
    var scenario = answer
    scenario.isAbstract = false
    scenario.steps += goal.steps
    scenario.expectation = goal.expectation
    switch try ScenarioRun.run(scenario) {
    case .skipped(let reason): complaints.append(reason)
    case .finished(let run):
      complaints += Verdict(of: run, against: goal.expectation).mismatches.map { $0.sentence }
      if !isPassed {
        for record in run.machine.faultRecords {
          let code = String(record.reason.rawValue, radix: 16)
          note("reason 0x" + (code.count < 2 ? "0" : "") + code, lesson)
        }
        if run.machine.faultRecords.isEmpty { note("no fault", lesson) }
      }
    }
  }

  private mutating func note(_ sign: String?, _ lesson: Lesson) {
    guard let sign, let known = lesson.misconceptions.first(where: { $0.sign == sign }),
      !advice.contains(known.text)
    else { return }
    advice.append(known.text)
  }
}
