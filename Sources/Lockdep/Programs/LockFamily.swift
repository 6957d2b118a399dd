/// The sorts of locks that the notation knows; an object belongs to one by the verb that uses it.
///
/// `L(A)` and `WL(A)` speak of two locks: `lock_A` and `rwlock_A`.
public enum LockFamily: String, Sendable, Hashable, CaseIterable {
  case spin = "lock"
  case raw = "raw_lock"
  case rwlock
  case mutex
  case rwsem
  case rtMutex = "rtmutex"
  case local = "local"
  case seqcount
  case rcu = "rcu_read_lock"
  case rcuBH = "rcu_read_lock_bh"
  case rcuSched = "rcu_read_lock_sched"
  case srcu
  case map
  case fsReclaim = "fs_reclaim"
  case wwMutex = "ww_lockdep_mutex"
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
  public var family: LockFamily
  public var name: String

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
