internal import Course
internal import ScenarioFormat
internal import Text

/// A question about an exercise: `folder` of its lesson, `exercise` from 1, `seed`, and `files` with all that
/// lies in the folder.
struct CourseQuestion {
  let lesson: Lesson
  let part: ExercisePart
  let check: ExerciseCheck

  init(_ request: Request) throws(Failure) {
    let folder = try request.wanted("folder")
    let number = try request.number("exercise") ?? 1
    let seed = try Self.seed(request)
    let files = try PageFiles(request.value("files"))
    let path = folder + "/lesson.md"
    guard let text = files.text(path) else {
      throw Failure("\"files\" has no \"\(path)\", which was expected")
    }
    let lesson = try Failure.ofInput { () throws(InputError) in
      try Lesson(reading: text, file: path)
    }
    let parts = ExercisePart.all(of: lesson, in: folder)
    guard let part = parts.first(where: { $0.number == number }) else {
      throw Failure(
        "lesson \(lesson.number) has no exercise \(number); 1 to \(parts.count) was expected")
    }
    self.lesson = lesson
    self.part = part
    check = ExerciseCheck(part, seed: seed, files: files.course)
  }

  /// The seed, as a number or as a text. JavaScript's numbers are exact up to 53 bits only, so a
  /// page sends a larger seed as a text.
  private static func seed(_ request: Request) throws(Failure) -> UInt64 {
    switch request.value("seed") {
    case nil: return 1
    case .unsigned(let number): return number
    case .string(let text):
      if let number = UInt64(text) { return number }
    default: break
    }
    throw Failure("\"seed\" is not a number; 0 or a higher one was expected")
  }

  /// A line of the lesson with the student's files in the place of what the text calls them; in the text
  /// they are those of the first exercise that has a file.
  static func named(_ line: String, of part: ExercisePart, in parts: [ExercisePart]) -> String {
    let file = part.fileName ?? parts.lazy.compactMap { $0.fileName }.first
    return StudentNames.replacing(
      StudentNames.log, by: part.logName,
      in: StudentNames.replacing(
        StudentNames.file, by: file ?? StudentNames.file, in: line))
  }
}

extension PageFiles {
  /// The files as those of lessons.
  var course: CourseFiles {
    CourseFiles(
      source: source, library: "",
      names: { (folder) throws(InputError) in
        let prefix = Array((folder + "/").utf8)
        return files.filter { file in
          let rest = file.path.utf8.dropFirst(prefix.count)
          return file.path.utf8.starts(with: prefix) && !rest.contains(UInt8(ascii: "/"))
        }.map { String($0.path.dropFirst(folder.count + 1)) }.sorted()
      })
  }
}
