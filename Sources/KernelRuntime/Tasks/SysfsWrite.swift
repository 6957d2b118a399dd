extension KernelContext {
  /// Runs `body` as a write to a file of sysfs.
  ///
  /// - Parameter functions: what the write calls from `sysfs_kf_write` on, outermost first.
  package func write<Result, Failure: Error>(
    toSysfs functions: [String], by task: KernelTask, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try run(as: task, in: Self.sysfsWriteFunctions + functions, body)
  }

  private static let sysfsWriteFunctions = [
    "entry_SYSCALL_64_after_hwframe", "do_syscall_64", "__x64_sys_write", "ksys_write", "vfs_write",
    "new_sync_write", "kernfs_fop_write_iter", "sysfs_kf_write",
  ]
}
