internal import Course
internal import Diagnosis
internal import Scenario
internal import ScenarioFormat

/// What is wrong with a lesson itself: each solution has to pass and each start to fail, a spoilt
/// solution too, and each misconception has to be met by its wrong answer.
struct LessonDefects {
  private let part: ExercisePart
  private(set) var mismatches: [Mismatch] = []

  /// Seeds whose exercises are tried.
  private static let seeds: [UInt64] = [1, 2, 3]

  /// Tries an exercise.
  ///
  /// - Throws: `InputError` where a file of it cannot be read or run.
  init(of part: ExercisePart) throws(InputError) {
    self.part = part
    let first = ExerciseCheck(part, seed: 1)
    // What cannot be filled in is an error of the lesson.
    _ = try first.task()
    for hint in part.exercise.hints { _ = try first.filled(hint) }
    switch part.exercise.kind {
    case .predict, .diagnose: try tryQuestions()
    // `swift test` of a package takes minutes: the tests of the program hold its parts together.
    case .code: break
    case .own: try tryOwn()
    default:
      for seed in part.exercise.given.isEmpty ? [1] : Self.seeds {
        let check = ExerciseCheck(part, seed: seed)
        try trySolutions(check)
        try tryWrong(check)
        try tryMutations(check)
      }
    }
  }

  private mutating func note(_ sentence: String) {
    mismatches.append(
      Mismatch("\(part.name): \(sentence)", at: Place(whole: part.folder + "/lesson.md")))
  }

  // MARK: Files

  private func check(_ name: String, _ check: ExerciseCheck) throws(InputError) -> AnswerCheck {
    if case .schedule = part.exercise.kind { return try check.check(file: part.file(name)) }
    return try check.check(try check.tree(name))
  }

  private mutating func trySolutions(_ check: ExerciseCheck) throws(InputError) {
    if try self.check("start" + part.ending, check).isPassed { note("the start passes already") }
    let solutions = LessonSolutions(check)
    let rows: [BoardRow?] = part.exercise.board.isEmpty ? [nil] : part.exercise.board.map { $0 }
    for row in rows {
      let name = solutions.name(row)
      let result = try self.check(name, check)
      for complaint in result.complaints { note("\(name) does not pass: \(complaint)") }
      if let row, !result.reached.contains(row.name) { note("\(name) does not reach \(row.name)") }
      if let best = part.exercise.best, result.isPassed, result.cost != best {
        note("\(name) costs \(result.cost ?? 0), and the best is said to be \(best)")
      }
    }
  }

  private mutating func tryWrong(_ check: ExerciseCheck) throws(InputError) {
    for misconception in part.exercise.misconceptions {
      let name =
        "wrong-" + misconception.sign.split { $0 == " " }.joined(separator: "-") + part.ending
      let result = try self.check(name, check)
      if result.isPassed || !result.advice.contains(misconception.text) {
        note("\(name) does not meet \"\(misconception.sign)\"")
      }
    }
  }

  /// Checks that the goal rejects each mutation of the solution. An exercise with a board accepts
  /// any answer that reaches a row, so it is left out.
  private mutating func tryMutations(_ check: ExerciseCheck) throws(InputError) {
    guard part.exercise.board.isEmpty, part.ending == ".yaml" else { return }
    let solution = try check.tree("solution.yaml")
    let start = try check.tree("start.yaml")
    for mutation in Mutation.all(
      of: solution.root, from: start.root, loose: part.exercise.loose)
    {
      let tree = try solution.changed { (_) throws(InputError) in mutation.root }
      do throws(InputError) {
        if try check.check(tree).isPassed { note("a spoilt solution passes: \(mutation.text)") }
      } catch {
        // The mutation cannot be read or run, so the goal does not accept it.
      }
    }
  }

  // MARK: Questions

  private var questionSeeds: Range<UInt64> {
    if case .predict(let prediction) = part.exercise.kind, !prediction.isAboutRun { return 0..<20 }
    if part.exercise.kind == .diagnose { return 1..<7 }
    // Questions about a run take longer, so fewer seeds are tried.
    return part.exercise.given.isEmpty ? 1..<2 : 1..<13
  }

  private mutating func tryQuestions() throws(InputError) {
    var met: Set<String> = []
    for seed in questionSeeds {
      let questions = try ExerciseCheck(part, seed: seed).questions()
      let right = questions.map { $0.answer }
      if questions.isEmpty { note("seed \(seed) has no questions") }
      for answer in right where answer == "none" || answer.isEmpty {
        note("a question of seed \(seed) has no answer")
      }
      if !AnswerCheck(right, to: questions, exercise: part.exercise).isPassed {
        note("the right answers of seed \(seed) do not pass")
      }
      for (index, question) in questions.enumerated() {
        for (sign, answer) in question.wrong where !question.accepts(answer) {
          var answers = right
          answers[index] = answer
          let result = AnswerCheck(answers, to: questions, exercise: part.exercise)
          if result.isPassed { note("a wrong answer of seed \(seed) passes") }
          if !result.advice.isEmpty { met.insert(sign) }
        }
      }
    }
    for misconception in part.exercise.misconceptions where !met.contains(misconception.sign) {
      note("no wrong answer meets \"\(misconception.sign)\"")
    }
  }

  // MARK: The student's own log

  private mutating func tryOwn() throws(InputError) {
    let check = ExerciseCheck(part, seed: 1)
    for complaint in try check.check(file: part.file("solution.yaml")).complaints {
      note("solution.yaml does not pass: \(complaint)")
    }
    for misconception in part.exercise.misconceptions {
      let name = "wrong-" + misconception.sign.split { $0 == " " }.joined(separator: "-") + ".yaml"
      let result = try check.check(file: part.file(name))
      if result.isPassed || !result.advice.contains(misconception.text) {
        note("\(name) does not meet \"\(misconception.sign)\"")
      }
    }
  }
}
