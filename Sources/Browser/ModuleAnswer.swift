internal import Text

/// What the module answers: members of a JSON object, in the order in which they were given.
struct ModuleAnswer {
  private var members: [(String, JSONValue)]
  private let isGood: Bool

  /// A good answer.
  init(_ members: [(String, JSONValue)] = []) {
    self.members = members
    isGood = true
  }

  fileprivate init(failure: Failure) {
    var members: [(String, JSONValue)] = [
      ("message", .string(failure.message)), ("text", .string(failure.text)),
    ]
    if let place = failure.place {
      members += [
        ("file", .string(place.file)), ("line", .count(place.line)),
        ("column", .count(place.column)),
      ]
    }
    var answer: [(String, JSONValue)] = [("error", .object(members))]
    if let status = failure.status { answer.append(("status", .count(status))) }
    self.members = answer
    isGood = false
  }

  /// The answer with one more member.
  mutating func add(_ name: String, _ value: JSONValue) { members.append((name, value)) }

  /// Lines as a program prints them: control characters are escaped.
  mutating func add(_ name: String, lines: [String]) {
    add(name, .array(lines.map { .string(PrintableText.lines($0)) }))
  }

  var json: String { JSONValue.object([("ok", .boolean(isGood))] + members).compact }
}

/// Why a question has no answer.
struct Failure: Error {
  /// Where in a file it is; line 0 is the file as a whole.
  struct Place {
    let file: String
    let line: Int
    let column: Int
  }

  /// What is there and what was expected, without the place.
  let message: String
  let place: Place?
  /// The line that the program would print.
  let text: String
  /// The program's exit code; nil where the program is never asked that.
  var status: Int?

  init(_ message: String, status: Int? = nil) {
    self.message = message
    place = nil
    text = message
    self.status = status
  }

  init(_ message: String, at place: Place, text: String, status: Int) {
    self.message = message
    self.place = place
    self.text = text
    self.status = status
  }

  var answer: ModuleAnswer { ModuleAnswer(failure: self) }
}
