public import ScenarioFormat

extension Lesson {
  /// Reads a lesson from Markdown.
  ///
  /// The first line is `# NUMBER. TITLE`. Behind the text stands a section `## Exercise: KIND` for each
  /// exercise, with the task and lines that say how it is checked (`Budget: N`; CONTRIBUTING.md has
  /// all of them), and behind it, where it has them, `## Hints` and `## Misconceptions`, each a list.
  /// An entry of the last one is `SIGN: what to say`, or `SIGN (KEY=VALUE): what to say`.
  ///
  /// - Parameters:
  ///   - text: the file's text.
  ///   - file: its name, for errors.
  /// - Throws: `InputError` with the line that is not as it should be.
  public init(reading text: String, file: String) throws(InputError) {
    let parser = LessonParser(text, file: file)
    self = try parser.lesson()
  }
}

/// One pass over the lines of a lesson.
struct LessonParser {
  private let file: String
  private let lines: [String]

  /// A part of the file under one heading.
  private struct Part {
    var name: String
    /// Index of the heading's line.
    var line: Int
    var body: [String] = []
  }

  init(_ text: String, file: String) {
    self.file = file
    lines = TextLines.of(text)
  }

  private func wrong(_ index: Int, _ message: String) -> InputError {
    InputError(at: Place(file: file, line: index + 1), message)
  }

  func lesson() throws(InputError) -> Lesson {
    let (number, title) = try heading()
    var parts = [Part(name: "", line: 0)]
    var isCode = false
    for (index, line) in lines.enumerated().dropFirst() {
      if line.hasPrefix("```") { isCode.toggle() }
      let headings = ["## Exercise", "## Hints", "## Misconceptions"]
      if !isCode, headings.contains(where: { line.hasPrefix($0) }) {
        parts.append(Part(name: String(line.dropFirst(3)), line: index))
      } else {
        parts[parts.count - 1].body.append(line)
      }
    }
    var exercises: [Exercise] = []
    for part in parts.dropFirst() {
      if part.name.hasPrefix("Exercise") {
        exercises.append(try exercise(part))
        continue
      }
      guard !exercises.isEmpty else {
        throw wrong(part.line, "\"## \(part.name)\" stands before any exercise that it is about")
      }
      if part.name.hasPrefix("Hints") {
        exercises[exercises.count - 1].hints = Self.items(part.body)
      } else {
        exercises[exercises.count - 1].misconceptions = try misconceptions(part)
      }
    }
    if exercises.isEmpty {
      throw wrong(lines.count - 1, "the lesson has no exercise; \"## Exercise: KIND\" was expected")
    }
    return Lesson(
      number: number, title: title, text: Self.trimmed(parts[0].body), exercises: exercises)
  }

  private func heading() throws(InputError) -> (Int, String) {
    let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
    guard words.count == 3, words[0] == "#", words[1].hasSuffix("."),
      let number = Int(words[1].dropLast()), (0...99).contains(number)
    else {
      throw wrong(0, "the first line is \"\(lines.first ?? "")\"; \"# NUMBER. TITLE\" was expected")
    }
    return (number, String(words[2]))
  }

  // MARK: Misconceptions

  private func misconceptions(_ part: Part) throws(InputError) -> [Lesson.Misconception] {
    var found: [Lesson.Misconception] = []
    for item in Self.items(part.body) {
      let head = item.prefix { $0 != ":" && $0 != "(" }
      let rest = item[head.endIndex...]
      let sign = String(head.hasSuffix(" ") ? head.dropLast() : head)
      if rest.hasPrefix(":") {
        found.append(.init(sign: sign, text: Self.words(rest.dropFirst())))
      } else if rest.hasPrefix("("), let end = rest.firstIndex(of: ")"),
        rest[end...].hasPrefix("):")
      {
        found.append(
          .init(
            sign: sign, variant: String(rest[rest.startIndex..<end].dropFirst()),
            text: Self.words(rest[end...].dropFirst(2))))
      } else {
        throw wrong(part.line, "\"\(item)\" has no sign; \"SIGN: text\" was expected")
      }
    }
    return found
  }

  private static func words(_ text: Substring) -> String { String(text.drop { $0 == " " }) }

  // MARK: Exercises

  private func exercise(_ part: Part) throws(InputError) -> Exercise {
    var exercise = Exercise(kind: try kind(part))
    exercise.isOptional = part.name.hasSuffix("(optional)")
    var isCode = false
    for (offset, line) in part.body.enumerated() {
      if line.hasPrefix("```") { isCode.toggle() }
      if isCode {
        exercise.task.append(line)
      } else if try !order(line, part.line + 1 + offset, &exercise) {
        exercise.task.append(line)
      }
    }
    exercise.task = Self.trimmed(exercise.task)
    return exercise
  }

  private func kind(_ part: Part) throws(InputError) -> Exercise.Kind {
    var words = part.name.split { $0 == " " || $0 == ":" }.dropFirst()
    if words.last == "(optional)" { words.removeLast() }
    let rest = words.dropFirst().first
    switch (words.first, rest) {
    case ("predict", let name?):
      guard let prediction = Prediction(rawValue: String(name)) else {
        let names = Prediction.allCases.map { $0.rawValue }.joined(separator: ", ")
        throw wrong(
          part.line,
          "nothing is predicted under the name \"\(name)\"; one of these was expected: \(names)")
      }
      return .predict(prediction)
    case ("schedule", let name?):
      guard let schedule = Exercise.Schedule(rawValue: String(name)) else {
        throw wrong(part.line, "a schedule is to \"\(name)\"; reach or avoid was expected")
      }
      return .schedule(schedule)
    case ("build", nil): return .build
    case ("repair", nil): return .repair
    case ("break", nil): return .break
    case ("flush", nil): return .flush
    case ("diagnose", nil): return .diagnose
    case ("code", nil): return .code
    case ("own", nil): return .own
    default:
      throw wrong(
        part.line,
        "the exercise is \"\(part.name)\"; predict NAME, build, repair, break, flush, diagnose, "
          + "schedule reach, schedule avoid, code or own was expected")
    }
  }

  /// Takes a line that says how an answer is checked; false for a line of the task.
  private func order(_ line: String, _ index: Int, _ exercise: inout Exercise) throws(InputError)
    -> Bool
  {
    guard let colon = line.firstIndex(of: ":") else { return false }
    let words = line[colon...].dropFirst().split(separator: " ").map { String($0) }
    switch line[..<colon] {
    case "Budget": exercise.budget = try number(words, line, index)
    case "Best": exercise.best = try number(words, line, index)
    case "Reasons": exercise.board += words.map { BoardRow(name: $0) }
    case "Cure":
      guard words.count == 2 || words.count == 3 else {
        throw wrong(index, "\"\(line)\" is not a cure; \"Cure: NAME SIGN\" was expected")
      }
      exercise.board.append(
        BoardRow(name: words[0], sign: words.dropFirst().joined(separator: " ")))
    case "Ask": exercise.asked += words
    case "Only": exercise.open = words
    case "Loose": exercise.loose = words
    case "Given": exercise.given.append(try seeded(words, line, index))
    case "Hidden": exercise.hidden.append(try seeded(words, line, index))
    default: return false
    }
    return true
  }

  private func number(_ words: [String], _ line: String, _ index: Int) throws(InputError) -> Int {
    guard words.count == 1, let number = Int(words[0]), (1...1000).contains(number) else {
      throw wrong(index, "\"\(line)\" has no number; 1 to 1000 was expected")
    }
    return number
  }

  private func seeded(_ words: [String], _ line: String, _ index: Int) throws(InputError)
    -> SeededNumber
  {
    let numbers = words.dropFirst().compactMap { SeededExpression.number($0) }
    guard words.count == 4, numbers.count == 3,
      let number = SeededNumber(
        name: words[0], from: numbers[0], through: numbers[1], step: numbers[2])
    else {
      throw wrong(
        index,
        "\"\(line)\" is not a range; \"NAME LOWEST HIGHEST STEP\" was expected, as 0x1000 0xf000 8")
    }
    return number
  }

  // MARK: Lists

  /// The items of a list; a line that is indented goes on with the item before.
  private static func items(_ lines: [String]) -> [String] {
    var items: [String] = []
    for line in lines {
      if line.hasPrefix("- ") {
        items.append(String(line.dropFirst(2)))
      } else if line.hasPrefix("  "), !items.isEmpty {
        items[items.count - 1] += " " + line.drop { $0 == " " }
      }
    }
    return items
  }

  private static func trimmed(_ lines: [String]) -> [String] {
    var lines = lines[...]
    while lines.first?.isEmpty == true { lines.removeFirst() }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return Array(lines)
  }
}
