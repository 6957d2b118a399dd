/// One question.
public struct Question: Hashable, Sendable {
  /// What is asked.
  public var text: String
  /// The right answer.
  public var answer: String
  /// What the wrong rules give, by the sign of the misconception.
  public var wrong: [String: String]

  /// A question with its answers.
  public init(text: String, answer: String, wrong: [String: String] = [:]) {
    self.text = text
    self.answer = answer
    self.wrong = wrong
  }

  /// Whether an answer is right: case, blanks, commas and `0x` do not count.
  public func accepts(_ text: String) -> Bool { Self.plain(text) == Self.plain(answer) }

  /// The sign of the wrong rule that gives this answer; nil where none does, or the answer is right.
  public func misconception(of text: String) -> String? {
    if accepts(text) { return nil }
    return wrong.sorted { $0.key < $1.key }.first { Self.plain($0.value) == Self.plain(text) }?.key
  }

  private static func plain(_ text: String) -> [String] {
    text.lowercased().split { $0 == " " || $0 == "," || $0 == "/" }.map { word in
      let digits = word.hasPrefix("0x") ? word.dropFirst(2) : word
      let number = digits.drop { $0 == "0" }
      return number.isEmpty && !digits.isEmpty ? "0" : String(number)
    }
  }
}
