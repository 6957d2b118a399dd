internal import Course
internal import ScenarioFormat
import Text

/// A lesson as a student reads it.
struct LessonView {
  private let entry: CourseFolder.Entry
  private let part: ExercisePart
  private let progress: LearnProgress
  private let checker: ExerciseCheck

  init(
    _ entry: CourseFolder.Entry, _ part: ExercisePart, _ progress: LearnProgress,
    _ checker: ExerciseCheck
  ) {
    self.entry = entry
    self.part = part
    self.progress = progress
    self.checker = checker
  }

  private var exercise: Exercise { part.exercise }
  private var command: String {
    "dmar learn \(part.name)" + (checker.seed == 1 ? "" : " --seed \(checker.seed)")
  }

  /// The text, and the exercise that is next. Who has done the first one has read the text.
  func lines() throws -> [String] {
    let files = StudentFiles(check: checker, progress: progress)
    try files.put(overwriting: false)
    var lines = ["\(entry.lesson.number). \(entry.lesson.title)", ""]
    if part.number == 1 {
      lines += Self.plain(entry.lesson.text.map { named($0, files) })
    } else {
      lines.append("(the text: dmar learn \(entry.lesson.number).1)")
    }
    for other in entry.parts {
      let mark = progress.isDone(other) ? " (done)" : other.exercise.isOptional ? " (optional)" : ""
      let number = entry.parts.count == 1 ? "" : " \(other.name)"
      lines += ["", "Exercise\(number): \(other.exercise.kind.word)\(mark)"]
      if other.number != part.number {
        lines.append("(dmar learn \(other.name))")
        continue
      }
      lines += Self.plain(try checker.task().map { named($0, files) })
      lines += try orders(files)
    }
    return lines
  }

  /// A line with the student's files in the place of what the text calls them; in the text they are those of
  /// the first exercise that has a file.
  private func named(_ line: String, _ files: StudentFiles) -> String {
    var file = files.file
    for other in entry.parts where file == nil {
      file = StudentFiles(check: ExerciseCheck(other, seed: checker.seed), progress: progress).file
    }
    // The path is one that a shell takes as it is, or is quoted.
    let log =
      exercise.kind == .diagnose ? progress.log(1, of: part) : OwnLog.log(of: progress.answer(part))
    return StudentNames.replacing(
      StudentNames.log, by: Self.quoted(log),
      in: StudentNames.replacing(
        StudentNames.file, by: Self.quoted(file ?? progress.answer(part)), in: line))
  }

  /// What the student does now.
  private func orders(_ files: StudentFiles) throws -> [String] {
    var lines: [String] = []
    if let budget = exercise.budget {
      let thing = if case .schedule = exercise.kind { "word" } else { "value" }
      lines.append("At most \(budget) \(thing)\(budget == 1 ? "" : "s") may change.")
    }
    if exercise.open != ["steps"] {
      lines += Self.plain(["Only \(exercise.open.joined(separator: ", ")) may change."])
    }
    if !exercise.board.isEmpty {
      let reached = progress.rows(part)
      lines.append(
        "  "
          + exercise.board.map { reached.contains($0.name) ? "[\($0.name)]" : " \($0.name) " }
          .joined(separator: " "))
    }
    let questions = try checker.questions()
    for (index, question) in questions.enumerated() {
      lines.append("  \(index + 1). \(question.text)")
    }
    lines.append("")
    if exercise.kind == .diagnose {
      lines += questions.indices.map { "Log \($0 + 1): \(progress.log($0 + 1, of: part))" }
    } else if let file = files.file {
      lines.append("Your file: \(file)")
    }
    if questions.isEmpty {
      lines.append("Check it with: \(command) --check, or at each save: \(command) --watch")
    } else {
      // Letters of a lock, such as -..., look like options.
      let marks = exercise.kind == .predict(.letters) ? "-- " : ""
      lines.append("Answer with: \(command) --check \(marks)ANSWER ANSWER …")
    }
    if !exercise.hints.isEmpty { lines.append("Stuck: \(command) --hint") }
    return lines
  }

  func json() throws -> JSONValue {
    let files = StudentFiles(check: checker, progress: progress)
    try files.put(overwriting: false)
    let task = try checker.task()
    var members: [(String, JSONValue)] = [
      ("lesson", .count(entry.lesson.number)), ("title", .string(entry.lesson.title)),
      ("exercise", .string("\(part.name)")), ("kind", .string(exercise.kind.word)),
      ("seed", .unsigned(checker.seed)), ("done", .boolean(progress.isDone(part))),
      ("text", .string(entry.lesson.text.joined(separator: "\n"))),
      ("task", .string(task.joined(separator: "\n"))),
      ("questions", .array(try checker.questions().map { .string($0.text) })),
      ("hints", .count(exercise.hints.count)),
      ("board", .array(exercise.board.map { .string($0.name) })),
    ]
    if let file = files.file { members.append(("file", .string(file))) }
    if let budget = exercise.budget { members.append(("budget", .count(budget))) }
    return .object(members)
  }

  // MARK: Markdown

  /// Markdown as a terminal shows it: blocks of code are indented and their fences left out, and the
  /// lines of a paragraph or of an item are broken anew.
  static func plain(_ lines: [String], width: Int = min(Terminal.columns, 100)) -> [String] {
    var shown: [String] = []
    var words: [Substring] = []
    var indent = ""
    var isCode = false
    func flush() {
      var line = indent
      for word in words {
        if line.count > indent.count, line.count + 1 + word.count > width {
          shown.append(line)
          line =
            indent.isEmpty || indent == "- " ? String(repeating: " ", count: indent.count) : indent
        }
        line += (line.count == indent.count ? "" : " ") + word
      }
      if !words.isEmpty { shown.append(line) }
      (words, indent) = ([], "")
    }
    for line in lines {
      if line.hasPrefix("```") {
        flush()
        isCode.toggle()
      } else if isCode || line.hasPrefix("    ") || line.hasPrefix("|") || line.isEmpty {
        flush()
        shown.append(isCode && !line.isEmpty ? "    " + line : line)
      } else if line.hasPrefix("- ") {
        flush()
        indent = "- "
        words = line.dropFirst(2).split(separator: " ")
      } else {
        words += line.split(separator: " ")
      }
    }
    flush()
    return shown
  }

  private static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: byte >= 0x80
      }
    }
    return isPlain ? path : "'\(StudentNames.replacing("'", by: "'\\''", in: path))'"
  }
}
