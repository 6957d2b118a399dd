/// Something that the validator found: a value with all that its text needs.
///
/// ``render(_:in:)`` gives the text.
public indirect enum LockReport: Hashable, Sendable {
  /// "possible recursive locking detected".
  case recursiveLocking(RecursiveLocking)
  /// "possible circular locking dependency detected".
  case circularDependency(CircularDependency)
  /// "inconsistent lock state".
  case inconsistentState(InconsistentState)
  /// "X-safe -> X-unsafe lock order detected".
  case unsafeOrder(UnsafeOrder)
  /// "possible irq lock inversion dependency detected".
  case irqInversion(IRQInversion)
  /// "[ BUG: Invalid wait context ]".
  case invalidWaitContext(InvalidWaitContext)
  /// "Nested lock was not taken"; the lock, and the nest lock's name.
  case nestedLockNotTaken(LockDescription, nest: String, Scene)
  /// "bad unlock balance detected!"; the instance's name, and where the release is.
  case unlockImbalance(name: String, at: LockdepFrame, Scene)
  /// "held lock freed!"; the first and the last byte freed.
  case heldLockFreed(LockDescription, from: UInt64, through: UInt64, Scene)
  /// "still has locks held!".
  case exitWithLocks(Scene)
  /// "lock held when returning to user space!".
  case returnWithLocks(Scene)
  /// "suspicious RCU usage"; the first of the reports that leave the validator on.
  case suspiciousRCU(SuspiciousRCU)
  /// A table of the validator is full.
  case tableFull(Table, Scene)
  /// "BUG: MAX_LOCK_DEPTH too low!"; the scene has the 48 locks.
  case depthExceeded(Scene)
  /// "INFO: trying to register non-static key."
  case nonStaticKey(Scene)
  /// "BUG: looking up invalid subclass: 9".
  case invalidSubclass(UInt8, Scene)
  /// "BUG: key … has not been registered!"
  case unregisteredKey(LockKey)
  /// A search's queue is full ("lockdep bfs error:-1").
  case searchOverflow(Scene)
  /// "bad contention detected!" of CONFIG_LOCK_STAT: the lock waited for is not being taken.
  case badContention(name: String, at: LockdepFrame, Scene)
  /// "BUG: sleeping function called from invalid context", a neighbour that lists held locks.
  case sleepingInAtomic(SleepingInAtomic)
  /// "BUG: scheduling while atomic", another; with the preempt count.
  case schedulingWhileAtomic(preemptCount: UInt32, Scene)
  /// A warning of the kernel's own code: `DEBUG_LOCKS_WARN_ON` turns the validator off, others
  /// do not.
  case warning(KernelWarning)

  /// The validator's tables, by the macro that limits them.
  public enum Table: String, Sendable, Hashable {
    /// Classes.
    case keys = "MAX_LOCKDEP_KEYS"
    /// Dependencies.
    case entries = "MAX_LOCKDEP_ENTRIES"
    /// Chains.
    case chains = "MAX_LOCKDEP_CHAINS"
    /// Locks of all chains.
    case chainLocks = "MAX_LOCKDEP_CHAIN_HLOCKS"
    /// Kept stacks.
    case traces = "MAX_STACK_TRACE_ENTRIES"

    /// The name without the `MAX_` that all have.
    var shortName: String { String(rawValue.dropFirst("MAX_".utf8.count)) }
  }
}

/// A lock is taken while one of its class is held.
public struct RecursiveLocking: Hashable, Sendable {
  /// The lock that is being taken.
  public var next: LockDescription
  /// The lock of its class that is held.
  public var previous: LockDescription
  /// What the class's compare function said, if it has one.
  public var comparison: Int?
  /// What the task was doing.
  public var scene: Scene
}

/// A step of a dependency path: a class, and where it was taken while the one before was held.
public struct PathStep: Hashable, Sendable {
  /// The class.
  public var lockClass: ClassDescription
  /// Where it was taken then, innermost first.
  public var trace: [LockdepFrame]
}

/// Taking `source` while `target` is held would close a circle.
public struct CircularDependency: Hashable, Sendable {
  /// The lock that is being taken.
  public var source: LockDescription
  /// The lock that is held.
  public var target: LockDescription
  /// From the target's class back to the source's, which comes last with a trace taken now.
  public var path: [PathStep]
  /// What the task was doing.
  public var scene: Scene
}

/// A lock is used in an interrupt and also held with that interrupt enabled.
public struct InconsistentState: Hashable, Sendable {
  /// The lock.
  public var lock: LockDescription
  /// The usage that it had.
  public var previous: UsageBit
  /// The usage that does not go with it.
  public var new: UsageBit
  /// What the task was doing.
  public var scene: Scene
}

/// A new dependency leads from a lock used in interrupts to one that is held with them enabled.
public struct UnsafeOrder: Hashable, Sendable {
  /// The lock that is being taken.
  public var next: LockDescription
  /// The lock that is held.
  public var previous: LockDescription
  /// The usage in an interrupt.
  public var safeBit: UsageBit
  /// The usage with that interrupt on.
  public var unsafeBit: UsageBit
  /// From the safe class to the class of `previous`, which comes last with a trace taken now.
  public var safePath: [PathStep]
  /// From the unsafe class back to the class of `next`, which comes last with a trace taken now.
  public var unsafePath: [PathStep]
  /// What the task was doing.
  public var scene: Scene
}

/// A lock's new usage conflicts with that of a lock that it is connected with.
public struct IRQInversion: Hashable, Sendable {
  /// The lock whose usage is new.
  public var lock: LockDescription
  /// The lock took the other one in the past; else it was taken by the other one.
  public var isForward: Bool
  /// The other's usage that conflicts; gives the state's name.
  public var otherBit: UsageBit
  /// From the other class back to the lock's own, which comes last with a trace taken now.
  public var path: [PathStep]
  /// What the task was doing.
  public var scene: Scene
}

/// A lock that may wait longer than its context allows.
public struct InvalidWaitContext: Hashable, Sendable {
  /// The lock that is being taken.
  public var lock: LockDescription
  /// The task's own context as a number, whatever locks it holds.
  public var taskContext: UInt8
  /// What the task was doing.
  public var scene: Scene
}

/// `RCU_LOCKDEP_WARN`.
public struct SuspiciousRCU: Hashable, Sendable {
  /// The source file of the check.
  public var file: String
  /// The line of the check.
  public var line: Int
  /// What the check says.
  public var text: String
  /// Whether the processor is online.
  public var isCPUOnline: Bool
  /// Whether RCU watches the processor.
  public var isRCUWatching: Bool
  /// `rcu_scheduler_active`: 2 once booted.
  public var schedulerActive: Int
  /// `debug_locks` at that moment.
  public var isValidatorOn: Bool
  /// What the task was doing.
  public var scene: Scene
}

/// `might_sleep()` where the task must not.
public struct SleepingInAtomic: Hashable, Sendable {
  /// The source file of the call.
  public var file: String
  /// The line of the call.
  public var line: Int
  /// Whether the context is atomic.
  public var isInAtomic: Bool
  /// Whether the task must not block.
  public var isNonBlocking: Bool
  /// The preempt count.
  public var preemptCount: UInt32
  /// The preempt count that the call expects.
  public var expectedPreemptCount: UInt32
  /// The depth of RCU readers, and the one expected; printed by kernels with preemptible RCU.
  public var rcuDepth: RCUDepth?
  /// What the task was doing.
  public var scene: Scene

  /// How deep the task is in read-side sections of RCU.
  public struct RCUDepth: Hashable, Sendable {
    /// The depth.
    public var depth: Int
    /// The depth that the call expects.
    public var expected: Int

    /// A depth and what is expected.
    public init(depth: Int, expected: Int) {
      self.depth = depth
      self.expected = expected
    }
  }
}

/// A `WARN` in the kernel.
public struct KernelWarning: Hashable, Sendable {
  /// Its text: the condition in `DEBUG_LOCKS_WARN_ON(…)`, or the format's result.
  public var text: String
  /// The warning comes from `DEBUG_LOCKS_WARN_ON`, which turns the validator off.
  public var isDebugLocks: Bool
  /// What the task was doing.
  public var scene: Scene
}

extension LockReport {
  /// Who was where when the report was made; nil if it has no task.
  public var scene: Scene? {
    switch self {
    case .recursiveLocking(let report): report.scene
    case .circularDependency(let report): report.scene
    case .inconsistentState(let report): report.scene
    case .unsafeOrder(let report): report.scene
    case .irqInversion(let report): report.scene
    case .invalidWaitContext(let report): report.scene
    case .suspiciousRCU(let report): report.scene
    case .warning(let report): report.scene
    case .sleepingInAtomic(let report): report.scene
    case .nestedLockNotTaken(_, _, let scene), .unlockImbalance(_, _, let scene),
      .badContention(_, _, let scene), .schedulingWhileAtomic(_, let scene),
      .heldLockFreed(_, _, _, let scene), .exitWithLocks(let scene), .returnWithLocks(let scene),
      .tableFull(_, let scene), .depthExceeded(let scene), .nonStaticKey(let scene),
      .invalidSubclass(_, let scene), .searchOverflow(let scene):
      scene
    case .unregisteredKey: nil
    }
  }

  /// The lock that the report is about: the one being taken, freed or marked; nil if there is none.
  public var lock: LockDescription? {
    switch self {
    case .recursiveLocking(let report): report.next
    case .circularDependency(let report): report.source
    case .inconsistentState(let report): report.lock
    case .unsafeOrder(let report): report.next
    case .irqInversion(let report): report.lock
    case .invalidWaitContext(let report): report.lock
    case .nestedLockNotTaken(let lock, _, _), .heldLockFreed(let lock, _, _, _): lock
    default: nil
    }
  }

  /// Whether the kernel goes on validating after it.
  public var leavesValidatorOn: Bool {
    switch self {
    case .suspiciousRCU, .sleepingInAtomic, .schedulingWhileAtomic: true
    case .warning(let warning): !warning.isDebugLocks
    default: false
    }
  }

  /// The line that names the finding, as a log search would look for it.
  public var title: String {
    switch self {
    case .recursiveLocking: ReportLine.recursive.text()
    case .circularDependency: ReportLine.circular.text()
    case .inconsistentState: ReportLine.inconsistent.text()
    case .unsafeOrder(let report):
      ReportLine.unsafeOrder.text([report.safeBit.stateName, report.safeBit.stateName])
    case .irqInversion: ReportLine.inversion.text()
    case .invalidWaitContext: "[ BUG: \(ReportLine.waitContext.text()) ]"
    case .nestedLockNotTaken: ReportLine.nestedLock.text()
    case .unlockImbalance: ReportLine.imbalance.text()
    case .heldLockFreed: ReportLine.freed.text()
    case .exitWithLocks(let scene): ReportLine.stillHeld.text(["\(scene.task)"])
    case .returnWithLocks: ReportLine.userReturn.text()
    case .suspiciousRCU: ReportLine.suspiciousRCU.text()
    case .tableFull(let table, _): ReportLine.tooLow.text([table.shortName])
    case .depthExceeded: ReportLine.tooLow.text(["LOCK_DEPTH"])
    case .nonStaticKey: ReportLine.nonStaticKey.text()
    case .invalidSubclass(let subclass, _): ReportLine.invalidSubclass.text(["\(subclass)"])
    case .unregisteredKey: "BUG: key has not been registered!"
    case .searchOverflow: "lockdep bfs error:-1"
    case .badContention: ReportLine.contention.text()
    case .sleepingInAtomic: "BUG: sleeping function called from invalid context"
    case .schedulingWhileAtomic: "BUG: scheduling while atomic"
    case .warning(let warning):
      warning.isDebugLocks ? "DEBUG_LOCKS_WARN_ON(\(warning.text))" : warning.text
    }
  }
}
