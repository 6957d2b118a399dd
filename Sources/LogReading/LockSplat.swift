internal import Text

/// A lockdep report as it stands in a log.
public struct LockSplat: Hashable, Sendable {
  /// What kind of report it is.
  public enum Kind: String, Hashable, Sendable {
    /// A lock is used in interrupts and held with them on.
    case inconsistentState = "inconsistent lock state"
    /// Locks are taken in a circle.
    case circular = "possible circular locking dependency"
    /// An interrupt takes a lock that leads to one held with interrupts on.
    case inversion = "possible irq lock inversion"
    /// A lock used in interrupts leads to one held with them on.
    case unsafeOrder = "irq-safe to irq-unsafe lock order"
    /// A lock of a class is taken under one of the same class.
    case recursive = "possible recursive locking"
    /// A lock that may sleep is taken where nothing may.
    case waitContext = "invalid wait context"
    /// RCU is used outside a read-side section.
    case rcu = "suspicious RCU usage"
    /// A nest lock is not held.
    case nestLock = "nested lock was not taken"
    /// A lock is let go that is not held.
    case badUnlock = "bad unlock balance"
    /// A lock is waited for that nobody has begun to take.
    case badContention = "bad lock contention"
    /// A lock is freed while it is held.
    case heldFreed = "held lock freed"
    /// A task ends with locks held.
    case exit = "task exits with locks held"
    /// A task returns to user space with locks held.
    case userReturn = "locks held when returning to user space"
    /// A lock has no key.
    case unregistered = "lock without a static key"
    /// A table of the validator is full.
    case tableFull = "lockdep's tables are full"
    /// A function that may sleep is called where nothing may.
    case sleeping = "sleeping function called from invalid context"
    /// The validator's own books do not agree: a `WARNING` at a place in lockdep.c.
    case failedCheck = "a check of lockdep's own failed"
  }

  /// A lock with the usage that lockdep prints in braces, and where it is taken.
  public struct Lock: Hashable, Sendable {
    /// The name of its class.
    public var name: String
    /// `?.+.`
    public var usage: String
    /// `2:2`; empty in kernels before 5.7.
    public var waitTypes: String
    /// The function behind `at:`, without offset.
    public var function: String

    /// Whether it is not a lock and stands for memory reclaim, which an allocation that may sleep "takes".
    package var isReclaim: Bool {
      name.hasPrefix("fs_reclaim") || name.contains("mmu_notifier_invalidate")
    }
  }

  /// A lock of the chain, and where it was taken.
  public struct Link: Hashable, Sendable {
    /// The lock.
    public var lock: Lock
    /// The functions, innermost first.
    public var stack: [String]
  }

  /// A usage as reports name it: `HARDIRQ-ON-W`.
  package struct Usage: Hashable, Sendable {
    /// Whether it is about soft interrupts; the others are about hard ones.
    package var isSoft: Bool
    /// Whether the lock is used inside the interrupt; the others say that it is held with them on.
    package var isInside: Bool
    /// Whether it is taken for reading.
    package var isRead: Bool

    /// Nil for a usage that has nothing to do with interrupts.
    package init?(_ text: String) {
      let kinds: [(String, isSoft: Bool, isInside: Bool)] = [
        ("IN-HARDIRQ", false, true), ("IN-SOFTIRQ", true, true), ("HARDIRQ-ON", false, false),
        ("SOFTIRQ-ON", true, false),
      ]
      guard let kind = kinds.first(where: { text.hasPrefix($0.0) }) else { return nil }
      (isSoft, isInside) = (kind.isSoft, kind.isInside)
      isRead = !text.hasSuffix("W")
    }
  }

  /// Whether RCU complains of a switch of tasks inside a read-side section.
  package var isContextSwitch: Bool { kind == .rcu && detail.contains("context switch") }

  /// What kind of report it is.
  public var kind: Kind
  /// The word that the report's head begins with: `WARNING`, `BUG` or `INFO`.
  public var head: String = ""
  /// The kernel's release; empty where the report does not say.
  public var kernel: String = ""
  /// The task; empty where the report does not say.
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
  /// The usage that does not go with the old one.
  public var newState: String = ""
  /// Where the old state was registered: innermost first, functions without offsets.
  public var registeredStack: [String] = []
  /// Where a lock became interrupt-safe, and where another became unsafe, innermost first.
  public var safeStack: [String] = []
  /// Where the unsafe usage came about.
  public var unsafeStack: [String] = []
  /// The existing dependency chain, as printed (in reverse order).
  public var chain: [Link] = []
  /// The stack of this event, innermost first; frames that the kernel marks `?` are left out.
  public var stack: [String] = []
  /// The report's lines, from 1 on.
  public var lines: ClosedRange<Int>
  /// The report's own lines without prefixes; what others printed between them is left out.
  /// Only the first few reports of a log have them.
  public var text: [String] = []

  /// A report of a kind.
  public init(kind: Kind, lines: ClosedRange<Int>) {
    self.kind = kind
    self.lines = lines
  }
}
