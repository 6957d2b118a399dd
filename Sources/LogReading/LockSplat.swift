/// A lockdep report as it stands in a log.
public struct LockSplat: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case inconsistentState = "inconsistent lock state"
    case circular = "possible circular locking dependency"
    case inversion = "possible irq lock inversion"
    case unsafeOrder = "irq-safe to irq-unsafe lock order"
    case recursive = "possible recursive locking"
    case waitContext = "invalid wait context"
    case rcu = "suspicious RCU usage"
    case nestLock = "nested lock was not taken"
    case badUnlock = "bad unlock balance"
    case heldFreed = "held lock freed"
    case exit = "task exits with locks held"
    case userReturn = "locks held when returning to user space"
    case unregistered = "lock without a static key"
    case tableFull = "lockdep's tables are full"
    case sleeping = "sleeping function called from invalid context"
  }

  /// A lock with the usage that lockdep prints in braces, and where it is taken.
  public struct Lock: Hashable, Sendable {
    public var name: String
    /// `?.+.`
    public var usage: String
    /// `2:2`; empty in kernels before 5.7.
    public var waitTypes: String
    /// The function behind `at:`, without offset.
    public var function: String
  }

  public struct Link: Hashable, Sendable {
    public var lock: Lock
    public var stack: [String]
  }

  public var kind: Kind
  /// The word that the report's head begins with: `WARNING`, `BUG` or `INFO`.
  public var head: String = ""
  public var kernel: String = ""
  public var task: String = ""
  /// The lock that is being taken, released or freed.
  public var wanted: Lock?
  /// The lock that the task holds and that makes taking `wanted` wrong.
  public var blocker: Lock?
  /// The lock at the far end of what was found: the interrupt-unsafe one.
  public var other: Lock?
  /// Locks held by the task, outermost first.
  public var held: [Lock] = []
  /// What the report says in a line of its own: a place in the source, a range of memory, a table.
  public var detail: String = ""
  /// `{HARDIRQ-ON-W} -> {IN-HARDIRQ-W}` in an inconsistent state.
  public var oldState: String = ""
  public var newState: String = ""
  /// Where the old state was registered: innermost first, functions without offsets.
  public var registeredStack: [String] = []
  /// Where a lock became interrupt-safe, and where another became unsafe, innermost first.
  public var safeStack: [String] = []
  public var unsafeStack: [String] = []
  /// The existing dependency chain, as printed (in reverse order).
  public var chain: [Link] = []
  /// The stack of this event, innermost first; frames that the kernel marks `?` are left out.
  public var stack: [String] = []
  public var lines: ClosedRange<Int>
  /// The report's own lines without prefixes; what others printed between them is left out.
  /// Only the first few reports of a log have them.
  public var text: [String] = []

  public init(kind: Kind, lines: ClosedRange<Int>) {
    self.kind = kind
    self.lines = lines
  }
}
