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
    /// A scenario whose caches have to be flushed: all that is stale, and no more.
    case flush
    /// Logs whose causes are to be named.
    case diagnose
    /// A lock program that is to run into a deadlock, or to stay clear of one.
    case schedule(Schedule)
    /// A function in Swift that the lesson's tests call.
    case code
    /// A log of the student's own, to be explained, replayed and cured.
    case own

    /// The words in the lesson's heading.
    public var word: String {
      switch self {
      case .predict(let prediction): "predict \(prediction.rawValue)"
      case .build: "build"
      case .repair: "repair"
      case .break: "break"
      case .flush: "flush"
      case .diagnose: "diagnose"
      case .schedule(let schedule): "schedule \(schedule.rawValue)"
      case .code: "code"
      case .own: "own"
      }
    }

    /// Whether the answer is words on the command line and no file.
    public var asksQuestions: Bool {
      switch self {
      case .predict, .diagnose: true
      case .build, .repair, .break, .flush, .schedule, .code, .own: false
      }
    }
  }

  /// What a schedule is for.
  public enum Schedule: String, Hashable, Sendable, CaseIterable {
    /// One order of the words ends with contexts that wait for each other for ever.
    case reach
    /// No order of the words ends in a deadlock.
    case avoid
  }

  /// How it is checked.
  public var kind: Kind
  /// The task, in Markdown, as it is written: ``SeededValues`` fills it in.
  public var task: [String]
  /// How many values of the start may be changed, added or removed; nil for as many as one likes.
  public var budget: Int?
  /// The lowest possible cost of the flushes; nil where nothing is flushed.
  public var best: Int?
  /// What is to be reached, each by an answer of its own; empty where one answer does it all.
  public var board: [BoardRow] = []
  /// The steps, the functions or the locks that are asked about.
  public var asked: [String] = []
  /// Numbers that differ by seed and that the student sees.
  public var given: [SeededNumber] = []
  /// Numbers that are drawn anew for each check, which the student does not see.
  public var hidden: [SeededNumber] = []
  /// The keys that may differ from the start, such as `steps.dma` or `boot.domains`.
  public var open: [String] = ["steps"]
  /// Keys of the solution whose lowest bits the machine does not look at.
  public var loose: [String] = []
  /// Whether the lesson counts as done without this exercise.
  public var isOptional = false
  /// Hints, from the gentlest on.
  public var hints: [String] = []
  /// Answers that others gave, and what they had not seen yet.
  public var misconceptions: [Lesson.Misconception] = []

  /// An exercise of a kind.
  public init(kind: Kind, task: [String] = [], budget: Int? = nil) {
    self.kind = kind
    self.task = task
    self.budget = budget
  }
}

/// One of several goals of an exercise.
public struct BoardRow: Hashable, Sendable {
  /// What it is called: a fault reason such as `0x0c`, or a cure.
  public var name: String
  /// The change in the answer that shows that it reaches this row: the path of a changed key, such
  /// as `kernel.behaviour`, or a context and a word that was added to its lock program
  /// (`+boot HARDIRQ_DISABLE`) or removed (`-hardirq:fault L(K)`). Empty for a fault reason, which
  /// the run shows.
  public var sign: String

  /// A row with its sign.
  public init(name: String, sign: String = "") {
    self.name = name
    self.sign = sign
  }
}
