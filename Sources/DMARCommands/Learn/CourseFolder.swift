internal import Course
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// The lessons that came with the program.
struct CourseFolder {
  /// A lesson with the folder that holds its files.
  struct Entry {
    let lesson: Lesson
    let folder: String

    /// Its exercises with their files.
    var parts: [ExercisePart] { ExercisePart.all(of: lesson, in: folder) }
  }

  /// In the order of their numbers.
  let entries: [Entry]

  /// Reads all lessons of a folder: each has one of its own, with `lesson.md`.
  ///
  /// - Throws: `InputError` where a lesson cannot be read.
  init(_ folder: String) throws(InputError) {
    var entries: [Entry] = []
    for path in try LessonFiles.folders(below: folder) { entries.append(try Self.entry(path)) }
    self.entries = entries.sorted { $0.lesson.number < $1.lesson.number }
  }

  /// The lessons that came with the program.
  ///
  /// - Throws: `InputError` where they are not there or cannot be read.
  static func shipped() throws(InputError) -> CourseFolder {
    guard let library = ScenarioPath.shipped else {
      throw InputError(
        .notFound, at: Place(whole: "share/dmar/Configs/course"),
        "the course did not come with the program, which stands alone; `make install`, the packages and the tar "
          + "have it")
    }
    return try CourseFolder(library + "/course")
  }

  static func entry(_ folder: String) throws(InputError) -> Entry {
    let path = folder + "/lesson.md"
    return Entry(lesson: try Lesson(reading: try Files.text(at: path), file: path), folder: folder)
  }

  /// The lesson with a number.
  func entry(_ number: Int) -> Entry? { entries.first { $0.lesson.number == number } }
}

/// Folders with a `lesson.md`, and the files of a folder.
enum LessonFiles {
  /// The folders right below one, sorted.
  ///
  /// - Throws: `InputError` where the folder cannot be read.
  static func folders(below folder: String) throws(InputError) -> [String] {
    try names(in: folder).map { "\(folder)/\($0)" }
      .filter { access($0 + "/lesson.md", F_OK) == 0 }
  }

  /// The names in a folder, sorted, without those that begin with a dot.
  ///
  /// - Throws: `InputError` where the folder cannot be read.
  static func names(in folder: String) throws(InputError) -> [String] {
    guard let names = Folder.names(folder) else {
      throw InputError(.notFound, at: Place(whole: folder), String(cString: strerror(errno)))
    }
    return names.filter { !$0.hasPrefix(".") }
  }
}

extension CourseFiles {
  /// The machine's disk.
  static var host: CourseFiles {
    CourseFiles(
      source: .host, library: ScenarioPath.shipped,
      names: { (folder) throws(InputError) in try LessonFiles.names(in: folder) })
  }
}

extension ExerciseCheck {
  /// Checks the answers to an exercise whose files lie on the machine's disk.
  init(_ part: ExercisePart, seed: UInt64) { self.init(part, seed: seed, files: .host) }

  /// Checks a file, or the folder of a Swift package.
  ///
  /// - Throws: `InputError` where it cannot be read or run.
  func check(path: String) throws(InputError) -> AnswerCheck {
    part.exercise.kind == .code ? CodeExercise(part).check(path) : try check(file: path)
  }
}
