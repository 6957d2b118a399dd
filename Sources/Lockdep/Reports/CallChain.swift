/// A function of the kernel's validator that can stand on the stack of a report or a saved trace.
///
/// The raw value is the kernel's name, so that a caller can give it an address.
public enum LockdepFunction: String, Sendable, Hashable, Codable, CaseIterable {
  case dumpStackLvl = "dump_stack_lvl"
  case dumpStack = "dump_stack"
  case saveTrace = "save_trace"
  case lockAcquire = "lock_acquire"
  case lockSync = "lock_sync"
  case lockRelease = "lock_release"
  case lockRelease2 = "__lock_release"
  case lockAcquire2 = "__lock_acquire"
  case lockDowngrade = "lock_downgrade"
  case lockDowngrade2 = "__lock_downgrade"
  case lockSetClass = "lock_set_class"
  case lockSetClass2 = "__lock_set_class"
  case reacquireHeldLocks = "reacquire_held_locks"
  case registerLockClass = "register_lock_class"
  case lookUpLockClass = "look_up_lock_class"
  case assignLockKey = "assign_lock_key"
  case markUsage = "mark_usage"
  case markLock = "mark_lock"
  case markLockIrq = "mark_lock_irq"
  case markHeldLocks = "mark_held_locks"
  case validState = "valid_state"
  case printUsageBug = "print_usage_bug"
  case checkUsageForwards = "check_usage_forwards"
  case checkUsageBackwards = "check_usage_backwards"
  case printIrqInversionBug = "print_irq_inversion_bug"
  case checkWaitContext = "check_wait_context"
  case printInvalidWaitContext = "print_lock_invalid_wait_context"
  case printNestedLockNotHeld = "print_lock_nested_lock_not_held"
  case validateChain = "validate_chain"
  case lookUpChainCacheAdd = "lookup_chain_cache_add"
  case addChainCache = "add_chain_cache"
  case checkDeadlock = "check_deadlock"
  case printDeadlockBug = "print_deadlock_bug"
  case checkPrevsAdd = "check_prevs_add"
  case checkPrevAdd = "check_prev_add"
  case checkNoncircular = "check_noncircular"
  case printCircularBug = "print_circular_bug"
  case printBfsBug = "print_bfs_bug"
  case checkIrqUsage = "check_irq_usage"
  case printBadIrqDependency = "print_bad_irq_dependency"
  case addLockToList = "add_lock_to_list"
  case allocListEntry = "alloc_list_entry"
  case printUnlockImbalanceBug = "print_unlock_imbalance_bug"
  case debugCheckNoLocksFreed = "debug_check_no_locks_freed"
  case printFreedLockBug = "print_freed_lock_bug"
  case debugCheckNoLocksHeld = "debug_check_no_locks_held"
  case printHeldLocksBug = "print_held_locks_bug"
  case rcuSuspicious = "lockdep_rcu_suspicious"
  case hardirqsOnCaller = "__trace_hardirqs_on_caller"
  case hardirqsOnPrepare = "lockdep_hardirqs_on_prepare"
  case softirqsOn = "lockdep_softirqs_on"
  case verifyLockUnused = "verify_lock_unused"
  case lockPin = "lock_pin_lock"
  case lockUnpin = "lock_unpin_lock"
}

/// How the kernel got into the validator.
enum EntryPoint: UInt8 {
  case acquire, sync, release, downgrade, setClass, hardirqsOn, softirqsOn, nmi

  /// The functions between `__lock_acquire` (inclusive, where there is one) and the caller.
  var chain: [LockdepFunction] {
    switch self {
    case .acquire: CallChain.acquire
    case .sync: CallChain.sync
    case .release: CallChain.release
    case .downgrade: CallChain.downgrade
    case .setClass: CallChain.setClass
    case .hardirqsOn: CallChain.hardirqsOn
    case .softirqsOn: CallChain.softirqsOn
    case .nmi: CallChain.nmi
    }
  }

  /// From `mark_lock` to the caller.
  var marking: [LockdepFunction] {
    switch self {
    case .hardirqsOn, .softirqsOn: [.markLock, .markHeldLocks] + chain
    default: [.markLock, .markUsage] + chain
    }
  }
}

/// The kernel's call chains, innermost function first.
enum CallChain {
  static let acquire: [LockdepFunction] = [.lockAcquire2, .lockAcquire]
  static let sync: [LockdepFunction] = [.lockAcquire2, .lockSync]
  static let release: [LockdepFunction] = [
    .lockAcquire2, .reacquireHeldLocks, .lockRelease2, .lockRelease,
  ]
  static let downgrade: [LockdepFunction] = [
    .lockAcquire2, .reacquireHeldLocks, .lockDowngrade2, .lockDowngrade,
  ]
  static let setClass: [LockdepFunction] = [
    .lockAcquire2, .reacquireHeldLocks, .lockSetClass2, .lockSetClass,
  ]
  static let hardirqsOn: [LockdepFunction] = [.hardirqsOnCaller, .hardirqsOnPrepare]
  static let softirqsOn: [LockdepFunction] = [.softirqsOn]
  static let nmi: [LockdepFunction] = [.verifyLockUnused, .lockAcquire]

  static let registering: [LockdepFunction] = [.registerLockClass]
  static let chain: [LockdepFunction] = [.validateChain]
  static let previous: [LockdepFunction] = [.checkPrevAdd, .checkPrevsAdd, .validateChain]
}

extension [LockdepFunction] {
  static let lookingUp: [LockdepFunction] = [.lookUpLockClass, .registerLockClass]
}
