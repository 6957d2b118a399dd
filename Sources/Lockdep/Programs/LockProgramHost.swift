/// A kernel that a lock program runs in, beside what the kernel does by itself.
///
/// Without a host a program has a validator of its own and starts clean.
public protocol LockProgramHost: AnyObject {
  /// The validator that hears of each lock.
  var validator: Validator { get }

  /// The lock of an object; of the same class as the kernel's own lock of that name.
  func lock(for object: LockObject) -> LockID

  /// Where a thread runs. A handler runs on the task that it interrupts.
  func context(of thread: LockThread) -> LockdepContext

  /// Runs `body` on the stack that the step has: the kernel's `functions` under it, innermost
  /// first, called from the thread's own. The body is given the place of the call, and returns
  /// what was reported, to be printed from there.
  func perform(
    in thread: LockThread, functions: [String], _ body: (LockdepFrame) -> [LockReport])
}
