public import PCI
public import VTdFormats

/// What a log says beside faults: the things that an explanation joins with them.
public enum LogFact: Hashable, Sendable {
  /// The kernel's version.
  case kernelVersion(String)
  /// From here on another boot speaks than before, by the journal's marks; its id.
  case boot(String)
  /// The kernel's command line.
  case commandLine(String)
  /// The machine's name.
  case machine(String)
  /// A range of the firmware's memory map, both ends included.
  case memory(start: UInt64, end: UInt64, type: String)
  /// A function found on the bus. The words are those of lspci, where it printed them.
  case pciFunction(PCIAddress, vendor: UInt16?, device: UInt16?, classCode: UInt32?, words: String)
  /// A function's memory window.
  case pciWindow(PCIAddress, start: UInt64, end: UInt64)
  /// The buses behind a bridge.
  case pciBridge(PCIAddress, secondary: UInt8, subordinate: UInt8)
  /// A row of the tree that `lspci -t` draws: the functions on it.
  case busTree([BusTreeFunction])
  /// A function joined a group.
  case iommuGroup(PCIAddress, group: Int)
  /// A function left its group.
  case leftIOMMUGroup(PCIAddress, group: Int)
  /// `DMAR: …` said about one device.
  case deviceNote(PCIAddress, driver: String, text: String)
  /// Anything else that a driver says about its device.
  case driverMessage(PCIAddress, driver: String, text: String)
  /// The type of domain that functions get: addresses pass as they are, or are translated.
  case defaultDomain(passesThrough: Bool)
  /// A region that the table reserves, as Xen lists it; both ends included.
  case reservedRegion(start: UInt64, end: UInt64)
  /// A device of the table's scopes, as Xen lists it.
  case scopeDevice(PCIAddress)
  /// A line of the driver that has no form of its own here.
  case dmarNote(String)
  /// Where the kernel met a defect in the remapping code, `WARNING: … at FILE:LINE`.
  case defect(String)
  /// A paging entry that a reporter's own tool printed (`PDE: 0x15ec00883`), by level.
  case toolEntry(level: Int, value: UInt64)
  /// A row of one of the machine's own files: interrupts, memory, groups, units, `lspci -v`.
  case machineRow(MachineRow)
  /// A line of a debugfs file.
  case debugfs(DebugfsRow)
  /// A lock report.
  case lockSplat(LockSplat)
  /// A message about remapping that is not a fault record.
  case message(KernelMessage)
  /// A defect of the kernel with the functions that were running.
  case stumble(KernelStumble)
}

/// A function in a drawn tree, with the buses below it if it is a bridge.
public struct BusTreeFunction: Hashable, Sendable {
  /// Where it stands.
  public var address: PCIAddress
  /// What the list calls it.
  public var words: String
  /// The bus right behind it; nil for what is not a bridge.
  public var secondary: UInt8?
  /// The last bus behind it; nil for what is not a bridge.
  public var subordinate: UInt8?
}

/// A row of the driver's debugfs files.
public enum DebugfsRow: Hashable, Sendable {
  /// `IOMMU dmar0: Root Table Address: 0x…`
  case rootTable(unit: String, address: UInt64)
  /// `B.D.F Root_entry Context_entry [PASID PASID_table_entry]`
  case context(
    SourceID, rootHigh: UInt64, rootLow: UInt64, contextHigh: UInt64, contextLow: UInt64,
    pasid: PASID?, pasidEntry: [UInt64])
  /// `Device 0000:00:1f.4 @0x…`: the domain that the pages below it belong to.
  case domain(PCIAddress, pageTable: UInt64)
  /// `IOVA_PFN [PML5E] PML4E PDPE PDE PTE`, upper levels first.
  case page(frame: UInt64, entries: [UInt64])
  /// `IOMMU: dmar0 Register Base Address: …`
  case registers(unit: String, base: UInt64)
  /// A register of a unit.
  case register(name: String, offset: UInt64, value: UInt64)
  /// `Remapped Interrupt supported on IOMMU: dmar0`, or `Posted …`: whose table stands below.
  case interrupts(unit: String)
  /// Where the interrupt table lies.
  case interruptTable(address: UInt64)
  /// An interrupt entry.
  case interruptEntry(index: UInt32, source: SourceID?, high: UInt64, low: UInt64)
}
