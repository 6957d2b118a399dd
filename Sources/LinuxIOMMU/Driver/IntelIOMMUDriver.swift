internal import KernelLog
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
  /// The domain that the driver has attached each device to.
  var domains: [PCIAddress: IOMMUDomain] = [:]
  /// The functions that were probed, in the bus's order.
  var probed: [ProbedFunction] = []
  /// What the bus scan found out about each function.
  private(set) var found: [PCIAddress: ProbedFunction] = [:]
  /// The PASID directory of each device, in scalable mode.
  var directories: [PCIAddress: PhysicalAddress] = [:]
  /// Hears what is written to tables.
  var stores: ((PhysicalAddress, UInt64) -> Void)?

  init(
    units: [UnitDescription], memory: PhysicalMemory, pages: PageAllocator, pci: PCICore,
    in kernel: KernelContext
  ) {
    self.kernel = kernel
    self.memory = memory
    self.pages = pages
    self.pci = pci
    self.units = units.map { IntelIOMMU($0, in: kernel) }
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
    for unit in units where unit.queue == nil { try enableQueue(of: unit) }
    if let messages {
      announceMissing(messages.table)
      announceQueues()
    }
    for unit in units {
      let root = try allocatePage()
      unit.rootTable = root
      setRootTable(of: unit, to: root)
      try flushEverything(of: unit)
      enableFaultEvent(of: unit)
      kernel.locked(unit.registerLock, .irqsave) { unit.command(.translation) }
    }
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

  // MARK: Devices and domains

  /// dmar_dev_scope_init: units and ids of all functions are settled before the units come up.
  func find(_ functions: [ProbedFunction]) {
    for function in functions { found[function.address] = function }
  }

  /// Makes a domain with an empty page table.
  func makeDomain(id: DomainID, levels: Int) throws(DriverError) -> IOMMUDomain {
    IOMMUDomain(id: id, levels: levels, pageTable: try allocatePage())
  }

  /// intel_iommu_attach_device: the domain loses the levels that the unit has not, then the device's
  /// entries point to it. With CM = 0 a unit caches no entry that was not present, so nothing is
  /// flushed.
  func attach(_ device: PCIAddress, to domain: IOMMUDomain) throws(DriverError) {
    guard let unit = unit(covering: device) else {
      throw DriverError(.noUnit(device.segment))
    }
    dropLevels(of: domain, beyond: unit)
    if isScalable(unit) {
      try attachScalable(device, to: domain, of: unit)
    } else {
      try attachLegacy(device, to: domain, of: unit)
    }
    domains[device] = domain
  }

  /// A domain is made with as many levels as there can be; attaching knocks out the upper ones, whose
  /// first entry is all that they hold (prepare_domain_attach_device).
  private func dropLevels(of domain: IOMMUDomain, beyond unit: IntelIOMMU) {
    guard let most = (3...5).last(where: unit.capability.supports(secondStageLevels:)) else {
      return
    }
    while domain.levels > most {
      let entry = SecondStageEntry(rawValue: load(domain.pageTable.rawValue))
      if entry.isPresent {
        domain.pageTable = PhysicalAddress(rawValue: entry[inPlace: .address])
      }
      domain.levels -= 1
    }
  }

  /// domain_context_mapping in legacy mode.
  private func attachLegacy(
    _ device: PCIAddress, to domain: IOMMUDomain, of unit: IntelIOMMU
  ) throws(DriverError) {
    for source in sourceIDs(of: device) {
      try setContextEntry(of: source, to: domain, of: unit)
    }
  }

  /// Every id that pci_for_each_dma_alias comes by: domain_context_mapping sets an entry for each.
  func sourceIDs(of device: PCIAddress) -> [SourceID] {
    [device.sourceID] + (found[device]?.aliases ?? [])
  }

  private func setContextEntry(
    of source: SourceID, to domain: IOMMUDomain, of unit: IntelIOMMU
  ) throws(DriverError) {
    guard let entry = try contextEntryAddress(for: source, of: unit, allocates: true)
    else { return }
    var context = ContextEntry()
    context.domain = domain.id
    context[.addressWidth] = UInt64(domain.levels - 2)
    context[inPlace: .secondStageTable] = domain.pageTable.rawValue
    context[flag: .present] = true
    try store(context.high, at: entry.rawValue + 8)
    try store(context.low, at: entry.rawValue)
  }

  func unit(covering device: PCIAddress) -> IntelIOMMU? {
    switch found[device]?.unit ?? .ofSegment {
    case .index(let index): return index < units.count ? units[index] : nil
    case .ofSegment: return units.first { $0.segment == device.segment }
    case .uncovered: return nil
    }
  }

  /// Where the context entry lies: iommu_context_addr, which makes the context table if told to. In
  /// scalable mode the upper half of the devices has a table of its own, and entries are twice as
  /// wide.
  func contextEntryAddress(
    for source: SourceID, of unit: IntelIOMMU, allocates: Bool
  ) throws(DriverError) -> PhysicalAddress? {
    guard let root = unit.rootTable else { return nil }
    let isScalable = isScalable(unit)
    let isUpper = isScalable && source.device >= 16
    // The two halves of a scalable entry are laid out alike, and as a legacy entry's lower one.
    let slot =
      root.rawValue + UInt64(source.bus) * RootEntry.byteCount
      + (isUpper ? RootEntry.byteCount / 2 : 0)
    var entry = RootEntry(low: load(slot), high: 0)
    if !entry[flag: .present] {
      guard allocates else { return nil }
      entry[inPlace: .contextTable] = try allocatePage().rawValue
      entry[flag: .present] = true
      try store(entry.low, at: slot)
    }
    let index = UInt64(isScalable ? source.devfn & 0x7f : source.devfn)
    let width = isScalable ? ScalableContextEntry.byteCount : ContextEntry.byteCount
    return PhysicalAddress(rawValue: entry[inPlace: .contextTable] + index * width)
  }

  /// __domain_mapping with 4 KiB pages.
  func map(_ mapping: Mapping, in domain: IOMMUDomain) throws(DriverError) {
    let first = mapping.address.rawValue / PageAllocator.pageSize
    let count = (mapping.size + PageAllocator.pageSize - 1) / PageAllocator.pageSize
    for page in 0..<count {
      let address = (first &+ page) &* PageAllocator.pageSize
      var table = domain.pageTable.rawValue
      for level in stride(from: domain.levels, through: 1, by: -1) {
        let slot = table + Paging.entryOffset(of: address, level: level)
        var entry = SecondStageEntry(rawValue: load(slot))
        if level == 1 {
          entry[flag: .read] = mapping.access.reads
          entry[flag: .write] = mapping.access.writes
          entry[inPlace: .address] =
            (mapping.target.rawValue & ~(PageAllocator.pageSize - 1))
            + page * PageAllocator.pageSize
          try store(entry.rawValue, at: slot)
        } else if !entry.isPresent {
          entry[flag: .read] = true
          entry[flag: .write] = true
          entry[inPlace: .address] = try allocatePage().rawValue
          try store(entry.rawValue, at: slot)
        }
        table = entry[inPlace: .address]
      }
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
