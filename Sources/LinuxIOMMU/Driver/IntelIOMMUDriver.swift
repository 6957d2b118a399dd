internal import KernelLog
internal import Lockdep
internal import PCI
internal import PhysicalMemory
public import VTdFormats

/// The driver of all units (drivers/iommu/intel): its units, domains and devices.
///
/// It reaches hardware through unit ports and memory only.
final class IntelIOMMUDriver {
  let kernel: KernelContext
  let pci: PCICore
  let host: KernelHost
  let memory: PhysicalMemory
  let units: [IntelIOMMU]
  /// `dmar_drhd_units`: the same in the order in which the driver goes through them.
  var ordered: [IntelIOMMU] = []
  var pages: PageAllocator
  /// One limiter for all units, as in dmar_fault.
  var limiter = RateLimiter()
  /// The fault lines printed so far, and the dumps behind them.
  var faults: [FaultLine] = []
  var dumps: [DumpOutcome] = []
  /// Who answers page requests: by device, PASID, address, and whether it wants to write.
  var pageRequestServer: ((PCIAddress, PASID?, IOVA, Bool) -> PageRequestAnswer)?
  /// Firmware's table was bad: the units stay as they are.
  var isLeftAlone = false
  /// Somebody else programs the units; the driver only tells what they record.
  var isBystander = false
  /// Interrupts are remapped in the extended mode, with 32-bit destinations.
  var usesExtendedInterrupts = false
  /// What the driver knows of each function that it has met.
  var devices: [PCIAddress: DeviceInfo] = [:]
  /// The functions that were probed, in the bus's order.
  var probed: [ProbedFunction] = []
  /// What the bus scan found out about each function.
  private(set) var found: [PCIAddress: ProbedFunction] = [:]
  /// What is left for the debugfs files that are being written.
  var debugfsBudget = DebugfsBudget()
  /// By group.
  var defaultDomains: [Int: IOMMUDomain] = [:]
  /// Domains come when a device first needs one, and no sooner.
  var makesDomainsAtFirstUse = false
  var firstUseDomains: [FirstUse: IOMMUDomain] = [:]
  /// `si_domain`, which all devices share whose addresses stay as they are.
  var identityDomain: IOMMUDomain?
  /// Where the host bridge passes memory requests on: no address for DMA.
  var hostBridgeWindows: [ClosedRange<UInt64>] = []
  /// What the command line and the build decide.
  var options: IOMMUOptions
  /// `iommu_skip_te_disable`: a graphics device is there that must not lose its translation.
  var keepsGraphicsTranslation = false
  /// Timers of the kernel that the driver has set.
  let timers: KernelTimers
  /// `device_domain_lock`, which kernels to 5.19 have.
  let deviceDomainLock: KernelLock
  let coreLocks: CoreLocks
  /// Devices are being found.
  var isProbing = false

  init(
    units: [UnitDescription], pages: PageAllocator, pci: PCICore, options: IOMMUOptions,
    timers: KernelTimers, host: KernelHost, in kernel: KernelContext
  ) {
    self.kernel = kernel
    self.host = host
    memory = host.memory
    self.pages = pages
    self.pci = pci
    self.options = options
    self.timers = timers
    self.units = units.enumerated().map {
      IntelIOMMU(
        $1, number: $0, isScalable: options.usesScalableMode, in: kernel)
    }
    deviceDomainLock = kernel.makeLock(
      .spinlock, class: "device_domain_lock", instance: "device_domain_lock")
    coreLocks = CoreLocks(in: kernel)
  }

  // MARK: Devices

  /// dmar_dev_scope_init: units and ids of all functions are settled before the units come up.
  func find(_ functions: [ProbedFunction]) {
    for function in functions { found[function.address] = function }
  }

  func unit(covering device: PCIAddress) -> IntelIOMMU? {
    switch found[device]?.unit ?? .ofSegment {
    case .index(let index): return index < units.count ? units[index] : nil
    case .ofSegment: return units.first { $0.segment == device.segment }
    case .uncovered: return nil
    }
  }

  /// Parts devices from their domains and processes: the kernel is gone.
  func letGoOfDevices() {
    for device in devices.values {
      device.domain = nil
      device.processes = [:]
    }
    devices = [:]
  }

  // MARK: Memory

  /// A page for a table, zeroed.
  func allocatePage() throws(DriverError) -> PhysicalAddress { try allocatePages(1) }

  /// Consecutive pages, zeroed.
  func allocatePages(_ count: Int) throws(DriverError) -> PhysicalAddress {
    let page = pages.allocate(count)
    for offset in stride(from: 0, to: Paging.pageSize * UInt64(count), by: 8) {
      try store(0, at: page.rawValue &+ offset)
    }
    return page
  }

  func store(_ value: UInt64, at address: UInt64) throws(DriverError) {
    try kernel.spend()
    guard memory.store64(value, at: PhysicalAddress(rawValue: address)) else {
      throw DriverError(.outsideMemory(PhysicalAddress(rawValue: address)))
    }
    host.stores(PhysicalAddress(rawValue: address), value)
  }

  /// A load by the CPU; outside memory, where a kernel would have no address for it, all ones.
  func load(_ address: UInt64) -> UInt64 {
    memory.load64(PhysicalAddress(rawValue: address)) ?? .max
  }
}

/// A driver operation that the given machine cannot carry out: the scenario asks for the
/// impossible.
public struct DriverError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    /// A table was to lie where there is no memory.
    case outsideMemory(PhysicalAddress)
    /// No unit covers the segment.
    case noUnit(UInt32)
    /// A range that ends beyond the address space.
    case noRange(start: UInt64, size: UInt64)
    /// More entries of tables than a run may touch.
    case tooMuchWork
  }

  public let reason: Reason

  init(_ reason: Reason) {
    self.reason = reason
  }

  public var description: String {
    switch reason {
    case .outsideMemory(let address):
      "a table at \(address) lies outside memory; an address in memory was expected"
    case .noUnit(let segment):
      "no unit covers segment \(segment); a unit of that segment was expected"
    case .noRange(let start, let size):
      "\(size) bytes from 0x\(hex(start)) on end beyond the address space; a range that ends"
        + " within it was expected"
    case .tooMuchWork:
      "more than \(KernelContext.workLimit) entries of tables are touched; smaller ranges were"
        + " expected"
    }
  }
}
