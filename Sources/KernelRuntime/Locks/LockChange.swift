public import Lockdep

/// What taking or releasing a lock changed, for those who record a run.
public struct LockChange: Hashable, Sendable {
  /// What happened to the lock.
  public enum Verb: String, Hashable, Sendable {
    /// It was taken.
    case taken
    /// It was let go.
    case released
    /// No lock changed hands, and the validator learned something: interrupts went on while locks were
    /// held, or a lock was taken and released at once.
    case checked
  }

  /// What happened.
  public var verb: Verb
  /// The name of the lock's class; empty where several or none changed.
  public var lockClass: String
  /// The number of the CPU.
  public var cpu: Int
  /// Who ran on it.
  public var task: RunningTask
  /// The interrupt state of the CPU and the task.
  public var flags: IRQFlags
  /// What the class was seen in so far, this time included.
  public var usage: UsageMask
  /// What was new to the validator: a class, and the usage that it was seen in for the first time.
  public var newUsages: [ClassUsage]
  /// Orders that were new to the validator.
  public var newDependencies: [LockDependency]
  /// What the validator found, and is about to print.
  public var newReports: [LockReport] = []
  /// The names of the classes that the task holds now, the oldest first.
  public var held: [String]
  /// Where, as the kernel prints it; nil where nobody knows.
  public var site: String?

  /// One usage of one class.
  public struct ClassUsage: Hashable, Sendable {
    /// The class's name.
    public let lockClass: String
    /// What it was seen in.
    public let usage: UsageBit
  }
}

/// A change of locks, told before the validator prints what it thinks of it.
public enum LockMoment: Hashable, Sendable {
  /// A lock was taken or let go, or the validator learned something.
  case changes(LockChange)
  /// What the last one led to has been printed.
  case isDone
}

/// Who runs on a CPU: the task's name and its process id.
public struct RunningTask: Hashable, Sendable {
  /// The task's name, `comm`.
  public let name: String
  /// Its process id.
  public let pid: Int

  package init(_ task: KernelTask) {
    name = task.name
    pid = task.pid
  }
}

/// Who hears of locks. Finding out what changed costs much, so it is done for a listener only.
public struct LockListener {
  /// Whether anybody listens now.
  public let isListening: () -> Bool
  /// Gets each moment while somebody listens.
  public let hear: (LockMoment) -> Void

  /// A listener.
  public init(isListening: @escaping () -> Bool, hear: @escaping (LockMoment) -> Void) {
    self.isListening = isListening
    self.hear = hear
  }

  /// Nobody ever listens.
  public static var none: LockListener { LockListener(isListening: { false }, hear: { _ in }) }
}
