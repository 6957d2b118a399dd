#if hasFeature(Embedded)
  /// A lock where there is one thread.
  package final class UnitLock<Value>: @unchecked Sendable {
    private var value: Value

    package init(_ value: consuming sending Value) { self.value = value }

    package func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(&value) }
  }
#elseif THREAD_SANITIZER
  internal import Glibc

  /// A lock that the thread sanitizer sees, for `make tsan` alone.
  ///
  /// On Linux the standard library's `Mutex` waits on a futex in code that is not instrumented: the
  /// sanitizer knows of no order between its holders and reports all that they share.
  package final class UnitLock<Value>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: Value) {
      self.value = value
      pthread_mutex_init(mutex, nil)
    }

    deinit {
      pthread_mutex_destroy(mutex)
      mutex.deallocate()
    }

    package func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      pthread_mutex_lock(mutex)
      defer { pthread_mutex_unlock(mutex) }
      return try body(&value)
    }
  }
#else
  package import Synchronization

  /// The lock of what only slow paths change: registers, cached entries' owners, devices.
  package typealias UnitLock<Value: ~Copyable> = Mutex<Value>
#endif
