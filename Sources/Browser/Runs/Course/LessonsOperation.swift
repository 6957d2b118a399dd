internal import Course
internal import Report
internal import ScenarioFormat
internal import Text

/// `lessons`: the lessons of a course, their texts drawn.
enum LessonsOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
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
    return ModuleAnswer([("lessons", .array(lessons.map { $0.1 }))])
  }

  /// A lesson; what its exercises ask follows from a seed, and operation `exercise` says it.
  private static func json(_ lesson: Lesson, folder: String) -> JSONValue {
    let parts = ExercisePart.all(of: lesson, in: folder)
    let text = lesson.text.map { line in
      parts.first.map { CourseQuestion.named(line, of: $0, in: parts) } ?? line
    }
    return .object([
      ("number", .count(lesson.number)), ("title", .string(lesson.title)),
      ("folder", .string(folder)), ("html", .string(Markdown.html(text))),
      (
        "exercises",
        .array(
          parts.map { part in
            .object([
              ("name", .string("\(part.name)")), ("kind", .string(part.exercise.kind.word)),
              ("optional", .boolean(part.exercise.isOptional)),
            ])
          })
      ),
    ])
  }
}
