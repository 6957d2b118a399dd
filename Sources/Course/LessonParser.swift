public import ScenarioFormat

extension Lesson {
  /// Reads a lesson from Markdown.
  ///
  /// The first line is `# NUMBER. TITLE`. Behind the text stand the sections `## Exercise: KIND`, with
  /// the task and, where it has one, a line `Budget: N`; `## Hints` and `## Misconceptions`, each a list.
  /// An entry of the last one is `SIGN: what to say`.
  ///
  /// - Parameters:
  ///   - text: the file's text.
  ///   - file: its name, for errors.
  /// - Throws: `InputError` with the line that is not as it should be.
  public init(reading text: String, file: String) throws(InputError) {
    var parser = LessonParser(text, file: file)
    self = try parser.lesson()
  }
}

/// One pass over the lines of a lesson.
private struct LessonParser {
  let file: String
  let lines: [String]

  init(_ text: String, file: String) {
    self.file = file
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
    }
  }

  private func wrong(_ index: Int, _ message: String) -> InputError {
    InputError(at: Place(file: file, line: index + 1), message)
  }

  mutating func lesson() throws(InputError) -> Lesson {
    let (number, title) = try heading()
    var sections: [(name: String, line: Int, body: [String])] = [("", 0, [])]
    var isCode = false
    for (index, line) in lines.enumerated().dropFirst() {
      if line.hasPrefix("```") { isCode.toggle() }
      let isExtra =
        !isCode && ["## Exercise", "## Hints", "## Misconceptions"].contains { line.hasPrefix($0) }
      if isExtra {
        sections.append((String(line.dropFirst(3)), index, []))
      } else {
        sections[sections.count - 1].body.append(line)
      }
    }
    guard let exercise = sections.first(where: { $0.name.hasPrefix("Exercise") }) else {
      throw wrong(lines.count - 1, "the lesson has no exercise; \"## Exercise: KIND\" was expected")
    }
    let hints = sections.first { $0.name == "Hints" }
    let misconceptions = sections.first { $0.name == "Misconceptions" }
    var signs: [Lesson.Misconception] = []
    for item in Self.items(misconceptions?.body ?? []) {
      guard let colon = item.firstIndex(of: ":") else {
        throw wrong(
          misconceptions?.line ?? 0, "\"\(item)\" has no sign; \"SIGN: text\" was expected")
      }
      signs.append(
        Lesson.Misconception(
          sign: String(item[..<colon]),
          text: String(item[item.index(after: colon)...].drop { $0 == " " })))
    }
    return Lesson(
      number: number, title: title, text: Self.trimmed(sections[0].body),
      exercise: try self.exercise(exercise), hints: Self.items(hints?.body ?? []),
      misconceptions: signs)
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

  private func exercise(_ section: (name: String, line: Int, body: [String])) throws(InputError)
    -> Exercise
  {
    let words = section.name.split { $0 == " " || $0 == ":" }.dropFirst()
    let kind: Exercise.Kind
    switch (words.first, words.dropFirst().first) {
    case ("predict", let name?):
      guard let prediction = Prediction(rawValue: String(name)) else {
        throw wrong(
          section.line,
          "nothing is predicted under the name \"\(name)\"; one of these was expected: "
            + Prediction.allCases.map { $0.rawValue }.joined(separator: ", "))
      }
      kind = .predict(prediction)
    case ("build", nil): kind = .build
    case ("repair", nil): kind = .repair
    case ("break", nil): kind = .break
    default:
      throw wrong(
        section.line,
        "the exercise is \"\(section.name)\"; predict NAME, build, repair or break was expected")
    }
    var budget: Int?
    var task: [String] = []
    for (offset, line) in section.body.enumerated() {
      guard line.hasPrefix("Budget: ") else {
        task.append(line)
        continue
      }
      guard let number = Int(line.dropFirst(8)), (1...1000).contains(number) else {
        throw wrong(section.line + 1 + offset, "\"\(line)\" has no number; 1 to 1000 was expected")
      }
      budget = number
    }
    return Exercise(kind: kind, task: Self.trimmed(task), budget: budget)
  }

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
