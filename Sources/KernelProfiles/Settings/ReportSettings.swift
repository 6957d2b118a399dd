internal import Lockdep

// The text of lock reports and stack dumps.
//
// Checked against sources of 2.6.32, 3.0, 3.4, 4.9, 4.14, 5.10, 6.1 and 6.12, and against reports that
// people sent; where a change lies between two of them and no commit is named, its release is from
// memory.

extension KernelChange {
  /// Wait types, for which a spinlock has a map of its own.
  static let waitTypes = KernelChange(
    "5.7", commit: "de8f5e4f2dc1",
    "locks have wait types, and spinlocks have their own names again")
}

extension ReportStyle {
  static let headsTimeline = Timeline<Heads>(
    "splat_heads", "the box around the title of a lock report", oldest: .bare,
    [
      .since("3.3", "taint flags stand below the title of every lock report", .info),
      .since("4.12", "lock reports are warnings", .warning),
    ])

  static let locksTimeline = Timeline<Locks>(
    "splat_locks", "a held lock's address, and the place behind at:", oldest: .place,
    [
      .since("4.15", "printed addresses are hashed", .hashedPlace),
      .since("4.17", "a held lock's address stands in front of its name", .hashedLock),
      .since("5.4", commit: "519248f36d6f", "addresses of locks are printed in the clear", .lock),
    ])

  static let usageTimeline = Timeline<Usage>(
    "splat_usage", "how many characters stand between the braces", oldest: .six,
    [
      .since(
        "4.14", commit: "d92a8cfcb37e", "memory reclaim is a lock of its own, not a usage", .four)
    ])

  static let waitTypesTimeline = Timeline<WaitTypes>(
    "wait_types", "locks have wait types, printed behind the braces", oldest: .absent,
    [.by(.waitTypes, .printed)])

  static let tracesTimeline = Timeline<Traces>(
    "splat_traces", "the frames of the traces in a lock report", oldest: .addresses,
    [
      .since(
        "4.11", commit: "bfeda41d06d8", "traces of lock reports have no addresses", .symbols)
    ])

  static let scenariosTimeline = Timeline<Scenarios>(
    "splat_scenarios", "the unsafe locking scenario", oldest: .none,
    [
      .since("3.0", "lock reports have an unsafe locking scenario", .locks),
      .since(
        "6.4", stable: ["6.1.192"], commit: "0471db447cd7",
        "a circle's scenario tells how its locks are taken", .modes),
    ])

  static let pathsTimeline = Timeline<Paths>(
    "splat_paths", "the dependencies behind an irq-safe lock", oldest: .forward,
    [
      .since(
        "5.14", commit: "69c7a5fb2482", "the path behind an irq-safe lock has its own traces",
        .both)
    ])

  static let usesTimeline = Timeline<Uses>(
    "splat_uses", "how often a class was used, as ops:", oldest: .counted,
    [
      .since(
        "4.20", commit: "8ca2b56cd7da", "uses of lock classes are counted for debugging only",
        .uncounted)
    ])

  static let firstUseTimeline = Timeline<FirstUse>(
    "splat_first_use", "the first shared use has its own line", oldest: .one,
    [
      .since(
        "5.11", commit: "2bb8945bcc1a", "the first shared use of a lock is told apart", .each)
    ])

  static let piecesTimeline = Timeline<Pieces>(
    "splat_pieces", "lines that are printed in pieces", oldest: .counted,
    [
      .since("3.5", "printk keeps records, and returns the length of the text alone", .joined),
      .since(
        "4.9", commit: "f943fe0faf27", "lines are continued where that is asked for", .apart),
    ])

  static let taskExitTimeline = Timeline<TaskExit>(
    "splat_exit", "the report on a task that ends with locks held", oldest: .exitTime,
    [.since("3.11", "a task that ends is told to have locks held still", .stillHeld)])

  static let heldLocksTimeline = Timeline<HeldLocks>(
    "splat_held", "the head of a list of held locks", oldest: .counted,
    [.since("7.3", "lists of held locks name the task's CPU", .withCPU)])

  static let keyAdviceTimeline = Timeline<KeyAdvice>(
    "splat_key_advice", "the advice about non-static keys", oldest: .short,
    [
      .since(
        "5.13", commit: "3a85969e9d91",
        "the advice about non-static keys speaks of objects without initialisation", .long)
    ])
}

extension KernelValues {
  /// The shape of a stack dump, each with what the ones before it have.
  public enum BacktraceGeneration: String, Generation, Hashable, Sendable {
    /// `Pid: 1, comm: swapper Not tainted`, frames with addresses, ` <IRQ> ` and ` <EOI> ` in front of
    /// the first frame of a stack.
    case pid
    /// `CPU: 0 PID: 1 Comm: swapper/0 Not tainted`, `Hardware name: …`. The words of the stack that
    /// these kernels printed below belong to one event, and are left out.
    case cpu
    /// Frames without addresses, ` <IRQ>` and ` </IRQ>` on lines of their own.
    case symbols
    /// The registers of what was interrupted, where the stack has them.
    case registers
    /// `dump_stack_lvl` on the stack.
    case level
    /// ` <TASK>` and ` </TASK>`.
    case task
    /// `UID: 0`, and taint flags spelled out on a line of their own.
    case uid
    /// The model of preemption behind the version.
    case preemption
  }

  static let backtraceTimeline = Timeline<BacktraceGeneration>(
    "backtrace", "what dump_stack prints", oldest: .pid,
    [
      .since(
        "3.10", "all architectures share one dump_stack, which tells the hardware's name", .cpu),
      .since("4.10", commit: "bb5e5ce545f2", "stack dumps have no addresses", .symbols),
      .since(
        "4.11", commit: "3b3fa11bc700", "stack dumps show registers that lie on the stack",
        .registers),
      .since(
        "5.14", commit: "77819daf24f9", "dump_stack_lvl is what dumps the stack", .level),
      .since("5.16", "stack dumps mark the task's own stack", .task),
      .since("6.12", "stack dumps have the user's id and the taint flags' names", .uid),
      .since(
        "6.15", commit: "d167706f68ee", "stack dumps have the model of preemption", .preemption),
    ])
}
