/// The sorts of locks that the notation knows; an object belongs to one by the verb that uses it.
///
/// `L(A)` and `WL(A)` speak of two locks: `lock_A` and `rwlock_A`.
public enum LockFamily: String, Sendable, Hashable, CaseIterable {
  /// A spinlock_t: `L`, `U`.
  case spin = "lock"
  /// A raw_spinlock_t: `RAWL`, `RAWU`.
  case raw = "raw_lock"
  /// A rwlock_t: `WL`, `WU`, `RL`, `RU`.
  case rwlock
  /// A mutex: `ML`, `MU`.
  case mutex
  /// A rw_semaphore: `WSL`, `WSU`, `RSL`, `RSU`.
  case rwsem
  /// A rt_mutex: `RTL`, `RTU`.
  case rtMutex = "rtmutex"
  /// A local_lock_t: `LLL`, `LLU`.
  case local = "local"
  /// A seqcount_t: `SEQL`, `SEQR`, `SEQU`.
  case seqcount
  /// The read side of RCU: `RCU_LOCK`.
  case rcu = "rcu_read_lock"
  /// The read side of RCU with soft interrupts off: `RCU_BH_LOCK`.
  case rcuBH = "rcu_read_lock_bh"
  /// The read side of RCU with preemption off: `RCU_SCHED_LOCK`.
  case rcuSched = "rcu_read_lock_sched"
  /// The read side of sleepable RCU: `SRCU_LOCK(a)`.
  case srcu
  /// Any map of the kernel's: `MAP_ACQUIRE`.
  case map
  /// Memory reclaim, which allocations may enter: `FSR_ACQUIRE`.
  case fsReclaim = "fs_reclaim"
  /// A ww_mutex.
  case wwMutex = "ww_lockdep_mutex"
  /// The context under which ww_mutexes are taken.
  case wwContext = "ww_lockdep_acquire"

  /// What the validator must know of it.
  public var kind: LockKind {
    switch self {
    case .spin: .spinlock
    case .raw: .rawSpinlock
    case .rwlock: .rwlock
    case .mutex, .wwMutex: .mutex
    case .rwsem: .rwsem
    case .rtMutex: .rtMutex
    case .local: .localLock
    case .seqcount: .seqcount
    case .rcu: .rcu
    case .rcuBH: .rcuBH
    case .rcuSched: .rcuSched
    case .srcu: .srcu
    case .map, .fsReclaim, .wwContext: .map
    }
  }

  /// One class for all, named like the family: the maps that the kernel has once.
  var isSingle: Bool {
    switch self {
    case .rcu, .rcuBH, .rcuSched, .fsReclaim, .wwMutex, .wwContext: true
    default: false
    }
  }
}

/// An object of a program: a lock by family and name.
public struct LockObject: Hashable, Sendable, CustomStringConvertible {
  /// What kind of lock it is.
  public var family: LockFamily
  /// Its name in the program; empty for a lock that there is once.
  public var name: String

  /// A lock of that kind with that name.
  public init(_ family: LockFamily, _ name: String) {
    self.family = family
    self.name = name
  }

  /// Two objects of one class differ only in this part of their names: the digits of `X1`, or
  /// what follows a colon.
  private var nameParts: (className: String, instance: String) {
    if let colon = name.firstIndex(of: ":") {
      return (String(name[..<colon]), String(name[colon...]))
    }
    guard let first = name.first, first.isASCII, first.isUppercase, name.count > 1,
      name.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
    else { return (name, "") }
    return (String(first), String(name.dropFirst()))
  }

  /// What tells its class from others of the family.
  var classKey: String { family.isSingle ? "" : nameParts.className }

  /// The name of its class as reports print it.
  ///
  /// `A` is a variable of its own (`&lock_A`), `X1` was initialised through a pointer called
  /// `lock`, both as in the kernel's selftests; any other name stands for itself.
  public var className: String {
    if family.isSingle { return family.rawValue }
    let (className, instance) = nameParts
    guard className.count == 1, let letter = className.first, letter.isUppercase else {
      return className
    }
    return instance.isEmpty || instance.hasPrefix(":")
      ? "&\(family.rawValue)_\(letter)" : family.rawValue
  }

  public var description: String { name.isEmpty ? family.rawValue : name }
}
