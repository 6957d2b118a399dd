/// One of the kernel's locks, as far as the validator can tell them apart.
///
/// ``LockKind/all`` is the table; a caller may make more of its own for hand-made maps.
public struct LockKind: Hashable, Sendable {
  /// The kernel's name of the type.
  public let name: String
  /// Where the lock may be taken; `invalid` means "as `inner`".
  public let outer: WaitType
  /// The context that the lock creates.
  public let inner: WaitType
  /// A lock as others, per-processor or one that may wait in any context.
  public let type: LockType
  /// How the plain read side takes it; nil if there is none.
  public let read: LockMode?
  /// How the plain (write) side takes it.
  public let write: LockMode
  /// False: held locks of this kind take no part in the graph (RCU).
  public let isChecked: Bool
  /// The size of the kernel's structure in bytes (x86-64, lock debugging on).
  public let size: UInt64
  /// Where its `dep_map` lies in it: reports print the map's address, frees name the structure's.
  public let mapOffset: UInt64

  /// A kind with these properties.
  public init(
    name: String, outer: WaitType = .invalid, inner: WaitType, type: LockType = .normal,
    read: LockMode? = nil, write: LockMode = .exclusive, isChecked: Bool = true,
    size: UInt64 = 40, mapOffset: UInt64 = 0
  ) {
    self.name = name
    self.outer = outer
    self.inner = inner
    self.type = type
    self.read = read
    self.write = write
    self.isChecked = isChecked
    self.size = size
    self.mapOffset = mapOffset
  }
}

extension LockKind {
  /// raw_spinlock_t: spins on every kernel.
  public static let rawSpinlock = LockKind(
    name: "raw_spinlock_t", inner: .spin, size: 64, mapOffset: 24)
  /// spinlock_t: sleeps on PREEMPT_RT.
  public static let spinlock = LockKind(
    name: "spinlock_t", inner: .config, size: 64, mapOffset: 24)
  /// Fair since queued rwlocks: a reader waits behind a waiting writer unless it is in an interrupt.
  public static let rwlock = LockKind(
    name: "rwlock_t", inner: .config, read: .read, size: 64, mapOffset: 24)
  /// struct mutex.
  public static let mutex = LockKind(
    name: "struct mutex", inner: .sleep, size: 144, mapOffset: 104)
  /// struct rw_semaphore.
  public static let rwsem = LockKind(
    name: "struct rw_semaphore", inner: .sleep, read: .read, size: 152, mapOffset: 112)
  /// struct rt_mutex.
  public static let rtMutex = LockKind(
    name: "struct rt_mutex", inner: .sleep, size: 128, mapOffset: 88)
  /// local_lock_t.
  public static let localLock = LockKind(
    name: "local_lock_t", inner: .config, type: .perCPU, size: 48)
  /// seqcount_t.
  public static let seqcount = LockKind(
    name: "seqcount_t", inner: .invalid, read: .recursiveRead, size: 48, mapOffset: 8)
  /// The read side of RCU.
  public static let rcu = LockKind(
    name: "rcu_read_lock", outer: .free, inner: .config, read: .recursiveRead,
    write: .recursiveRead, isChecked: false)
  /// The read side of RCU with soft interrupts off.
  public static let rcuBH = LockKind(
    name: "rcu_read_lock_bh", outer: .free, inner: .config, read: .recursiveRead,
    write: .recursiveRead, isChecked: false)
  /// The read side of RCU with preemption off.
  public static let rcuSched = LockKind(
    name: "rcu_read_lock_sched", outer: .free, inner: .spin, read: .recursiveRead,
    write: .recursiveRead, isChecked: false)
  /// The read side of sleepable RCU.
  public static let srcu = LockKind(
    name: "srcu_struct", inner: .invalid, read: .recursiveRead, write: .recursiveRead,
    isChecked: false)
  /// A map by itself: work items, `fs_reclaim`, `console_lock`, ww acquire contexts.
  public static let map = LockKind(name: "struct lockdep_map", inner: .invalid, read: .read)
  /// A map that lets what is taken under it sleep as if it were a mutex; taken as a trylock.
  public static let waitOverride = LockKind(
    name: "wait-type override", inner: .sleep, type: .waitOverride)

  /// Every kind above, for tables and tests.
  public static let all: [LockKind] = [
    rawSpinlock, spinlock, rwlock, mutex, rwsem, rtMutex, localLock, seqcount, rcu, rcuBH,
    rcuSched, srcu, map, waitOverride,
  ]
}
