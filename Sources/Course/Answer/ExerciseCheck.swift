internal import Diagnosis
public import Scenario
public import ScenarioFormat

/// Checks answers: it reads the files of an exercise and checks the answer against them.
public struct ExerciseCheck: Sendable {
  /// The exercise.
  public let part: ExercisePart
  /// Whose numbers and questions are asked about.
  public let seed: UInt64
  let files: CourseFiles

  private var exercise: Exercise { part.exercise }

  /// Checks the answers to an exercise.
  ///
  /// - Parameters:
  ///   - part: the exercise.
  ///   - seed: whose numbers and questions are asked about.
  ///   - files: where its files are.
  public init(_ part: ExercisePart, seed: UInt64, files: CourseFiles) {
    self.part = part
    self.seed = seed
    self.files = files
  }

  // MARK: Questions

  /// What is asked; nothing where the answer is a file.
  ///
  /// - Throws: `InputError` where the exercise's scenario cannot be read or run.
  public func questions() throws(InputError) -> [Question] {
    switch exercise.kind {
    case .predict(let prediction):
      guard prediction.isAboutRun else { return prediction.questions(seed: seed) }
      return try RunQuestions.questions(prediction, exercise, about: try tree("start.yaml"))
    case .diagnose: return try logs().questions(exercise)
    case .build, .repair, .break, .flush, .schedule, .code, .own: return []
    }
  }

  /// How many logs a student names the causes of.
  private static let logCount = 5

  /// The logs of a diagnose exercise: its folder `cases` has a scenario for each, which is run.
  ///
  /// - Throws: `InputError` where one cannot be read or run.
  public func logs() throws(InputError) -> LogQuestions {
    LogQuestions(try caseLogs().map { $0.lines }, count: Self.logCount, seed: seed)
  }

  /// The log of each case.
  ///
  /// - Throws: `InputError` where a case cannot be read or run.
  public func caseLogs() throws(InputError) -> [(path: String, lines: [String])] {
    var all: [(path: String, lines: [String])] = []
    let folder = part.file("cases")
    for name in try files.names(folder) where name.hasSuffix(".yaml") {
      let path = "\(folder)/\(name)"
      if case .finished(let run) = try ScenarioRun.run(try files.loader.load(path)) {
        all.append((path, run.lines))
      }
    }
    return all
  }

  // MARK: Answers

  /// Checks answers to questions.
  ///
  /// - Parameter answers: one for each question, in their order.
  /// - Throws: `InputError` where the exercise's scenario cannot be read or run.
  public func check(answers: [String]) throws(InputError) -> AnswerCheck {
    AnswerCheck(answers, to: try questions(), exercise: exercise)
  }

  /// Checks a file. An answer in Swift needs Swift, which a terminal has: it is not a file for this.
  ///
  /// - Parameter path: the answer.
  /// - Throws: `InputError` where it cannot be read or run.
  public func check(file path: String) throws(InputError) -> AnswerCheck {
    switch exercise.kind {
    case .predict, .diagnose:
      var result = AnswerCheck()
      result.complain("the exercise asks questions; answers on the command line were expected")
      return result
    case .code:
      var result = AnswerCheck()
      result.complain("the answer is in Swift; dmar learn \(part.name) --check was expected")
      return result
    case .schedule(let schedule):
      return AnswerCheck(
        LockText(try files.source.text(at: path)),
        start: LockText(try files.source.text(at: part.file("start.locks"))),
        schedule: schedule, exercise: exercise)
    case .own:
      let own = OwnLog.log(of: path)
      let log = files.source.isThere(own) ? own : part.file("start.log")
      guard files.source.isThere(path) else {
        var result = AnswerCheck()
        result.complain("there is no scenario yet: dmar import \(log) -o \(path) makes one")
        return result
      }
      return try OwnLog(files).check(path, from: log, exercise)
    case .build, .repair, .break, .flush: return try check(try files.loader.tree(of: path))
    }
  }

  /// Checks a scenario, with other hidden numbers each time.
  ///
  /// - Parameter answer: the student's scenario.
  /// - Throws: `InputError` where it, or a file of the exercise, cannot be read or run.
  public func check(_ answer: ScenarioTree) throws(InputError) -> AnswerCheck {
    let start = try tree("start.yaml")
    let goal = try files.loader.tree(of: part.file("goal.yaml"))
    var result = AnswerCheck()
    for round in 0..<SeededValues.rounds(of: exercise) {
      let values = SeededValues(exercise, seed: seed, round: round)
      let filled = try goal.changed { (root) throws(InputError) in try values.fill(root) }
      result.add(
        try AnswerCheck(answer, start: start, goal: filled.scenario(), exercise: exercise))
      if !result.isPassed { break }
    }
    return result
  }

  // MARK: Files of the exercise

  /// A scenario of the exercise with the numbers of the seed.
  ///
  /// - Parameter name: what it is called, as for ``ExercisePart/file(_:)``.
  /// - Throws: `InputError` where it cannot be read.
  public func tree(_ name: String) throws(InputError) -> ScenarioTree {
    let values = SeededValues(given: exercise, seed: seed)
    return try files.loader.tree(of: part.file(name)).changed { (root) throws(InputError) in
      try values.fill(root)
    }
  }

  /// A text of the exercise with the numbers of the seed.
  ///
  /// - Parameter name: what it is called, as for ``ExercisePart/file(_:)``.
  /// - Throws: `InputError` where it cannot be read.
  public func text(_ name: String) throws(InputError) -> String {
    let path = part.file(name)
    return try SeededValues(given: exercise, seed: seed)
      .fill(try files.source.text(at: path), at: Place(whole: path))
  }

  /// The task with the numbers of the seed.
  ///
  /// - Throws: `InputError` where one of its expressions cannot be computed.
  public func task() throws(InputError) -> [String] {
    try filled(exercise.task.joined(separator: "\n"))
      .split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  /// A text of the lesson with the numbers of the seed.
  ///
  /// - Throws: `InputError` where one of its expressions cannot be computed.
  public func filled(_ line: String) throws(InputError) -> String {
    try SeededValues(given: exercise, seed: seed)
      .fill(line, at: Place(whole: "\(part.folder)/lesson.md"))
  }
}
