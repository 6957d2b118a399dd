/// How strongly a lock is taken (the kernel's `read` argument of `lock_acquire`).
public enum LockMode: UInt8, Sendable, Hashable {
  /// Exclusive.
  case exclusive = 0
  /// Shared; may block behind a waiting writer, so it must not recurse.
  case read = 1
  /// Shared; never blocked by another reader.
  case recursiveRead = 2

  /// Whether usage is recorded in the read bits.
  @inlinable public var isRead: Bool { self != .exclusive }
}

/// One way of taking a lock: the arguments of `lock_acquire` besides the lock and the place.
public struct Acquisition: Hashable, Sendable {
  /// For writing, for reading, or for reading again by whoever reads already.
  public var mode: LockMode
  /// Cannot block: no dependency leads to it and no wait context is checked.
  public var isTrylock: Bool
  /// False: held, but no part of the graph and of no interrupt usage (RCU).
  public var isChecked: Bool
  /// 0 to 7; a higher one is reported.
  public var subclass: UInt8
  /// A held lock that makes it safe to hold several of one class.
  public var nest: LockID?

  /// A way to take a lock.
  @inlinable
  public init(
    mode: LockMode = .exclusive, isTrylock: Bool = false, isChecked: Bool = true,
    subclass: UInt8 = 0, nest: LockID? = nil
  ) {
    self.mode = mode
    self.isTrylock = isTrylock
    self.isChecked = isChecked
    self.subclass = subclass
    self.nest = nest
  }

  /// Checked, waiting, of subclass 0, under no nest lock.
  @inline(__always)
  var isPlain: Bool { isChecked && !isTrylock && subclass == 0 && nest == nil }

  /// For writing, waiting for it.
  @inlinable public static var exclusive: Acquisition { Acquisition() }
  /// For writing, and only if nobody has it.
  @inlinable public static var trylock: Acquisition { Acquisition(isTrylock: true) }
  /// For reading; another reader that waits behind a writer may block it.
  @inlinable public static var read: Acquisition { Acquisition(mode: .read) }
  /// For reading, also where the context reads already.
  @inlinable public static var recursiveRead: Acquisition { Acquisition(mode: .recursiveRead) }
  /// As `rcu_read_lock()` takes its map.
  @inlinable public static var unchecked: Acquisition {
    Acquisition(mode: .recursiveRead, isChecked: false)
  }
}
