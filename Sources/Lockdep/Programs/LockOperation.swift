/// One operation of a lock program.
public enum LockOperation: Hashable, Sendable {
  /// Takes a lock.
  case acquire(LockObject, LockManner)
  /// Let it go.
  case release(LockObject)
  /// Initialises the lock again, as `spin_lock_init()` does.
  case initialise(LockObject)
  /// Takes and lets go at once: `might_lock()`.
  case touch(LockObject, LockManner)
  /// Waits for a lock without taking it: `lock_sync()`.
  case sync(LockObject)
  /// Turn a write hold into a read hold.
  case downgrade(LockObject)
  /// See that nobody lets the lock go.
  case pin(LockObject)
  /// Take the pin away.
  case unpin(LockObject)
  /// Frees the memory that the lock lies in.
  case free(LockObject)
  /// Switch interrupts off or on, enter a handler or leave it.
  case interrupts(InterruptOperation)
  /// Something with a ww_mutex.
  case wound(WoundWaitOperation)
  /// `memalloc_nofs_save()` and back.
  case nofs(Bool)
  /// `might_alloc(gfp)`; true if the flags allow file system reclaim.
  case mightAlloc(Bool)
  /// The task ends.
  case exitTask
  /// The task returns to user space.
  case returnToUser
}

/// How an operation takes a lock.
public struct LockManner: Hashable, Sendable {
  /// For writing or for reading.
  public var side: Side = .write
  /// Only if nobody has it.
  public var isTrylock = false
  /// The class's subclass, 0 to 7.
  public var subclass: UInt8 = 0
  /// The lock under which several of one class may be taken; nil for none.
  public var nest: LockObject?

  /// Who else may hold the lock.
  public enum Side: Sendable, Hashable {
    /// Nobody else may hold it.
    case write
    /// Shared: recursive or not by the kind, the context and the program's setting.
    case read
    /// Shared and recursive, whatever the setting.
    case recursiveRead
  }
}

/// What happens to a context's interrupts.
public enum InterruptOperation: String, Hashable, Sendable, CaseIterable {
  /// Hard interrupts go off.
  case hardirqDisable = "HARDIRQ_DISABLE"
  /// Hard interrupts go on.
  case hardirqEnable = "HARDIRQ_ENABLE"
  /// A hard interrupt's handler begins; on PREEMPT_RT it is a thread.
  case hardirqEnter = "HARDIRQ_ENTER"
  /// A handler begins that runs as a hard interrupt even on PREEMPT_RT.
  case hardirqEnterNotThreaded = "HARDIRQ_ENTER_NOTTHREADED"
  /// The handler ends.
  case hardirqExit = "HARDIRQ_EXIT"
  /// Soft interrupts go off.
  case softirqDisable = "SOFTIRQ_DISABLE"
  /// Soft interrupts go on.
  case softirqEnable = "SOFTIRQ_ENABLE"
  /// A soft interrupt's handler begins.
  case softirqEnter = "SOFTIRQ_ENTER"
  /// A soft interrupt's handler ends.
  case softirqExit = "SOFTIRQ_EXIT"
  /// A non-maskable interrupt begins.
  case nmiEnter = "NMI_ENTER"
  /// A non-maskable interrupt ends.
  case nmiExit = "NMI_EXIT"
}

/// What a program does with wound/wait mutexes (kernel/locking/ww_mutex.h).
public enum WoundWaitOperation: Hashable, Sendable {
  /// Make a context.
  case initialise(context: String)
  /// Say that all locks of a context are taken.
  case done(context: String)
  /// Let a context go.
  case finish(context: String)
  /// Take a lock, in a context or without one, on the slow path or not.
  case lock(String, context: String?, isSlow: Bool)
  /// Take a lock if nobody has it.
  case tryLock(String)
  /// Let a lock go.
  case unlock(String)
  /// The plain mutex inside.
  case lockBase(String, nest: String?)
  /// Take the mutex inside if nobody has it.
  case tryLockBase(String)
  /// Let the mutex inside go.
  case unlockBase(String)
  /// Its lock map alone.
  case releaseMap(String)
  /// Take the map of a context if nobody has it.
  case acquireMapTry(String)
  /// Pokes a field, or copies one context onto another.
  case set(WoundWaitPoke)
  /// Asserts that a field has a value.
  case expect(WoundWaitPlace, WoundWaitValue)
}

/// `o2.ctx`, `t.stamp`.
public struct WoundWaitPlace: Hashable, Sendable {
  /// The lock or the context.
  public var object: String
  /// Its member.
  public var field: String
}

/// What a program writes into a member.
public enum WoundWaitValue: Hashable, Sendable {
  /// `NULL`, or an integer; `~0` is -1.
  case number(Int)
  /// The address of an object.
  case object(String)
}

/// What a program does with a member behind the kernel's back.
public enum WoundWaitPoke: Hashable, Sendable {
  /// Write a value into it.
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

  /// -EDEADLK: the lock cannot be taken without a deadlock.
  public static let deadlock = LockResult.code(-35)
  /// -EALREADY: the context has the lock.
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
