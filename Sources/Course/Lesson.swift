/// A lesson: a text to read and an exercise.
public struct Lesson: Sendable {
  /// Its number, by which it is asked for.
  public var number: Int
  /// What it is about.
  public var title: String
  /// The text in Markdown, without title and exercise.
  public var text: [String]
  /// What is to be done.
  public var exercise: Exercise
  /// Hints, from the gentlest on.
  public var hints: [String]
  /// Answers that others gave, and what they had not seen yet.
  public var misconceptions: [Misconception]

  /// A wrong answer that has a reason.
  public struct Misconception: Hashable, Sendable {
    /// What tells it: the name of a wrong rule (``Prediction``), or `reason 0x06` for a fault that the
    /// answer raises.
    public var sign: String
    /// What to say about it.
    public var text: String
  }
}

/// What a lesson asks for.
public struct Exercise: Hashable, Sendable {
  /// The kind, which decides how an answer is checked.
  public enum Kind: Hashable, Sendable {
    /// Questions with one right answer each, other ones for each seed.
    case predict(Prediction)
    /// A scenario that reaches a goal.
    case build
    /// A scenario that is wrong, to be mended with few changes.
    case repair
    /// A scenario that works, to be spoilt in one way.
    case `break`

    /// The word in the lesson's heading.
    public var word: String {
      switch self {
      case .predict(let prediction): "predict \(prediction.rawValue)"
      case .build: "build"
      case .repair: "repair"
      case .break: "break"
      }
    }
  }

  /// How it is checked.
  public var kind: Kind
  /// The task, in Markdown.
  public var task: [String]
  /// How many values of the start may be changed, added or removed; nil for as many as one likes.
  public var budget: Int?
}
