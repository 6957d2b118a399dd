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

  /// The sentence that tells a student that this answer is not right.
  func objection(to text: String) -> String {
    let (given, wanted) = (Self.plain(text).count, Self.plain(answer).count)
    if given == 0 { return "there is no answer yet" }
    if given != wanted, wanted > 1 {
      return "\"\(text)\" is \(given == 1 ? "one word" : "\(given) words"); \(wanted) were expected"
    }
    return "\"\(text)\" is not it"
  }

  /// Whether an answer is right: case, blanks, commas, quotation marks and `0x` do not count.
  public func accepts(_ text: String) -> Bool { Self.plain(text) == Self.plain(answer) }

  /// The sign of the wrong rule that gives this answer; nil where none does, or the answer is right.
  public func misconception(of text: String) -> String? {
    if accepts(text) { return nil }
    return wrong.sorted { $0.key < $1.key }.first { Self.plain($0.value) == Self.plain(text) }?.key
  }

  private static func plain(_ text: String) -> [String] {
    text.lowercased().split { " ,/\"'".contains($0) }.map { word in
      let digits = word.hasPrefix("0x") ? word.dropFirst(2) : word
      let number = digits.drop { $0 == "0" }
      return number.isEmpty && !digits.isEmpty ? "0" : String(number)
    }
  }
}
