import Glibc
import Lockdep

/// Uncontended pthread mutexes: what everything is compared with.
final class Mutexes {
  private let mutexes: UnsafeMutablePointer<pthread_mutex_t>
  private let count: Int

  init(count: Int) {
    self.count = count
    mutexes = .allocate(capacity: count)
    for index in 0..<count { pthread_mutex_init(mutexes + index, nil) }
  }

  deinit {
    for index in 0..<count { pthread_mutex_destroy(mutexes + index) }
    mutexes.deallocate()
  }

  func pairs(_ rounds: Int) {
    for _ in 0..<rounds {
      pthread_mutex_lock(mutexes)
      pthread_mutex_unlock(mutexes)
    }
  }

  /// Locks the first `depth` and unlocks them in reverse, `rounds` times.
  func nest(depth: Int, rounds: Int) {
    for _ in 0..<rounds {
      for index in 0..<depth { pthread_mutex_lock(mutexes + index) }
      var index = depth - 1
      while index >= 0 {
        pthread_mutex_unlock(mutexes + index)
        index -= 1
      }
    }
  }
}

/// A validator with locks of their own classes.
final class Checked {
  let validator: Validator
  let context: LockdepContext
  let locks: [LockID]

  init(count: Int) {
    let validator = Validator()
    self.validator = validator
    context = LockdepContext(
      cpu: validator.addCPU(), task: validator.addTask(comm: "bench", pid: 1))
    locks = (0..<count).map { index in
      validator.addLock(
        LockDeclaration(
          name: "lock\(index)", kind: .spinlock,
          address: 0xffff_8881_0000_0000 + UInt64(index) * 64,
          key: .fixed(LockKey(rawValue: 0xffff_ffff_8300_0000 + UInt64(index) * 16))))
    }
    // A stack of usual depth; always another one, as far as the store can tell.
    let frames = (1...12).map { LockdepFrame(rawValue: 0xffff_ffff_8100_0000 + UInt64($0) * 0x100) }
    validator.traceSource = { _ in frames }
    for lock in locks {
      validator.acquire(lock, in: context, at: .none)
      validator.release(lock, in: context, at: .none)
    }
  }

  func pairs(_ rounds: Int) {
    let validator = validator
    let context = context
    let lock = locks[0]
    for _ in 0..<rounds {
      validator.acquire(lock, in: context, at: LockdepFrame(rawValue: 1))
      validator.release(lock, in: context, at: LockdepFrame(rawValue: 2))
    }
  }

  func nest(depth: Int, rounds: Int) {
    let validator = validator
    let context = context
    locks.withUnsafeBufferPointer { locks in
      for _ in 0..<rounds {
        for index in 0..<depth {
          validator.acquire(locks[index], in: context, at: LockdepFrame(rawValue: 1))
        }
        var index = depth - 1
        while index >= 0 {
          validator.release(locks[index], in: context, at: LockdepFrame(rawValue: 2))
          index -= 1
        }
      }
    }
  }

  func turnOff() {
    // Two of one class: a report, and it is off.
    validator.acquire(locks[0], in: context, at: .none)
    validator.acquire(locks[0], in: context, at: .none)
  }
}

/// A fixed sequence of numbers.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}
