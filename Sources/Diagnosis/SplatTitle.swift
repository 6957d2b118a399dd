import KernelLog
import LogReading

/// The title under which trackers file a lock report: its kind, and the function that took part.
enum SplatTitle {
  /// `possible deadlock in md_open`, `WARNING: suspicious RCU usage in rds_tcp_conn_alloc`; `in
  /// corrupted` where no frame of the report can be trusted.
  static func title(_ splat: LockSplat) -> String {
    let word = splat.head.isEmpty ? "WARNING" : splat.head
    let kind: String
    switch splat.kind {
    case .circular, .recursive, .unsafeOrder, .inversion: kind = "possible deadlock"
    case .inconsistentState: kind = "inconsistent lock state"
    case .rcu: kind = "\(word): suspicious RCU usage"
    case .badUnlock: kind = "\(word): bad unlock balance"
    case .heldFreed: kind = "\(word): held lock freed"
    case .waitContext: kind = "WARNING: locking bug"
    case .nestLock: kind = "\(word): nested lock was not taken"
    case .exit: kind = "\(word): still has locks held"
    case .userReturn: kind = "\(word): lock held when returning to user space"
    case .unregistered: kind = "INFO: trying to register non-static key"
    case .tableFull:
      return "\(word): \(splat.detail.isEmpty ? "lockdep's tables are full" : splat.detail)"
    case .sleeping: kind = "BUG: sleeping function called from invalid context"
    }
    return "\(kind) in \(function(splat) ?? "corrupted")"
  }

  /// Why the report's frames cannot be trusted; nil where they can.
  static func corruption(_ splat: LockSplat) -> String? {
    if function(splat) == nil {
      return splat.stack.isEmpty
        ? "the report is cut: it has no frame of its own"
        : "the report is mixed with other lines: its stack does not belong together"
    }
    // Reports of these kinds end with a stack as a rule; without it the end is lost.
    if splat.stack.isEmpty, [.circular, .unsafeOrder, .heldFreed].contains(splat.kind) {
      return "the report is cut: its stack is missing"
    }
    return nil
  }

  /// The first function that is no primitive of locking, and no wrapper around one.
  private static func function(_ splat: LockSplat) -> String? {
    var candidates: [String] = []
    switch splat.kind {
    case .exit, .userReturn:
      candidates = (splat.held.last.map { [$0.function] } ?? []) + splat.stack
    case .unsafeOrder: candidates = splat.safeStack + wanted(splat) + splat.stack
    default: candidates = wanted(splat) + splat.stack
    }
    if isMixed(splat) { return nil }
    return candidates.first { !$0.isEmpty && !isPrimitive($0) }.map(plainName)
  }

  private static func wanted(_ splat: LockSplat) -> [String] {
    splat.wanted.map { [$0.function] } ?? []
  }

  /// A stack whose bottom comes first, or that does not begin in lockdep, is another's or two in one.
  private static func isMixed(_ splat: LockSplat) -> Bool {
    guard let first = splat.stack.first(where: { !isPrimitive($0) }) else { return false }
    if bottoms.contains(where: { first.hasPrefix($0) }), wanted(splat).allSatisfy({ $0.isEmpty }) {
      return true
    }
    // A function that prints warnings of its own began another report.
    return ["warn_alloc", "dump_header", "kasan_report"].contains { name in
      splat.stack.prefix(3).contains { $0.hasPrefix(name) }
    }
  }

  private static let bottoms = ["entry_", "ret_from_fork", "system_call", "do_syscall", "el0_"]

  /// Whether a function takes, checks or reports locks for others, or prints.
  static func isPrimitive(_ name: String) -> Bool {
    prefixes.contains { name.hasPrefix($0) } || whole.contains(name)
      || name.contains("copy_to_user") || name.contains("copy_from_user")
  }

  /// Beginnings of such names.
  private static let prefixes = [
    "dump_stack", "dump_backtrace", "show_stack", "show_trace", "print_", "check_",
    "validate_chain",
    "mark_", "valid_state", "lock_acquire", "lock_release", "lock_sock_nested", "lock_is_held",
    "__lock_", "lockdep_", "_raw_", "__raw_", "do_raw_", "mutex_", "__mutex", "ww_mutex",
    "__ww_mutex",
    "__down", "down_", "up_", "__up", "rwsem_", "spin_", "__spin", "_spin", "read_lock",
    "write_lock",
    "register_lock_class", "__might_", "___might_", "might_", "debug_check_no", "debug_object",
    "trace_hardirqs", "trace_softirqs", "__trace_hardirqs", "hardirqs_", "local_bh_", "__local_bh",
    "__flush_work", "flush_work", "cancel_work", "__cancel_work", "console_lock", "console_trylock",
    "console_unlock", "rt_mutex", "rt_spin", "queued_spin", "queued_read", "queued_write",
    "kmem_cache_", "__kmalloc", "kmalloc", "kfree", "slab_", "fs_reclaim", "percpu_", "rcu_read",
    "rcu_lockdep", "assert_", "vprintk", "printk", "__printk", "bust_spinlocks", "_printk",
    "wait_for_completion",
    "__wait_for", "complete_", "perf_trace_lock", "find_usage", "try_to_wake", "srcu_",
  ]
  private static let whole: Set<String> = [
    "down", "up", "complete", "complete_all", "iput", "_atomic_dec_and_lock", "check_noncircular",
    "atomic_dec_and_mutex_lock", "refcount_dec_and_lock", "refcount_dec_and_mutex_lock",
    "lock_sock",
    "destroy_workqueue", "drain_workqueue", "raw_spin_lock", "dump_stack_lvl", "warn_alloc",
    "panic", "nmi_panic", "arch_local_irq_restore", "arch_local_irq_enable",
    "__down_trylock_console_sem",
  ]

  /// `fakeName` for `_Z8fakeNameiii`: a name of C++ carries its length.
  private static func plainName(_ name: String) -> String {
    guard name.hasPrefix("_Z") else { return name }
    let rest = name.dropFirst(2)
    let digits = rest.prefix { $0.isNumber }
    guard let count = Int(digits), count > 0, count < 200,
      rest.dropFirst(digits.count).count >= count
    else { return name }
    return String(rest.dropFirst(digits.count).prefix(count))
  }
}
