internal import ArgumentParser
internal import Course
internal import Glibc
internal import Scenario
internal import ScenarioFormat
import Text

/// A student at an exercise.
struct LearnSession {
  let entry: CourseFolder.Entry
  let part: ExercisePart
  var progress: LearnProgress
  let checker: ExerciseCheck
  let format: LearnCommand.Format
  /// The number of the lesson behind this one; nil for the last one.
  private let following: Int?

  init(
    _ entry: CourseFolder.Entry, _ part: ExercisePart, _ progress: LearnProgress, seed: UInt64,
    following: Int?, format: LearnCommand.Format
  ) {
    self.following = following
    self.entry = entry
    self.part = part
    self.progress = progress
    self.format = format
    checker = ExerciseCheck(part, seed: seed)
  }

  private var files: StudentFiles { StudentFiles(check: checker, progress: progress) }
  private var exercise: Exercise { part.exercise }
  /// How the exercise is named on the command line.
  private var command: String {
    "dmar learn \(part.name)" + (checker.seed == 1 ? "" : " --seed \(checker.seed)")
  }

  /// Begins the exercise anew.
  mutating func reset() throws {
    try progress.reset(part)
    try files.put(overwriting: true)
  }

  // MARK: Hints and solutions

  mutating func showHint() throws {
    var output = Output()
    let hints = exercise.hints
    let index = hints.isEmpty ? 0 : try progress.nextHint(part, of: hints.count)
    let hint = hints.indices.contains(index) ? try checker.filled(hints[index]) : ""
    switch format {
    case .text:
      output.print(
        hints.isEmpty
          ? "this exercise has no hints" : "hint \(index + 1) of \(hints.count): \(hint)")
    case .json:
      output.print(
        JSONValue.object([
          ("exercise", .string("\(part.name)")), ("hint", .count(hints.isEmpty ? 0 : index + 1)),
          ("hints", .count(hints.count)), ("text", .string(hint)),
        ]).compact)
    }
    try output.flush()
  }

  func showSolution() throws {
    var output = Output()
    let questions = try checker.questions()
    let answers = questions.map { $0.answer }
    let texts =
      questions.isEmpty
      ? try LessonSolutions(checker).texts().map { name, text in
        (name: name, text: StudentFiles.moved(text, from: part.folder))
      } : []
    switch format {
    case .text:
      for (index, question) in questions.enumerated() {
        output.print("\(index + 1). \(question.text): \(question.answer)")
      }
      for (name, text) in texts {
        if !name.isEmpty { output.print("# \(name)") }
        output.print(text)
      }
    case .json:
      output.print(
        JSONValue.object([
          ("exercise", .string("\(part.name)")), ("seed", .unsigned(checker.seed)),
          ("answers", .array(answers.map(JSONValue.string))),
          ("files", .array(texts.map { .string($0.text) })),
        ]).compact)
    }
    try output.flush()
  }

  // MARK: Checking

  /// What comes after an exercise that is done; nil behind the last one.
  private var next: String? {
    let seed = checker.seed == 1 ? "" : " --seed \(checker.seed)"
    if part.number < part.count {
      return "  next: dmar learn \(part.lesson).\(part.number + 1)\(seed)"
    }
    return following.map { "  next: dmar learn \($0)\(seed)" }
  }

  /// How to begin the next answer of a board, each of which is a change of the start.
  private var again: String? {
    exercise.kind.asksQuestions ? nil : "  \(command) --reset gives the start back for the next one"
  }

  mutating func check(_ answers: [String]) throws {
    try report(try result(answers))
  }

  private func result(_ answers: [String]) throws -> AnswerCheck {
    if exercise.kind.asksQuestions { return try checker.check(answers: answers) }
    if answers.count > 1, exercise.board.isEmpty {
      throw ValidationError("\(answers.count) files were given; one was expected")
    }
    if answers.isEmpty {
      try files.put(overwriting: false)
      return try checker.check(path: progress.answer(part))
    }
    var result = AnswerCheck()
    for path in answers {
      var one = try checker.check(path: path)
      if answers.count > 1, !one.isPassed {
        var named = AnswerCheck()
        for sentence in one.complaints { named.complain("\(path): \(sentence)") }
        one = named
      }
      result.add(one)
    }
    return result
  }

  /// Prints a result, keeps what was reached, and ends with 1 where the answer is wrong.
  private mutating func report(_ result: AnswerCheck) throws {
    if result.isPassed { try progress.finish(part, reaching: result.reached) }
    let rows = exercise.board.map { $0.name }
    let reached = progress.rows(part)
    let isDone = result.isPassed && progress.isDone(part)
    var output = Output()
    switch format {
    case .text:
      for remark in result.remarks { output.print("  \(remark)") }
      if result.isPassed {
        if !rows.isEmpty {
          output.print("reached: \(result.reached.joined(separator: ", "))")
          output.print(
            "  " + rows.map { reached.contains($0) ? "[\($0)]" : " \($0) " }.joined(separator: " "))
        }
        output.print(
          isDone
            ? "right: \(part.count == 1 ? "lesson" : "exercise") \(part.name) is done"
            : "right: \(rows.count { !reached.contains($0) }) of \(rows.count) are left")
        if let next = isDone ? next : again { output.print(next) }
      }
      for complaint in result.complaints { output.print("not yet: \(complaint)") }
      for advice in result.advice { output.print("  \(advice)") }
    case .json: output.print(json(result, isDone, rows, reached).compact)
    }
    try output.flush()
    if !result.isPassed { throw ExitStatus.expectationNotMet.code }
  }

  private func json(
    _ result: AnswerCheck, _ isDone: Bool, _ rows: [String], _ reached: Set<String>
  ) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("lesson", .count(part.lesson)), ("exercise", .string("\(part.name)")),
      ("kind", .string(exercise.kind.word)), ("seed", .unsigned(checker.seed)),
      ("passed", .boolean(result.isPassed)), ("done", .boolean(isDone)),
      ("complaints", .array(result.complaints.map(JSONValue.string))),
      ("advice", .array(result.advice.map(JSONValue.string))),
      ("remarks", .array(result.remarks.map(JSONValue.string))),
    ]
    if !rows.isEmpty {
      members.append(("reached", .array(result.reached.map(JSONValue.string))))
      members.append(
        ("left", .array(rows.filter { !reached.contains($0) }.map(JSONValue.string))))
    }
    if let cost = result.cost { members.append(("cost", .count(cost))) }
    return .object(members)
  }

  // MARK: Watching

  /// Checks at each save, three times a second. An answer that cannot be read is told like one that
  /// is wrong. A board goes on until all of its rows are reached.
  mutating func watch() throws {
    guard !exercise.kind.asksQuestions, let file = files.file else {
      throw ValidationError("this exercise asks questions; answer them with --check")
    }
    try files.put(overwriting: false)
    StandardError.print("watching \(file)")
    var last: (Int, Int)?
    while true {
      var status = stat()
      let now = stat(file, &status) == 0 ? (status.st_mtim.tv_sec, status.st_mtim.tv_nsec) : (0, 0)
      if last == nil || last ?? (0, 0) != now {
        last = now
        do {
          try report(try checker.check(path: progress.answer(part)))
          if progress.isDone(part) { return }
        } catch let error as InputError {
          StandardError.print("\(error)")
        } catch let error as ExitCode {
          if error != ExitStatus.expectationNotMet.code { throw error }
        }
      }
      usleep(300_000)
    }
  }

  // MARK: The lesson

  /// Shows the lesson's text and its exercises.
  func show() throws {
    let view = LessonView(entry, part, progress, checker)
    var output = Output()
    switch format {
    case .text: for line in try view.lines() { output.print(line) }
    case .json: output.print(try view.json().compact)
    }
    try output.flush()
  }
}
