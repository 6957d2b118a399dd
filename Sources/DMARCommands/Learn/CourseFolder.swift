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

    var start: String { folder + "/start.yaml" }
    var goal: String { folder + "/goal.yaml" }
    var solution: String { folder + "/solution.yaml" }
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
  ///
  /// - Throws: `ValidationError`'s kin where there is none: the message lists the numbers.
  func entry(_ number: Int) -> Entry? { entries.first { $0.lesson.number == number } }
}

extension CourseFolder.Entry {
  /// Checks a scenario of a student's.
  ///
  /// - Throws: `InputError` where it cannot be read or run.
  func check(_ path: String) throws -> AnswerCheck {
    let loader = ScenarioLoader(library: ScenarioPath.shipped)
    let start = try loader.tree(of: start)
    let answer = try loader.tree(of: path)
    return try AnswerCheck(
      try answer.scenario(), goal: try loader.load(goal),
      changes: ValueDistance.between(start.root, answer.root), lesson: lesson)
  }

  /// What is wrong with the lesson itself: its solution has to pass, its start has to fail, and each
  /// misconception has to be met by its wrong answer.
  ///
  /// - Throws: `InputError` where a file of it cannot be read.
  func defects() throws -> [Mismatch] {
    let place = Place(whole: folder + "/lesson.md")
    guard case .predict(let prediction) = lesson.exercise.kind else {
      var defects: [Mismatch] = []
      for complaint in try check(solution).complaints {
        defects.append(Mismatch("the solution does not pass: \(complaint)", at: place))
      }
      if try check(start).isPassed {
        defects.append(Mismatch("the start passes already", at: place))
      }
      for misconception in lesson.misconceptions {
        let name = misconception.sign.split { $0 == " " }.joined(separator: "-")
        let wrong = "\(folder)/wrong-\(name).yaml"
        let result = try check(wrong)
        if result.isPassed || !result.advice.contains(misconception.text) {
          defects.append(
            Mismatch("wrong-\(name).yaml does not meet \"\(misconception.sign)\"", at: place))
        }
      }
      return defects
    }
    return defects(of: prediction, place)
  }

  private func defects(of prediction: Prediction, _ place: Place) -> [Mismatch] {
    var defects: [Mismatch] = []
    var met: Set<String> = []
    for seed in UInt64(0)..<20 {
      let questions = prediction.questions(seed: seed)
      let right = questions.map(\.answer)
      if !AnswerCheck(right, to: prediction, seed: seed, lesson: lesson).isPassed {
        defects.append(Mismatch("the right answers of seed \(seed) do not pass", at: place))
      }
      for (index, question) in questions.enumerated() {
        for (sign, answer) in question.wrong where !question.accepts(answer) {
          var answers = right
          answers[index] = answer
          let result = AnswerCheck(answers, to: prediction, seed: seed, lesson: lesson)
          if result.isPassed {
            defects.append(Mismatch("a wrong answer of seed \(seed) passes", at: place))
          }
          if !result.advice.isEmpty { met.insert(sign) }
        }
      }
    }
    for misconception in lesson.misconceptions where !met.contains(misconception.sign) {
      defects.append(Mismatch("no wrong answer meets \"\(misconception.sign)\"", at: place))
    }
    return defects
  }
}

/// Folders with a `lesson.md`.
enum LessonFiles {
  /// The folders right below one, sorted.
  ///
  /// - Throws: `InputError` where the folder cannot be read.
  static func folders(below folder: String) throws(InputError) -> [String] {
    guard let directory = opendir(folder) else {
      throw InputError(.notFound, at: Place(whole: folder), String(cString: strerror(errno)))
    }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      let path = "\(folder)/\(name)"
      if !name.hasPrefix("."), access(path + "/lesson.md", F_OK) == 0 { found.append(path) }
    }
    return found.sorted()
  }
}
