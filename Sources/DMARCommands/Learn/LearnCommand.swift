internal import ArgumentParser
internal import Course
internal import Glibc
internal import Scenario
internal import ScenarioFormat
import Text

/// `dmar learn`: the course.
struct LearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learn",
    abstract: "Learn how an IOMMU works: lessons to read, try and solve.",
    discussion: """
      Without a number it lists the lessons. With one it shows the lesson and puts a file for your \
      answer into your state folder; --check says whether the answer is right. An exercise that asks \
      questions takes the answers on the command line: dmar learn 1 --check 00d0 0010 …

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate], failure: "the answer is not right yet"))
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("Which lesson.", valueName: "number"))
  var number: Int?

  @Argument(
    help: ArgumentHelp(
      "With --check: the answers to the questions, or the file to check in the place of your own.",
      valueName: "answer"))
  var answers: [String] = []

  @Flag(help: "Check the answer.")
  var check = false

  @Flag(help: "Check the answer each time its file is saved, until it is right.")
  var watch = false

  @Flag(help: "Show the next hint.")
  var hint = false

  @Flag(help: "Show a solution.")
  var solution = false

  @Flag(help: "Begin the lesson anew: your file goes back to the start.")
  var reset = false

  @Option(help: "Which questions: a teacher gives each student a number of their own.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "The folder of your answers and your progress.", valueName: "folder"))
  var folder: String?

  @Option(help: "How to print the list and the result of --check: text or json.")
  var format = Format.text

  func validate() throws {
    if number == nil, check || watch || hint || solution || reset || !answers.isEmpty {
      throw ValidationError("the number of a lesson was expected; dmar learn lists them")
    }
    if !answers.isEmpty && !check { throw ValidationError("answers go with --check") }
  }

  func run() throws {
    let course = try reportingInputErrors { try CourseFolder.shipped() }
    var progress = LearnProgress(folder: folder)
    guard let number else { return try list(course, progress) }
    guard let entry = course.entry(number) else {
      let numbers = course.entries.map { "\($0.lesson.number)" }.joined(separator: ", ")
      throw ValidationError("there is no lesson \(number); one of these was expected: \(numbers)")
    }
    if reset {
      try progress.reset(number)
      try putStart(entry, progress, overwriting: true)
    }
    if hint { return try showHint(entry, &progress) }
    if solution { return try showSolution(entry) }
    if watch { return try watch(entry, &progress) }
    if check { return try report(try result(entry, progress), entry, &progress) }
    try show(entry, progress)
  }

  // MARK: Reading

  private func list(_ course: CourseFolder, _ progress: LearnProgress) throws {
    var output = Output()
    switch format {
    case .text:
      for entry in course.entries {
        let number = "\(entry.lesson.number)"
        let mark = progress.done.contains(entry.lesson.number) ? "done" : "    "
        output.print("\(number.padded(to: 3))\(mark)  \(entry.lesson.title)")
      }
    case .json:
      output.print(
        JSONValue.array(
          course.entries.map { entry in
            .object([
              ("lesson", .count(entry.lesson.number)), ("title", .string(entry.lesson.title)),
              ("kind", .string(entry.lesson.exercise.kind.word)),
              ("done", .boolean(progress.done.contains(entry.lesson.number))),
            ])
          }
        ).compact)
    }
    try output.flush()
  }

  private func show(_ entry: CourseFolder.Entry, _ progress: LearnProgress) throws {
    var output = Output()
    let lesson = entry.lesson
    output.print("\(lesson.number). \(lesson.title)\n")
    for line in lesson.text { output.print(line) }
    output.print("\nExercise")
    for line in lesson.exercise.task { output.print(line) }
    if let budget = lesson.exercise.budget {
      output.print("At most \(budget) \(budget == 1 ? "value" : "values") may change.")
    }
    if case .predict(let prediction) = lesson.exercise.kind {
      for (index, question) in prediction.questions(seed: seed).enumerated() {
        output.print("  \(index + 1). \(question.text)")
      }
      let option = seed == 1 ? "" : " --seed \(seed)"
      output.print("\nAnswer with: dmar learn \(lesson.number)\(option) --check ANSWER ANSWER …")
    } else {
      try putStart(entry, progress, overwriting: false)
      output.print(
        "\nYour file: \(progress.answer(lesson.number))\nRun it with dmar replay, and check it with "
          + "dmar learn \(lesson.number) --check")
    }
    try output.flush()
  }

  private func putStart(
    _ entry: CourseFolder.Entry, _ progress: LearnProgress, overwriting: Bool
  ) throws {
    if case .predict = entry.lesson.exercise.kind { return }
    let path = progress.answer(entry.lesson.number)
    if !overwriting && access(path, F_OK) == 0 { return }
    try progress.makeFolder()
    try OutputFile.write(Self.moved(try Files.text(at: entry.start)), to: path)
  }

  /// A scenario of a lesson as it reads in another folder: what it extends is found among those that
  /// came with the program.
  private static func moved(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
      if line.hasPrefix("# yaml-language-server:") { return String?.none }
      let key = "extends: ../"
      return line.hasPrefix(key) ? "extends: course/" + line.dropFirst(key.count) : String(line)
    }
    return lines.joined(separator: "\n")
  }

  private func showHint(_ entry: CourseFolder.Entry, _ progress: inout LearnProgress) throws {
    var output = Output()
    let hints = entry.lesson.hints
    if hints.isEmpty {
      output.print("this lesson has no hints")
    } else {
      let index = try progress.nextHint(entry.lesson.number, of: hints.count)
      output.print("hint \(index + 1) of \(hints.count): \(hints[index])")
    }
    try output.flush()
  }

  private func showSolution(_ entry: CourseFolder.Entry) throws {
    var output = Output()
    if case .predict(let prediction) = entry.lesson.exercise.kind {
      for (index, question) in prediction.questions(seed: seed).enumerated() {
        output.print("\(index + 1). \(question.text): \(question.answer)")
      }
    } else {
      output.print(Self.moved(try reportingInputErrors { try Files.text(at: entry.solution) }))
    }
    try output.flush()
  }

  // MARK: Checking

  private func result(_ entry: CourseFolder.Entry, _ progress: LearnProgress) throws -> AnswerCheck
  {
    if case .predict(let prediction) = entry.lesson.exercise.kind {
      return AnswerCheck(answers, to: prediction, seed: seed, lesson: entry.lesson)
    }
    if answers.count > 1 {
      throw ValidationError("\(answers.count) files were given; one was expected")
    }
    let path = answers.first ?? progress.answer(entry.lesson.number)
    return try reportingInputErrors { try entry.check(path) }
  }

  private func report(
    _ result: AnswerCheck, _ entry: CourseFolder.Entry, _ progress: inout LearnProgress
  ) throws {
    var output = Output()
    switch format {
    case .text:
      if result.isPassed { output.print("right: lesson \(entry.lesson.number) is done") }
      for complaint in result.complaints { output.print("not yet: \(complaint)") }
      for advice in result.advice { output.print("  \(advice)") }
    case .json:
      output.print(
        JSONValue.object([
          ("lesson", .count(entry.lesson.number)), ("seed", .unsigned(seed)),
          ("passed", .boolean(result.isPassed)),
          ("complaints", .array(result.complaints.map(JSONValue.string))),
          ("advice", .array(result.advice.map(JSONValue.string))),
        ]).compact)
    }
    try output.flush()
    if result.isPassed {
      try progress.finish(entry.lesson.number)
    } else {
      throw ExitStatus.expectationNotMet.code
    }
  }

  /// Checks at each save, three times a second. An answer that cannot be read is told like one that
  /// is wrong.
  private func watch(_ entry: CourseFolder.Entry, _ progress: inout LearnProgress) throws {
    if case .predict = entry.lesson.exercise.kind {
      throw ValidationError("this lesson asks questions; answer them with --check")
    }
    try putStart(entry, progress, overwriting: false)
    let path = progress.answer(entry.lesson.number)
    var last: (Int, Int)?
    while true {
      var status = stat()
      let now = stat(path, &status) == 0 ? (status.st_mtim.tv_sec, status.st_mtim.tv_nsec) : (0, 0)
      if last == nil || last ?? (0, 0) != now {
        last = now
        do {
          let result = try entry.check(path)
          if result.isPassed { return try report(result, entry, &progress) }
          for complaint in result.complaints { StandardError.print("not yet: \(complaint)") }
          for advice in result.advice { StandardError.print("  \(advice)") }
        } catch let error as InputError {
          StandardError.print("\(error)")
        }
      }
      usleep(300_000)
    }
  }
}
