/// A sequence of lock operations in one or more contexts.
///
/// The notation is that of the kernel's lock selftests, one word an operation: `L(A) U(A)`. Words
/// of the form `@name` and `@name/cpu` are this project's addition: they say in which context the
/// operations after them run. See ``LockProgram/init(parsing:)``.
public struct LockProgram: Hashable, Sendable {
  /// The contexts, in the order in which they first appear.
  public var threads: [LockThread]
  /// The operations, in the order written.
  public var steps: [LockStep]

  /// A program of these contexts and steps.
  public init(threads: [LockThread], steps: [LockStep]) {
    self.threads = threads
    self.steps = steps
  }
}

/// What runs a part of a program.
public struct LockThread: Hashable, Sendable {
  /// What runs the steps.
  public enum Kind: Hashable, Sendable {
    /// A task.
    case task
    /// A handler of a hardware interrupt: it runs on top of whatever task runs on its processor.
    /// On PREEMPT_RT it is a thread unless it is one of the few that insist (IRQF_NO_THREAD).
    case hardirq(isThreaded: Bool)
    /// A soft interrupt.
    case softirq
  }

  /// Its name behind `@`.
  public var name: String
  /// A task, or a handler on top of what runs on the processor.
  public var kind: Kind
  /// The processor, from 0 on.
  public var cpu: Int

  /// Whether it is a processor's idle task, which has the process id 0.
  package var isIdle: Bool { kind == .task && (name == "swapper" || name.hasPrefix("swapper/")) }

  /// A context.
  public init(name: String, kind: Kind = .task, cpu: Int = 0) {
    self.name = name
    self.kind = kind
    self.cpu = cpu
  }
}

/// An operation where it stands.
public struct LockStep: Hashable, Sendable {
  /// Index in ``LockProgram/threads``.
  public var thread: Int
  /// What is done.
  public var operation: LockOperation
  /// What it must return, if the program says so.
  public var result: LockResult?
  /// As written, and where its first character stands (1 is the first of the program).
  public var text: String
  /// Where the word stands, from 1 on.
  public var column: Int
}

/// A program that is not one.
public struct LockProgramError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Of the character that is wrong; 1 is the first of the program.
  public var column: Int
  /// What stands there.
  public var problem: String
  /// What would do.
  public var expected: String

  public var description: String { "column \(column): \(problem), expected \(expected)" }
}
