/// Which locks printing takes on its way to a console.
public enum PrintkLocks: String, Generation, Hashable, Sendable {
  /// `logbuf_lock` around the buffer, and the console semaphore.
  case buffer
  /// The semaphore is a map of the validator's: `console_lock`.
  case consoleLock = "console-lock"
  /// `console_owner`, for a CPU that waits to take printing over.
  case owner
  /// The buffer needs no lock.
  case noBufferLock = "no-buffer-lock"
  /// The same; printk is a macro, and `_printk` the function.
  case indexed
  /// The same; `console_flush_all` prints.
  case flushAll = "flush-all"
  /// The consoles' list is walked under `console_srcu`.
  case srcu
  /// The console's driver may take spinlocks under raw ones, so that nobody complains of it.
  case override
}

extension KernelSetting {
  static let printing: [KernelSetting] = [
    KernelSetting("printk_locks", \.printkLocks, "locks of printing on a serial console")
  ]
}

/// When they changed. 6.1.192 and 6.12.117 were read and their validators' chains; the commits are
/// told of in public lists and notes.
extension KernelChange {
  static let printing: [KernelChange] = [
    KernelChange(
      "3.9", "daee779718a3", isEstimated: true, "lock validators see the console semaphore"
    ) { $0.printkLocks = .consoleLock },
    KernelChange("4.16", "dbdda842fe96", "a CPU that waits may take printing over") {
      $0.printkLocks = .owner
    },
    KernelChange("5.13", "996e966640dd", "printing has no logbuf_lock any more") {
      $0.printkLocks = .noBufferLock
    },
    KernelChange("5.15", "337015573718", "printk is a macro around _printk") {
      $0.printkLocks = .indexed
    },
    KernelChange("5.19", "a699449bb13b", "console_flush_all prints") {
      $0.printkLocks = .flushAll
    },
    KernelChange("6.2", "6c4afa79147e", "consoles are listed under console_srcu") {
      $0.printkLocks = .srcu
    },
    KernelChange("6.12", "daeed1595b4d", "consoles' spinlocks under raw ones are not reported") {
      $0.printkLocks = .override
    },
  ]
}
