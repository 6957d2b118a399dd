/// A task that kernel code runs as.
///
/// Process ids are of the kind that a machine gives: low ones for threads of the kernel, higher ones
/// for what users start.
struct KernelTask: Hashable {
  let name: String
  let pid: Int

  /// The first process, in which the kernel initialises itself.
  static let kernelInit = KernelTask(name: "swapper/0", pid: 1)
  /// A user's shell, which is the first process of a machine that runs nothing else.
  static let shell = KernelTask(name: "bash", pid: 1)
  /// What puts the machine to sleep.
  static let sleepManager = KernelTask(name: "systemd-sleep", pid: 1200)
  /// A virtual machine's process, which owns the devices that were given to it.
  static let virtualMachine = KernelTask(name: "qemu-system-x86", pid: 1500)
  /// The work queue in which a device's driver does what it does.
  static let driverWorker = KernelTask(name: "kworker/0:1", pid: 9)
  /// The work queue in which the core answers page requests.
  static let pageRequestWorker = KernelTask(name: "kworker/u2:1", pid: 30)

  /// What a CPU does when it has nothing to do.
  static func idle(cpu: Int = 0) -> KernelTask { KernelTask(name: "swapper/\(cpu)", pid: 0) }

  /// The thread of an interrupt that is handled in one.
  static func interruptThread(_ vector: UInt32, of unit: String) -> KernelTask {
    KernelTask(name: "irq/\(vector)-\(unit)", pid: 90)
  }
}

extension KernelContext {
  /// Runs `body` as a write to a file of sysfs.
  ///
  /// - Parameter functions: what the write calls from `sysfs_kf_write` on, outermost first.
  func write<Result, Failure: Error>(
    toSysfs functions: [String], by task: KernelTask, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try run(as: task, in: Self.sysfsWriteFunctions + functions, body)
  }

  private static let sysfsWriteFunctions = [
    "entry_SYSCALL_64_after_hwframe", "do_syscall_64", "__x64_sys_write", "ksys_write", "vfs_write",
    "new_sync_write", "kernfs_fop_write_iter", "sysfs_kf_write",
  ]
}
