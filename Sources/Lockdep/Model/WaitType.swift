/// How a lock waits, and so in which context it may be taken (the kernel's `enum lockdep_wait_type`).
public enum WaitType: UInt8, Sendable, Hashable, CaseIterable {
  /// Unchecked.
  case invalid
  /// Never waits (RCU).
  case free
  /// Spins always (`raw_spinlock_t`).
  case spin
  /// Spins, or sleeps on PREEMPT_RT (`spinlock_t`).
  case config
  /// Sleeps (`struct mutex`).
  case sleep
  /// The context of a task that holds nothing.
  case max

  /// The number that reports print and that checks compare.
  ///
  /// CONFIG_PROVE_RAW_LOCK_NESTING tells `config` from `spin`; without it they are one.
  @inlinable
  public func number(rawNesting: Bool) -> UInt8 {
    switch self {
    case .invalid: 0
    case .free: 1
    case .spin: 2
    case .config: rawNesting ? 3 : 2
    case .sleep: rawNesting ? 4 : 3
    case .max: rawNesting ? 5 : 4
    }
  }
}

/// The kernel's `enum lockdep_lock_type`: what the dependency searches make of a class.
public enum LockType: UInt8, Sendable, Hashable {
  /// A lock as others.
  case normal
  /// `local_lock_t`: searches for interrupt usage skip it with everything behind it.
  case perCPU
  /// Only changes the wait context of what is taken under it.
  case waitOverride
}
