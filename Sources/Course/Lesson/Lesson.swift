/// A lesson: a text to read and one or more exercises.
public struct Lesson: Sendable {
  /// Its number, by which it is asked for.
  public var number: Int
  /// What it is about.
  public var title: String
  /// The text in Markdown, without title and exercises.
  public var text: [String]
  /// What is to be done, in order; there is at least one.
  public var exercises: [Exercise]

  /// A wrong answer that has a reason.
  public struct Misconception: Hashable, Sendable {
    /// The sign by which it is recognised: the name of a wrong rule (``Prediction``), or something
    /// that the answer does, such as `reason 0x06` for a fault that it raises.
    public var sign: String
    /// The change of the scenario that makes the model behave as such a student expects, as `--set`
    /// takes it; nil where the sign alone identifies the misconception.
    public var variant: String?
    /// What to say about it.
    public var text: String

    /// A misconception with its sign.
    public init(sign: String, variant: String? = nil, text: String) {
      self.sign = sign
      self.variant = variant
      self.text = text
    }
  }
}

/// Names an exercise of a lesson: `5`, or `5.2` for the second one of lesson 5.
public struct ExerciseName: Hashable, Sendable, CustomStringConvertible {
  /// The lesson.
  public var lesson: Int
  /// Which of its exercises, from 1; nil for the lesson as a whole.
  public var part: Int?

  /// An exercise, or a lesson as a whole.
  public init(lesson: Int, part: Int? = nil) {
    self.lesson = lesson
    self.part = part
  }

  /// Reads `5` or `5.2`; nil for anything else.
  public init?(_ text: String) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = words.first, let lesson = Int(first), (0...99).contains(lesson) else {
      return nil
    }
    switch words.count {
    case 1: self.init(lesson: lesson)
    case 2:
      guard let part = Int(words[1]), (1...9).contains(part) else { return nil }
      self.init(lesson: lesson, part: part)
    default: return nil
    }
  }

  public var description: String { "\(lesson)" + (part.map { ".\($0)" } ?? "") }
}
