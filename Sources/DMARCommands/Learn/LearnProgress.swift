internal import Course
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// What a student has done: a folder of their own with a file for each answer and one for progress.
struct LearnProgress {
  /// The folder: `$XDG_STATE_HOME/dmar/course`, or `~/.local/state/dmar/course`.
  let folder: String
  /// The exercises that are done, by lesson and number.
  private var done: Set<String> = []
  /// How many hints were shown, by exercise.
  private var hints: [String: Int] = [:]
  /// The rows of boards that were reached, by exercise.
  private var reached: [String: Set<String>] = [:]

  private var file: String { folder + "/progress" }

  /// Reads the progress; a student who has none yet begins with nothing done.
  init(folder: String?) {
    self.folder = folder ?? Self.usual
    // What is not there, or is not a progress file, is a fresh start.
    let text = (try? Files.text(at: file)) ?? ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map { String($0) }
      guard words.count >= 2, let name = ExerciseName(words[1]) else { continue }
      let key = Self.key(name.lesson, name.part ?? 1)
      switch words[0] {
      case "done": done.insert(key)
      case "hints": hints[key] = words.count > 2 ? Int(words[2]) ?? 0 : 0
      case "reached": reached[key, default: []].formUnion(words.dropFirst(2))
      default: continue
      }
    }
  }

  private static var usual: String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let state = variable("XDG_STATE_HOME") ?? (variable("HOME") ?? ".") + "/.local/state"
    return state + "/dmar/course"
  }

  private static func key(_ lesson: Int, _ part: Int) -> String { "\(lesson).\(part)" }
  private static func key(_ part: ExercisePart) -> String { key(part.lesson, part.number) }

  // MARK: What is done

  /// Whether an exercise is done.
  func isDone(_ part: ExercisePart) -> Bool { done.contains(Self.key(part)) }

  /// Whether every exercise of a lesson is done, those aside that one may leave out.
  func isDone(_ entry: CourseFolder.Entry) -> Bool {
    entry.parts.allSatisfy { isDone($0) || $0.exercise.isOptional }
  }

  /// The rows of an exercise's board that were reached.
  func rows(_ part: ExercisePart) -> Set<String> { reached[Self.key(part), default: []] }

  /// Notes a right answer: an exercise with a board is done when all its rows were reached.
  mutating func finish(_ part: ExercisePart, reaching rows: [String]) throws(OutputError) {
    let key = Self.key(part)
    reached[key, default: []].formUnion(rows)
    if part.exercise.board.allSatisfy({ reached[key, default: []].contains($0.name) }) {
      done.insert(key)
    }
    try write()
  }

  /// Notes that one more hint was shown, and says which one is next: 0, 1, 2.
  mutating func nextHint(_ part: ExercisePart, of count: Int) throws(OutputError) -> Int {
    let next = hints[Self.key(part), default: 0]
    hints[Self.key(part)] = min(next + 1, count)
    try write()
    return min(next, max(count - 1, 0))
  }

  /// Resets an exercise. The rows reached on a board that is not complete are kept, because a
  /// student resets the file before working on the next row.
  mutating func reset(_ part: ExercisePart) throws(OutputError) {
    let key = Self.key(part)
    if done.remove(key) != nil || part.exercise.board.isEmpty { reached[key] = nil }
    hints[key] = nil
    try write()
  }

  // MARK: Files

  /// The student's file for an exercise; for one in Swift, the folder of a package.
  func answer(_ part: ExercisePart) -> String {
    let path = "\(folder)/\(part.fileNumber)"
    return part.exercise.kind == .code ? path : path + part.ending
  }

  /// The student's copy of a log that is asked about, from 1 on.
  func log(_ number: Int, of part: ExercisePart) -> String {
    let answer = answer(part)
    return answer.dropLast(part.ending.count) + "-\(number).log"
  }

  /// Makes the folder and every folder above it.
  func makeFolder() throws(OutputError) {
    var path = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      path +=
        path.isEmpty && part.isEmpty ? "/" : (path.hasSuffix("/") || path.isEmpty ? "" : "/") + part
      if path != "/" { try OutputFile.makeFolder(path) }
    }
  }

  private func write() throws(OutputError) {
    try makeFolder()
    var lines = done.sorted().map { "done \($0)\n" }
    lines += hints.sorted { $0.key < $1.key }.map { "hints \($0.key) \($0.value)\n" }
    lines += reached.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }.map { key, rows in
      "reached \(key) \(rows.sorted().joined(separator: " "))\n"
    }
    try OutputFile.write(lines.joined(), to: file)
  }
}
