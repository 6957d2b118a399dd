/// One operation of a lock program.
public enum LockOperation: Hashable, Sendable {
  /// Takes a lock.
  case acquire(LockObject, LockManner)
  case release(LockObject)
  /// Initialises the lock again, as `spin_lock_init()` does.
  case initialise(LockObject)
  /// Takes and lets go at once: `might_lock()`.
  case touch(LockObject, LockManner)
  /// Waits for a lock without taking it: `lock_sync()`.
  case sync(LockObject)
  case downgrade(LockObject)
  case pin(LockObject)
  case unpin(LockObject)
  /// Frees the memory that the lock lies in.
  case free(LockObject)
  case interrupts(InterruptOperation)
  case wound(WoundWaitOperation)
  /// `memalloc_nofs_save()` and back.
  case nofs(Bool)
  /// `might_alloc(gfp)`; true if the flags allow file system reclaim.
  case mightAlloc(Bool)
  case exitTask
  case returnToUser
}

/// How an operation takes a lock.
public struct LockManner: Hashable, Sendable {
  public var side: Side = .write
  public var isTrylock = false
  public var subclass: UInt8 = 0
  public var nest: LockObject?

  public enum Side: Sendable, Hashable {
    case write
    /// Shared: recursive or not by the kind, the context and the program's setting.
    case read
    /// Shared and recursive, whatever the setting.
    case recursiveRead
  }
}

/// What happens to a context's interrupts.
public enum InterruptOperation: String, Hashable, Sendable, CaseIterable {
  case hardirqDisable = "HARDIRQ_DISABLE"
  case hardirqEnable = "HARDIRQ_ENABLE"
  case hardirqEnter = "HARDIRQ_ENTER"
  case hardirqEnterNotThreaded = "HARDIRQ_ENTER_NOTTHREADED"
  case hardirqExit = "HARDIRQ_EXIT"
  case softirqDisable = "SOFTIRQ_DISABLE"
  case softirqEnable = "SOFTIRQ_ENABLE"
  case softirqEnter = "SOFTIRQ_ENTER"
  case softirqExit = "SOFTIRQ_EXIT"
  case nmiEnter = "NMI_ENTER"
  case nmiExit = "NMI_EXIT"
}

/// What a program does with wound/wait mutexes (kernel/locking/ww_mutex.h).
public enum WoundWaitOperation: Hashable, Sendable {
  case initialise(context: String)
  case done(context: String)
  case finish(context: String)
  case lock(String, context: String?, isSlow: Bool)
  case tryLock(String)
  case unlock(String)
  /// The plain mutex inside.
  case lockBase(String, nest: String?)
  case tryLockBase(String)
  case unlockBase(String)
  /// Its lock map alone.
  case releaseMap(String)
  case acquireMapTry(String)
  /// Pokes a field, or copies one context onto another.
  case set(WoundWaitPoke)
  /// Asserts that a field has a value.
  case expect(WoundWaitPlace, WoundWaitValue)
}

/// `o2.ctx`, `t.stamp`.
public struct WoundWaitPlace: Hashable, Sendable {
  public var object: String
  public var field: String
}

public enum WoundWaitValue: Hashable, Sendable {
  /// `NULL`, or an integer; `~0` is -1.
  case number(Int)
  case object(String)
}

public enum WoundWaitPoke: Hashable, Sendable {
  case assign(WoundWaitPlace, WoundWaitValue)
  /// `t.stamp--` is -1.
  case add(WoundWaitPlace, Int)
  /// `t2=t`.
  case copy(String, from: String)
}

/// What an operation's suffix `=x` asserts that it returns.
public enum LockResult: Hashable, Sendable, CustomStringConvertible {
  /// 0 or a negative error number.
  case code(Int)
  /// A trylock's answer.
  case taken(Bool)

  public static let deadlock = LockResult.code(-35)
  public static let already = LockResult.code(-114)

  public var description: String {
    switch self {
    case .deadlock: "-EDEADLK"
    case .already: "-EALREADY"
    case .code(let code): "\(code)"
    case .taken(let isTaken): isTaken ? "ok" : "fail"
    }
  }
}
