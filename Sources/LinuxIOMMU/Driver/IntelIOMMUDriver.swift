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
  let memory: PhysicalMemory
  let units: [IntelIOMMU]
  var pages: PageAllocator
  /// One limiter for all units, as in dmar_fault.
  var limiter = RateLimiter()
  /// The fault lines printed so far, and the dumps behind them.
  var faults: [FaultLine] = []
  var dumps: [DumpOutcome] = []
  /// The units whose queue somebody waits for in vain.
  var hangs: [String] = []
  /// What the driver knows of each function that it has met.
  var devices: [PCIAddress: DeviceInfo] = [:]
  /// The functions that were probed, in the bus's order.
  var probed: [ProbedFunction] = []
  /// What the bus scan found out about each function.
  private(set) var found: [PCIAddress: ProbedFunction] = [:]
  /// Hears what is written to tables.
  var stores: ((PhysicalAddress, UInt64) -> Void)?
  /// By group.
  var defaultDomains: [Int: IOMMUDomain] = [:]
  /// `si_domain`, which all devices share whose addresses stay as they are.
  var identityDomain: IOMMUDomain?
  /// Where the host bridge passes memory requests on: no address for DMA.
  var hostBridgeWindows: [ClosedRange<UInt64>] = []
  /// What the command line and the build decide.
  var options: IOMMUOptions
  /// Timers of the kernel that the driver has set.
  let timers: KernelTimers
  /// `device_domain_lock`, which kernels to 5.19 have.
  let deviceDomainLock: KernelLock

  init(
    units: [UnitDescription], memory: PhysicalMemory, pages: PageAllocator, pci: PCICore,
    options: IOMMUOptions, timers: KernelTimers, in kernel: KernelContext
  ) {
    self.kernel = kernel
    self.memory = memory
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
  }

  // MARK: Bring-up

  /// Makes every unit remap interrupts, then DMA: intel_prepare_irq_remapping and
  /// intel_enable_irq_remapping early in the boot, init_dmars later.
  func bringUp(_ interrupts: [InterruptEntryChange], _ messages: BootMessages?) throws(DriverError)
  {
    if let messages {
      announceCommandLine(messages.commandLine)
      announceTable(messages.table)
      if kernel.build.configuration.remapsInterrupts { announceInterruptSources(messages.table) }
    }
    for unit in units { try setUpInterruptRemapping(of: unit) }
    for unit in units { try enableInterruptRemapping(of: unit) }
    if messages != nil { announceInterruptRemapping() }
    for change in interrupts {
      if let unit = units.first { try self.change(change, of: unit) }
    }
    guard options.isOn else { return }
    for unit in units where unit.queue == nil { try enableQueue(of: unit) }
    if let messages {
      announceMissing(messages.table)
      announceQueues()
    }
    for unit in units where !isIgnored(unit) {
      let root = try allocatePage()
      unit.rootTable = root
      setRootTable(of: unit, to: root)
      try flushEverything(of: unit)
      enableFaultEvent(of: unit)
    }
  }

  /// The last thing of intel_iommu_init: devices have their domains by then.
  func enableTranslation() {
    for unit in units where !isIgnored(unit) {
      kernel.locked(unit.registerLock, .irqsave) { unit.command(.translation) }
    }
  }

  /// A unit that a hypervisor shadows gains nothing from late flushes: the driver flushes at once.
  func distrustCachingMode(says: Bool) {
    let isShadowed = units.contains { unit in
      unit.capability[flag: .cachingMode]
        && !(isScalable(unit) && unit.extendedCapability[flag: .firstStage])
    }
    guard isShadowed else { return }
    options.makeStrict()
    if says { kernel.print(.info, "DMAR: IOMMU batching disallowed due to virtualization") }
  }

  /// iommu_set_root_entry.
  private func setRootTable(of unit: IntelIOMMU, to root: PhysicalAddress) {
    var pointer = RootTableAddress()
    pointer[inPlace: .rootTable] = root.rawValue
    let mode: TranslationTableMode = isScalable(unit) ? .scalable : .legacy
    pointer[.translationTableMode] = UInt64(mode.rawValue)
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(pointer.rawValue, at: RegisterOffset.rtaddr)
      unit.command(.setRootTable)
    }
  }

  /// Global invalidation of the context cache, the PASID cache and the IOTLB: a new root table makes
  /// all that is cached void. With ESRTPS the unit does it by itself.
  private func flushEverything(of unit: IntelIOMMU) throws(DriverError) {
    if unit.capability[flag: .enhancedSetRootTablePointer] { return }
    guard unit.queue != nil else { return flushThroughRegisters(of: unit) }
    try flushContextsGlobally(of: unit)
    if isScalable(unit) { try flushPASIDsGlobally(of: unit) }
    try flushTranslationsGlobally(of: unit)
  }

  /// The same by CCMD and IOTLB, for units without a queue.
  private func flushThroughRegisters(of unit: IntelIOMMU) {
    var context = ContextCommand()
    context[flag: .invalidate] = true
    context[.requestedGranularity] = InvalidationGranularity.global
    var iotlb = IOTLBCommand()
    iotlb[flag: .invalidate] = true
    iotlb[.requestedGranularity] = InvalidationGranularity.global
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(context.rawValue, at: RegisterOffset.ccmd)
    }
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(iotlb.rawValue, at: unit.extendedCapability.iotlbRegisterOffset + 8)
    }
  }

  /// dmar_set_interrupt (dmar_msi_write, dmar_msi_unmask), then one run of the handler and FSTS
  /// written back: faults that firmware left behind would keep the event from being raised again.
  private func enableFaultEvent(of unit: IntelIOMMU) {
    let message = unit.faultMessage
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write32(message.data, at: RegisterOffset.fedata)
      unit.port.write32(UInt32(truncatingIfNeeded: message.address), at: RegisterOffset.feaddr)
      unit.port.write32(
        UInt32(truncatingIfNeeded: message.address >> 32), at: RegisterOffset.feuaddr)
    }
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write32(EventControl().rawValue, at: RegisterOffset.fectl)
    }
    handleFaults(of: unit)
    let status = unit.port.read32(at: RegisterOffset.fsts)
    unit.port.write32(status, at: RegisterOffset.fsts)
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

  // MARK: Memory

  /// A page for a table, zeroed.
  func allocatePage() throws(DriverError) -> PhysicalAddress { try allocatePages(1) }

  /// Consecutive pages, zeroed.
  func allocatePages(_ count: Int) throws(DriverError) -> PhysicalAddress {
    let page = pages.allocate(count)
    for offset in stride(from: 0, to: PageAllocator.pageSize * UInt64(count), by: 8) {
      try store(0, at: page.rawValue &+ offset)
    }
    return page
  }

  func store(_ value: UInt64, at address: UInt64) throws(DriverError) {
    guard memory.store64(value, at: PhysicalAddress(rawValue: address)) else {
      throw DriverError(.outsideMemory(PhysicalAddress(rawValue: address)))
    }
    stores?(PhysicalAddress(rawValue: address), value)
  }

  /// A load by the CPU: outside memory the bus answers with all ones.
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
    }
  }
}
