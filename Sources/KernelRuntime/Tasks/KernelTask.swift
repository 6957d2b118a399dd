/// A task that kernel code runs as.
///
/// Process ids are of the kind that a machine gives: low ones for threads of the kernel, higher ones
/// for what users start.
package struct KernelTask: Hashable {
  package let name: String
  package let pid: Int

  /// The first process, in which the kernel initialises itself.
  package static let kernelInit = KernelTask(name: "swapper/0", pid: 1)
  /// A user's shell, which is the first process of a machine that runs nothing else.
  package static let shell = KernelTask(name: "bash", pid: 1)
  /// What puts the machine to sleep.
  package static let sleepManager = KernelTask(name: "systemd-sleep", pid: 1200)
  /// A virtual machine's process, which owns the devices that were given to it.
  package static let virtualMachine = KernelTask(name: "qemu-system-x86", pid: 1500)
  /// The work queue in which a device's driver does what it does.
  package static let driverWorker = KernelTask(name: "kworker/0:1", pid: 9)
  /// The work queue in which the core answers page requests.
  package static let pageRequestWorker = KernelTask(name: "kworker/u2:1", pid: 30)

  /// What a CPU does when it has nothing to do.
  package static func idle(cpu: Int = 0) -> KernelTask {
    KernelTask(name: "swapper/\(cpu)", pid: 0)
  }

  /// The thread of an interrupt that is handled in one.
  package static func interruptThread(_ vector: UInt32, of unit: String) -> KernelTask {
    KernelTask(name: "irq/\(vector)-\(unit)", pid: 90)
  }
}
