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
      answer into your state folder; --check says whether the answer is right. A lesson with several \
      exercises has them as 5.1 and 5.2; 5 alone is the first that is not done. An exercise that asks \
      questions takes the answers on the command line: dmar learn 1 --check 00d0 0010 …

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate], failure: "the answer is not right yet"))
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("Which lesson, or which exercise of it.", valueName: "number"))
  var number: String?

  @Argument(
    help: ArgumentHelp(
      "With --check: the answers to the questions, or the files to check in the place of your own.",
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

  @Flag(help: "Begin the exercise anew: your file goes back to the start.")
  var reset = false

  @Option(help: "Which questions and numbers: a teacher gives each student a seed of their own.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "The folder of your answers and your progress.", valueName: "folder"))
  var folder: String?

  @Option(help: "How to print what is asked for: text or json.")
  var format = Format.text

  func validate() throws {
    if number == nil, check || watch || hint || solution || reset || !answers.isEmpty {
      throw ValidationError("the number of a lesson was expected; dmar learn lists them")
    }
    if folder == "" {
      throw ValidationError("--folder: an empty path; that of a folder was expected")
    }
    if !answers.isEmpty && !check { throw ValidationError("answers go with --check") }
  }

  func run() throws {
    let course = try reportingInputErrors { try CourseFolder.shipped() }
    let progress = LearnProgress(folder: folder)
    guard let number else { return try LessonList(course, progress).print(format) }
    let (entry, part) = try find(number, in: course, progress)
    let following = course.entries.map { $0.lesson.number }.filter { $0 > entry.lesson.number }
      .min()
    var session = LearnSession(
      entry, part, progress, seed: seed, following: following, format: format)
    try reportingInputErrors {
      if reset { try session.reset() }
      if hint { return try session.showHint() }
      if solution { return try session.showSolution() }
      if watch { return try session.watch() }
      if check { return try session.check(answers) }
      try session.show()
    }
  }

  /// The lesson of that number, and which of its exercises is meant.
  private func find(
    _ text: String, in course: CourseFolder, _ progress: LearnProgress
  ) throws -> (CourseFolder.Entry, ExercisePart) {
    guard let name = ExerciseName(text), let entry = course.entry(name.lesson) else {
      let numbers = course.entries.map { "\($0.lesson.number)" }.joined(separator: ", ")
      throw ValidationError("there is no lesson \(text); one of these was expected: \(numbers)")
    }
    let parts = entry.parts
    let wanted =
      name.part.map { number in parts.first { $0.number == number } }
      ?? parts.first { !progress.isDone($0) } ?? parts.first
    guard let wanted else {
      let names = parts.map { "\($0.name)" }.joined(separator: ", ")
      throw ValidationError("there is no exercise \(text); one of these was expected: \(names)")
    }
    return (entry, wanted)
  }
}

/// The lessons, a line each, and the first one that is not done.
struct LessonList {
  private let course: CourseFolder
  private let progress: LearnProgress

  init(_ course: CourseFolder, _ progress: LearnProgress) {
    self.course = course
    self.progress = progress
  }

  func print(_ format: LearnCommand.Format) throws {
    var output = Output()
    switch format {
    case .text:
      for entry in course.entries { output.print(line(entry)) }
      if let next = course.entries.first(where: { !progress.isDone($0) }) {
        output.print("next: dmar learn \(next.lesson.number)")
      }
    case .json:
      output.print(JSONValue.array(course.entries.map(json)).compact)
    }
    try output.flush()
  }

  private func line(_ entry: CourseFolder.Entry) -> String {
    let number = "\(entry.lesson.number)"
    let parts = entry.parts.filter { !$0.exercise.isOptional }
    let count = parts.count { progress.isDone($0) }
    let mark =
      progress.isDone(entry) ? "done" : count > 0 ? "\(count)/\(parts.count) " : "    "
    return "\(number.padded(to: 3))\(mark)  \(entry.lesson.title)"
  }

  private func json(_ entry: CourseFolder.Entry) -> JSONValue {
    .object([
      ("lesson", .count(entry.lesson.number)), ("title", .string(entry.lesson.title)),
      ("done", .boolean(progress.isDone(entry))),
      (
        "exercises",
        .array(
          entry.parts.map { part in
            .object([
              ("exercise", .string("\(part.name)")), ("kind", .string(part.exercise.kind.word)),
              ("optional", .boolean(part.exercise.isOptional)),
              ("done", .boolean(progress.isDone(part))),
            ])
          })
      ),
    ])
  }
}
