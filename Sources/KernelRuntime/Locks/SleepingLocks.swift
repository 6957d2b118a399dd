internal import Lockdep

/// Mutexes and semaphores, which a task may sleep for.
extension KernelContext {
  /// How one is taken.
  package enum Sleeping {
    case mutex
    /// A semaphore, for reading.
    case shared
    /// A semaphore, for writing.
    case exclusive

    /// The functions between the caller and the validator, outermost first.
    fileprivate var functions: [String] {
      switch self {
      case .mutex: ["mutex_lock_nested", "__mutex_lock"]
      case .shared: ["down_read"]
      case .exclusive: ["down_write"]
      }
    }

    fileprivate var acquisition: Acquisition { self == .shared ? .read : .exclusive }
  }

  /// Runs `body` with the lock held; a kernel that has no such lock runs it as it is.
  package func locked<Result, Failure: Error>(
    _ lock: KernelLock?, _ how: Sleeping, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let lock else { return try body() }
    acquire(lock, how)
    defer { locks?.release(lock) }
    return try body()
  }

  /// Takes the lock; `unlock` gives it back.
  package func acquire(_ lock: KernelLock, _ how: Sleeping) {
    guard let locks else { return }
    let functions = how.functions
    let place = stack.innermostFrame(
      inner: [functions[0]], frameless: build.callSites.frameless)
    call(functions) { locks.acquire(lock, how.acquisition, at: place) }
  }

  package func unlock(_ lock: KernelLock?) {
    if let lock { locks?.release(lock) }
  }

  /// Runs `body` in the innermost of nested calls, outermost first.
  private func call(_ functions: [String], _ body: () -> Void) {
    guard let outermost = functions.first else { return body() }
    call(outermost) { call(Array(functions.dropFirst()), body) }
  }
}
