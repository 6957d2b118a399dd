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
    var parts: [ExercisePart] {
      lesson.exercises.enumerated().map { index, exercise in
        ExercisePart(
          lesson: lesson.number, number: index + 1, of: lesson.exercises.count, exercise: exercise,
          folder: folder)
      }
    }
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
        "the course did not come with the program")
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

/// An exercise of a lesson with its files.
struct ExercisePart {
  /// The lesson's number.
  let lesson: Int
  /// Which of the lesson's exercises it is, from 1.
  let number: Int
  /// How many the lesson has.
  let count: Int
  let exercise: Exercise
  let folder: String

  init(lesson: Int, number: Int, of count: Int, exercise: Exercise, folder: String) {
    self.lesson = lesson
    self.number = number
    self.count = count
    self.exercise = exercise
    self.folder = folder
  }

  /// What it is asked for by: `4`, or `5.2` where the lesson has several.
  var name: ExerciseName {
    ExerciseName(lesson: lesson, part: count == 1 ? nil : number)
  }

  /// A file of the exercise: those of the second one of a lesson begin with `2-`.
  func file(_ name: String) -> String {
    "\(folder)/" + (number == 1 ? "" : "\(number)-") + name
  }

  /// What files of its kind end with.
  var ending: String {
    switch exercise.kind {
    case .schedule: ".locks"
    default: ".yaml"
    }
  }
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
    guard let directory = opendir(folder) else {
      throw InputError(.notFound, at: Place(whole: folder), String(cString: strerror(errno)))
    }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { found.append(name) }
    }
    return found.sorted()
  }
}
