internal import Lockdep

/// When the text of lock reports and stack dumps changed.
///
/// Checked against sources of 2.6.32, 3.0, 3.4, 4.9, 4.14, 5.10, 6.1 and 6.12, and against reports that
/// people sent; where a change lies between two of them and no commit is named, its release is from
/// memory.
extension KernelChange {
  static let reports: [KernelChange] = [
    KernelChange("2.6.33", nil, "spinlock_t has a raw spinlock inside, whose name reports show") {
      $0.spinlockNames = .rlock
    },
    KernelChange("3.0", nil, "lock reports with an unsafe locking scenario") {
      $0.splat.scenarios = .locks
    },
    KernelChange("3.3", nil, "taint flags below the title of every lock report") {
      $0.splat.heads = .info
    },
    KernelChange("3.5", nil, "printk keeps records, and returns the length of the text alone") {
      $0.splat.pieces = .joined
    },
    KernelChange("3.10", nil, "one dump_stack for all architectures, with the hardware's name") {
      $0.backtrace = .cpu
    },
    KernelChange("3.11", nil, "a task still has locks held") { $0.splat.taskExit = .stillHeld },
    KernelChange("4.9", "f943fe0faf27", "lines are continued where that is asked for") {
      $0.splat.pieces = .apart
    },
    KernelChange("4.10", "bb5e5ce545f2", "stack dumps without addresses") {
      $0.backtrace = .symbols
    },
    KernelChange("4.11", "bfeda41d06d8", "traces of lock reports without addresses") {
      $0.splat.traces = .symbols
    },
    KernelChange("4.11", "3b3fa11bc700", "stack dumps show registers that lie on the stack") {
      $0.backtrace = .registers
    },
    KernelChange("4.12", nil, "lock reports are warnings") { $0.splat.heads = .warning },
    KernelChange("4.14", "d92a8cfcb37e", "memory reclaim is a lock of its own, not a usage") {
      $0.splat.usage = .four
    },
    KernelChange("4.15", nil, "printed addresses are hashed") { $0.splat.locks = .hashedPlace },
    KernelChange("4.17", nil, "a held lock's address in front of its name") {
      $0.splat.locks = .hashedLock
    },
    KernelChange("4.20", "8ca2b56cd7da", "uses of lock classes are counted for debugging only") {
      $0.splat.uses = .uncounted
    },
    KernelChange("5.4", "519248f36d6f", "addresses of locks in the clear") {
      $0.splat.locks = .lock
    },
    KernelChange("5.7", "de8f5e4f2dc1", "locks have wait types; spinlocks their own names again") {
      $0.splat.waitTypes = .printed
      $0.spinlockNames = .lock
    },
    KernelChange("5.11", "2bb8945bcc1a", "the first shared use of a lock is told apart") {
      $0.splat.firstUse = .each
    },
    KernelChange("5.13", "3a85969e9d91", "advice about objects without initialisation") {
      $0.splat.keyAdvice = .long
    },
    KernelChange("5.14", "69c7a5fb2482", "the path behind an irq-safe lock with its own traces") {
      $0.splat.paths = .both
    },
    KernelChange("5.14", "77819daf24f9", "dump_stack_lvl is what dumps the stack") {
      $0.backtrace = .level
    },
    KernelChange("5.16", nil, "stack dumps mark the task's own stack") { $0.backtrace = .task },
    KernelChange(
      "6.4", stable: ["6.1.192"], "0471db447cd7", "how a circle's locks are taken, in its scenario"
    ) { $0.splat.scenarios = .modes },
    KernelChange("6.12", nil, "stack dumps with the user's id and the taint flags' names") {
      $0.backtrace = .uid
    },
    KernelChange("6.15", nil, "stack dumps with the model of preemption") {
      $0.backtrace = .preemption
    },
  ]
}
