internal import Course
internal import Report
internal import ScenarioFormat
internal import Text

/// `exercise`, `check-answer`, `solution`: an exercise of a lesson with the numbers of a seed, whether an
/// answer is right, and the right ones, as `dmar learn` has them.
enum ExerciseOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let question = try CourseQuestion(request)
    return try Failure.ofInput { () throws(InputError) in try shown(question) }
  }

  private static func shown(_ question: CourseQuestion) throws(InputError) -> ModuleAnswer {
    let (part, check) = (question.part, question.check)
    let parts = ExercisePart.all(of: question.lesson, in: part.folder)
    var hints: [JSONValue] = []
    for hint in part.exercise.hints {
      hints.append(
        .string(
          Markdown.html([CourseQuestion.named(try check.filled(hint), of: part, in: parts)])))
    }
    var task: [String] = []
    for line in try check.task() {
      task.append(CourseQuestion.named(line, of: part, in: parts))
    }
    let questions = try check.questions()
    var answer = ModuleAnswer([
      ("name", .string("\(part.name)")), ("kind", .string(part.exercise.kind.word)),
      ("optional", .boolean(part.exercise.isOptional)), ("task", .string(Markdown.html(task))),
      ("hints", .array(hints)),
      ("questions", .array(questions.map { .string($0.text) })),
      ("board", .array(part.exercise.board.map { .string($0.name) })),
    ])
    if let budget = part.exercise.budget { answer.add("budget", .count(budget)) }
    if part.exercise.open != ["steps"] {
      answer.add("only", .array(part.exercise.open.map { .string($0) }))
    }
    if part.exercise.kind == .diagnose {
      answer.add(
        "logs",
        .array(
          try check.logs().logs.map { lines in .string(lines.map { $0 + "\n" }.joined()) }))
    }
    if let file = part.fileName { answer.add("file", .string(file)) }
    if let start = part.startName {
      answer.add("start", .string(try check.text(start)))
      answer.add("path", .string(part.file(start)))
    }
    return answer
  }

  /// Checks `answers` to questions, or the file whose path is `answer`.
  static func check(_ request: Request) throws(Failure) -> ModuleAnswer {
    let question = try CourseQuestion(request)
    let answers = try request.texts("answers")
    let path = try request.text("answer")
    let result = try Failure.ofInput { () throws(InputError) in
      if let path { return try question.check.check(file: path) }
      return try question.check.check(answers: answers)
    }
    var answer = ModuleAnswer([("passed", .boolean(result.isPassed))])
    answer.add("complaints", lines: result.complaints)
    answer.add("advice", lines: result.advice)
    answer.add("remarks", lines: result.remarks)
    answer.add("reached", lines: result.reached)
    if let cost = result.cost { answer.add("cost", .count(cost)) }
    return answer
  }

  /// The right answers to the questions, or each right file with the row of the board that it reaches.
  static func solution(_ request: Request) throws(Failure) -> ModuleAnswer {
    let question = try CourseQuestion(request)
    return try Failure.ofInput { () throws(InputError) in
      let questions = try question.check.questions()
      let texts = questions.isEmpty ? try LessonSolutions(question.check).texts() : []
      return ModuleAnswer([
        ("answers", .array(questions.map { .string($0.answer) })),
        (
          "files",
          .array(
            texts.map { name, text in
              .object([("name", .string(name)), ("text", .string(text))])
            })
        ),
      ])
    }
  }
}
