public import KernelRuntime
public import PCI
public import PhysicalMemory
public import VTdFormats

/// The configuration space of the machine's functions, as the CPU reaches it.
public protocol ConfigurationPort: AnyObject {
  /// Writes fields of a function's space; where no function answers nothing happens.
  func write(_ function: PCIAddress, _ change: (inout ConfigurationSpace) -> Void)
}

/// The machine below a kernel, besides its units: all that the kernel meets of it.
public struct KernelHost {
  /// The machine's memory.
  public var memory: PhysicalMemory
  /// The way to configuration space.
  public var configurationSpace: any ConfigurationPort
  /// The clock.
  public var timer: any KernelTimer
  /// With a second CPU, an interrupt may be handled while the first one is busy.
  public var cpuCount: Int
  /// Hears what the kernel does, in the order in which it does it.
  public var events: (KernelEvent) -> Void
  /// Hears of the kernel's locks.
  public var locks: LockListener
  /// Hears each 64 bits that the kernel is about to write to its tables.
  public var stores: (PhysicalAddress, UInt64) -> Void
  /// Lets a CPU in that state take the interrupts that wait: one that idles while a task sleeps, or
  /// another one while the first is busy.
  public var takeInterrupts: (InterruptedContext) throws(DriverError) -> Void

  /// What a kernel meets of its machine.
  public init(
    memory: PhysicalMemory, configurationSpace: any ConfigurationPort, timer: any KernelTimer,
    cpuCount: Int = 1, events: @escaping (KernelEvent) -> Void, locks: LockListener = .none,
    stores: @escaping (PhysicalAddress, UInt64) -> Void = { _, _ in },
    takeInterrupts: @escaping (InterruptedContext) throws(DriverError) -> Void = { _ in }
  ) {
    self.memory = memory
    self.configurationSpace = configurationSpace
    self.timer = timer
    self.cpuCount = cpuCount
    self.events = events
    self.locks = locks
    self.stores = stores
    self.takeInterrupts = takeInterrupts
  }
}
