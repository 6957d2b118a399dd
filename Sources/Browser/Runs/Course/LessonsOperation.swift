internal import Course
internal import Report
internal import ScenarioFormat
internal import Text

/// `lessons`: the lessons of a course, their texts drawn.
enum LessonsOperation {
  static func answer(_ request: Request) throws(Failure) -> Answer {
    let files = try PageFiles(request.value("files"))
    var lessons: [(number: Int, JSONValue)] = []
    for file in files.files where file.path.hasSuffix("/lesson.md") {
      guard let text = files.text(file.path) else { continue }
      let lesson = try Failure.ofInput { () throws(InputError) in
        try Lesson(reading: text, file: file.path)
      }
      lessons.append((lesson.number, json(lesson, folder: String(file.path.dropLast(10)))))
    }
    lessons.sort { $0.number < $1.number }
    return Answer([("lessons", .array(lessons.map { $0.1 }))])
  }

  /// A lesson with its exercises; members of the first one stand beside the lesson's own.
  private static func json(_ lesson: Lesson, folder: String) -> JSONValue {
    let members: [(String, JSONValue)] = [
      ("number", .count(lesson.number)), ("title", .string(lesson.title)),
      ("folder", .string(folder)), ("html", .string(Markdown.html(lesson.text))),
    ]
    let exercises = lesson.exercises.enumerated().map { index, exercise in
      self.members(
        of: exercise, start: folder + (index == 0 ? "/" : "/\(index + 1)-") + "start.yaml")
    }
    return .object(
      members + (exercises.first ?? []) + [("exercises", .array(exercises.map { .object($0) }))])
  }

  private static func members(of exercise: Exercise, start: String) -> [(String, JSONValue)] {
    var members: [(String, JSONValue)] = [
      ("kind", .string(exercise.kind.word)), ("task", .string(Markdown.html(exercise.task))),
      ("hints", .array(exercise.hints.map { .string(Markdown.html([$0])) })),
    ]
    if let budget = exercise.budget { members.append(("budget", .count(budget))) }
    if !exercise.kind.asksQuestions { members.append(("start", .string(start))) }
    return members
  }
}
