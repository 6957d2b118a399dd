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

extension KernelValues {
  // 6.1.192 and 6.12.117 were read, and their validators' chains; the commits are told of in public
  // lists and notes.
  static let printkLocksTimeline = Timeline<PrintkLocks>(
    "printk_locks", "locks of printing on a serial console", oldest: .buffer,
    [
      .about(
        "3.9", commit: "daee779718a3", "lock validators see the console semaphore", .consoleLock),
      .since("4.16", commit: "dbdda842fe96", "a CPU that waits may take printing over", .owner),
      .since(
        "5.13", commit: "996e966640dd", "printing has no logbuf_lock any more", .noBufferLock),
      .since("5.15", commit: "337015573718", "printk is a macro around _printk", .indexed),
      .since("5.19", commit: "a699449bb13b", "console_flush_all prints", .flushAll),
      .since("6.2", commit: "6c4afa79147e", "consoles are listed under console_srcu", .srcu),
      .since(
        "6.12", commit: "daeed1595b4d", "consoles' spinlocks under raw ones are not reported",
        .override),
    ])
}
