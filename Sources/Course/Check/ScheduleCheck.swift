internal import Lockdep

/// A lock program in a file: words separated by blanks or line ends, with comments after `#`.
public struct LockText: Sendable {
  /// The words without the comments, as `dmar lockcheck --program` takes them.
  public let program: String

  /// The program of a file's text.
  public init(_ text: String) {
    var words: [String] = []
    for line in TextLines.of(text) {
      let end = line.firstIndex(of: "#") ?? line.endIndex
      for word in line[..<end].split(whereSeparator: { $0 == " " || $0 == "\t" }) {
        words.append(String(word))
      }
    }
    program = words.joined(separator: " ")
  }

  var words: [String] { program.split(separator: " ").map { String($0) } }
}

extension AnswerCheck {
  /// How many states the search through all orders may visit before it gives up.
  private static let bound = 200_000

  /// Checks a lock program.
  ///
  /// - Parameters:
  ///   - answer: the student's file.
  ///   - start: the exercise's file.
  ///   - schedule: whether a deadlock is to be reached or to be made impossible.
  ///   - exercise: its budget, its board and its misconceptions.
  public init(
    _ answer: LockText, start: LockText, schedule: Exercise.Schedule, exercise: Exercise
  ) {
    self.init()
    let program: LockProgram
    let before: LockProgram
    do throws(LockProgramError) {
      before = try LockProgram(parsing: start.program)
      program = try LockProgram(parsing: answer.program)
    } catch {
      complain("in the lock program, \(error)")
      return
    }
    switch schedule {
    case .reach: reach(program, before, exercise)
    case .avoid: avoid(program, before, answer.words, start.words, exercise)
    }
  }

  // MARK: Reach

  private mutating func reach(_ program: LockProgram, _ before: LockProgram, _ exercise: Exercise) {
    let names = Self.names(program, before)
    for name in names where Self.words(of: name, program) != Self.words(of: name, before) {
      complain(
        "\(name) does \(Self.shown(Self.words(of: name, program))); "
          + "\(Self.shown(Self.words(of: name, before))) was expected: who comes when is yours to say, "
          + "what each does is not")
      note("changed", exercise)
    }
    if !isPassed { return }
    switch LockExplorer(program).play() {
    case .deadlock(let schedule): remarks += schedule.lines(of: program)
    case .finished(let events):
      complain("everybody came to an end: no deadlock in this order")
      remarks += LockExplorer.lines(of: events, in: program)
      note("finished", exercise)
    case .impossible(let step, let events):
      let name = program.threads[step.thread].name
      complain(
        "the word \(step.text) at column \(step.column) cannot come then: \(name) does not run there"
      )
      remarks += LockExplorer.lines(of: events, in: program)
      note("impossible", exercise)
    case .unsupported(let step): complain("\(step.text) has no model of its waiting")
    }
  }

  // MARK: Avoid

  private mutating func avoid(
    _ program: LockProgram, _ before: LockProgram, _ words: [String], _ old: [String],
    _ exercise: Exercise
  ) {
    let distance = ValueDistance.between(old, words)
    if let budget = exercise.budget, distance > budget {
      complain("\(distance) words differ from the start; at most \(budget) may")
    }
    let rows = exercise.board.filter { Self.isCured(by: $0, program, before) }
    // The words that a cure on the board removes may be missing; all others must still be there.
    let spared = rows.compactMap { $0.sign.hasPrefix("-") ? String($0.sign.dropFirst()) : nil }
    for name in Self.names(before, before) {
      let had = Self.locks(of: name, before)
      let has = Self.locks(of: name, program)
      for lock in had where !has.contains(lock) && !spared.contains("\(name) L(\(lock))") {
        complain("\(name) no longer takes \(lock)")
        note("no longer taken", exercise)
      }
    }
    search(program, exercise)
    let runner = LockProgramRunner(
      program, configuration: LockdepConfiguration(rawNesting: false), readsAreRecursive: false,
      symbols: ProgramSymbols(function: "program"))
    for report in runner.run().reports {
      complain("the lock validator reports: \(report.title)")
      note("reported", exercise)
    }
    if isPassed, !exercise.board.isEmpty {
      reached = rows.map { $0.name }
      if reached.isEmpty { complain("it works, by none of the ways that are asked for") }
    }
  }

  private mutating func search(_ program: LockProgram, _ exercise: Exercise) {
    switch LockExplorer(program).search(bound: Self.bound) {
    case .none(let states): remarks.append("no deadlock in any order (\(states) states)")
    case .deadlock(let schedule, _):
      complain("it still comes to a deadlock in this order")
      remarks += schedule.lines(of: program)
      note("deadlock", exercise)
    case .bounded(let states):
      complain("more than \(states) states: the program is too large to be searched")
    case .unsupported(let step): complain("\(step.text) has no model of its waiting")
    }
  }

  /// Whether the answer added a row's word to its context (`+boot HARDIRQ_DISABLE`) or removed it
  /// (`-hardirq:fault L(K)`).
  private static func isCured(by row: BoardRow, _ program: LockProgram, _ before: LockProgram)
    -> Bool
  {
    let parts = row.sign.dropFirst().split(separator: " ").map { String($0) }
    guard parts.count == 2 else { return false }
    let has = words(of: parts[0], program).contains(parts[1])
    let had = words(of: parts[0], before).contains(parts[1])
    if row.sign.hasPrefix("+") { return has && !had }
    // Taking the same lock by another word does not count as removing it.
    let isTaken = locks(of: parts[0], program).contains { parts[1] == "L(\($0))" }
    return had && !has && !isTaken
  }

  // MARK: Contexts

  /// The contexts of two programs, each once.
  private static func names(_ one: LockProgram, _ other: LockProgram) -> [String] {
    var names: [String] = []
    for thread in one.threads + other.threads where !names.contains(thread.name) {
      names.append(thread.name)
    }
    return names
  }

  private static func words(of name: String, _ program: LockProgram) -> [String] {
    var words: [String] = []
    for (index, thread) in program.threads.enumerated() where thread.name == name {
      words.append("on CPU \(thread.cpu)")
      for step in program.steps where step.thread == index { words.append(step.text) }
    }
    return words
  }

  /// The locks that a context takes, by any of the words that take one.
  private static func locks(of name: String, _ program: LockProgram) -> [String] {
    var locks: [String] = []
    for step in program.steps where program.threads[step.thread].name == name {
      if case .acquire(let object, _) = step.operation { locks.append(object.description) }
    }
    return locks
  }

  private static func shown(_ words: [String]) -> String {
    words.isEmpty ? "nothing" : words.joined(separator: " ")
  }
}
