internal import KernelLog
internal import Lockdep

/// What all of the kernel's parts share: the build, the log, the CPU with its stack, the locks.
///
/// The model runs one CPU. Its parts are classes because they are one running kernel, not values:
/// they point at each other as the kernel's own structures do.
final class KernelContext {
  let build: KernelBuild
  let timer: any KernelTimer
  private(set) var log: [LogRecord] = []

  /// Nil where the build has no lock validator.
  private(set) var locks: LockTracker?
  var stack = CallStack()
  /// What an interrupt found; nil outside interrupts.
  var interrupted: InterruptedContext?

  /// - Parameter addresses: where named objects lie, for messages that print them.
  init(build: KernelBuild, addresses: [String: UInt64], timer: any KernelTimer) {
    self.build = build
    self.timer = timer
    if build.configuration.provesLocking {
      locks = LockTracker(addresses: addresses, in: self)
    }
  }

  // MARK: Log

  /// printk: one record, which may have several lines.
  func print(_ level: LogLevel, _ text: String) {
    log.append(LogRecord(level: level, microseconds: timer.stamp(), text: text))
  }

  /// Hands out what was printed since the last call.
  func drainLog() -> [LogRecord] {
    defer { log.removeAll() }
    return log
  }

  // MARK: Calls

  /// Runs `body` as the function of that name, so that stack traces show it.
  func call<Result>(_ function: String, _ body: () -> Result) -> Result {
    stack.push(function)
    defer { stack.pop() }
    return body()
  }

  /// Runs `body` on a fresh stack, as a task that was started with these functions, outermost
  /// first.
  func run<Result>(as task: KernelTask, in functions: [String], _ body: () -> Result) -> Result {
    let outer = stack
    stack = CallStack(functions)
    locks?.enter(task)
    defer {
      locks?.leave()
      stack = outer
    }
    return body()
  }

  // MARK: Locks

  func makeLock(_ kind: LockKind, class name: String, instance: String) -> KernelLock {
    KernelLock(id: locks?.makeLock(kind, class: name, instance: instance), kind: kind)
  }

  /// Runs `body` with the lock held, taken plainly or with interrupts saved and disabled.
  func locked<Result>(
    _ lock: KernelLock, _ mode: KernelBehaviour.LockMode, _ body: () -> Result
  ) -> Result {
    let saved = acquire(lock, mode)
    defer { release(lock, restoring: saved) }
    return body()
  }

  /// Takes a spinning lock and says what `release` has to restore.
  func acquire(_ lock: KernelLock, _ mode: KernelBehaviour.LockMode) -> SavedInterrupts {
    // raw_spin_lock and spin_lock are one function each way on a kernel without PREEMPT_RT.
    let function = mode == .irqsave ? "_raw_spin_lock_irqsave" : "_raw_spin_lock"
    let place = stack.frames(inner: [function], frameless: build.callSites.frameless).first
    return call(function) {
      let saved: SavedInterrupts =
        mode == .irqsave ? (locks?.disableInterrupts() ?? .untouched) : .untouched
      locks?.acquire(lock, at: place)
      return saved
    }
  }

  func release(_ lock: KernelLock, restoring saved: SavedInterrupts) {
    locks?.release(lock)
    if saved == .wereOn { locks?.enableInterrupts() }
  }

  // MARK: Other CPUs

  /// What another CPU does while this one is busy; nil on a machine with one.
  var otherCPU: (() -> Void)?

  /// A moment that lasts long enough for another CPU to take an interrupt.
  func letOthersRun() {
    guard let work = otherCPU else { return }
    otherCPU = nil
    let outer = (stack, interrupted)
    stack = CallStack()
    interrupted = nil
    locks?.moveToOtherCPU()
    defer {
      locks?.moveBack()
      (stack, interrupted) = outer
      otherCPU = work
    }
    work()
  }
}

/// A lock of the kernel model.
struct KernelLock {
  /// The validator's handle; nil in a kernel without one.
  let id: LockID?
  let kind: LockKind
}

/// What `irqsave` found and `irqrestore` puts back.
enum SavedInterrupts {
  case untouched
  case wereOn
  case wereOff
}

/// A task that kernel code runs as.
struct KernelTask: Hashable {
  let name: String
  let pid: Int

  /// The first process, in which the kernel initialises itself.
  static let kernelInit = KernelTask(name: "swapper/0", pid: 1)
}

/// Microseconds since boot, as the printed lines and the rate limiter see them.
public protocol KernelTimer: AnyObject {
  var now: UInt64 { get }
  /// The time of the next record.
  func stamp() -> UInt64
}
