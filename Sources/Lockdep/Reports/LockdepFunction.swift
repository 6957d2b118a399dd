/// A function of the kernel's validator that can stand on the stack of a report or a saved trace.
///
/// The raw value is the kernel's name, so that a caller can give it an address.
public enum LockdepFunction: String, Sendable, Hashable, CaseIterable {
  /// Prints the stack trace of a report, from 5.14 on.
  case dumpStackLvl = "dump_stack_lvl"
  /// Prints the stack trace of a report.
  case dumpStack = "dump_stack"
  /// Keeps the stack of an acquire.
  case saveTrace = "save_trace"
  /// The entry for every acquire.
  case lockAcquire = "lock_acquire"
  /// The entry for waiting on a lock without taking it.
  case lockSync = "lock_sync"
  /// The entry for every release.
  case lockRelease = "lock_release"
  /// Does the release.
  case lockRelease2 = "__lock_release"
  /// Does the acquire.
  case lockAcquire2 = "__lock_acquire"
  /// The entry for turning a write hold into a read hold.
  case lockDowngrade = "lock_downgrade"
  /// Does the downgrade.
  case lockDowngrade2 = "__lock_downgrade"
  /// The entry for giving a held lock another class.
  case lockSetClass = "lock_set_class"
  /// Does the change of class.
  case lockSetClass2 = "__lock_set_class"
  /// Takes the held locks anew, in their order.
  case reacquireHeldLocks = "reacquire_held_locks"
  /// Finds or makes the class of a lock.
  case registerLockClass = "register_lock_class"
  /// Finds the class of a lock.
  case lookUpLockClass = "look_up_lock_class"
  /// Gives a lock without a key of its own one.
  case assignLockKey = "assign_lock_key"
  /// Marks how a lock is used by this acquire.
  case markUsage = "mark_usage"
  /// Sets one usage bit of a class.
  case markLock = "mark_lock"
  /// Sets an interrupt bit and looks at what it conflicts with.
  case markLockIrq = "mark_lock_irq"
  /// Marks all held locks when interrupts go on.
  case markHeldLocks = "mark_held_locks"
  /// Compares a new usage bit with its opposite.
  case validState = "valid_state"
  /// Reports an inconsistent lock state.
  case printUsageBug = "print_usage_bug"
  /// Looks for a conflict in what the lock leads to.
  case checkUsageForwards = "check_usage_forwards"
  /// Looks for a conflict in what leads to the lock.
  case checkUsageBackwards = "check_usage_backwards"
  /// Reports an interrupt lock inversion.
  case printIrqInversionBug = "print_irq_inversion_bug"
  /// Compares a lock's wait type with that of its context.
  case checkWaitContext = "check_wait_context"
  /// Reports an invalid wait context.
  case printInvalidWaitContext = "print_lock_invalid_wait_context"
  /// Reports a nest lock that is not held.
  case printNestedLockNotHeld = "print_lock_nested_lock_not_held"
  /// Looks at the chain of held locks that the acquire makes.
  case validateChain = "validate_chain"
  /// Finds the chain, or makes it.
  case lookUpChainCacheAdd = "lookup_chain_cache_add"
  /// Makes the chain.
  case addChainCache = "add_chain_cache"
  /// Looks for a lock of the same class that is held.
  case checkDeadlock = "check_deadlock"
  /// Reports possible recursive locking.
  case printDeadlockBug = "print_deadlock_bug"
  /// Adds the dependencies on the locks held.
  case checkPrevsAdd = "check_prevs_add"
  /// Adds the dependency on one lock held.
  case checkPrevAdd = "check_prev_add"
  /// Looks for a circle.
  case checkNoncircular = "check_noncircular"
  /// Reports a possible circular dependency.
  case printCircularBug = "print_circular_bug"
  /// Reports that a search did not fit.
  case printBfsBug = "print_bfs_bug"
  /// Looks for a lock used in interrupts that the new dependency leads to one held with them on.
  case checkIrqUsage = "check_irq_usage"
  /// Reports an order from safe to unsafe.
  case printBadIrqDependency = "print_bad_irq_dependency"
  /// Keeps a dependency.
  case addLockToList = "add_lock_to_list"
  /// Takes an entry for a dependency.
  case allocListEntry = "alloc_list_entry"
  /// Reports a release without a hold.
  case printUnlockImbalanceBug = "print_unlock_imbalance_bug"
  /// Looks for held locks in memory that is freed.
  case debugCheckNoLocksFreed = "debug_check_no_locks_freed"
  /// Reports a held lock that is freed.
  case printFreedLockBug = "print_freed_lock_bug"
  /// Looks for held locks of a task that ends.
  case debugCheckNoLocksHeld = "debug_check_no_locks_held"
  /// Reports a task that ends with locks held.
  case printHeldLocksBug = "print_held_locks_bug"
  /// Reports RCU that is used outside a read-side section.
  case rcuSuspicious = "lockdep_rcu_suspicious"
  /// Hard interrupts go on, before 5.8.
  case hardirqsOnCaller = "__trace_hardirqs_on_caller"
  /// Hard interrupts are about to go on, from 5.8 on.
  case hardirqsOnPrepare = "lockdep_hardirqs_on_prepare"
  /// Soft interrupts went on.
  case softirqsOn = "lockdep_softirqs_on"
  /// Looks whether a class that shall stay unused is used.
  case verifyLockUnused = "verify_lock_unused"
  /// Pins a held lock.
  case lockPin = "lock_pin_lock"
  /// Takes a pin away.
  case lockUnpin = "lock_unpin_lock"
}
