public import PCI

/// A row of one of the machine's own files, or of a tool that prints them: what the kernel shows of
/// interrupts, memory, groups and units beside its log.
public enum MachineRow: Hashable, Sendable {
  /// A row of `/proc/interrupts`.
  case interrupt(InterruptCount)
  /// A row of `/proc/iomem`.
  case resource(MachineResource)
  /// A row of a group's `reserved_regions`.
  case reservedRegion(ReservedRegion)
  /// `/sys/kernel/iommu_groups/N/type`.
  case groupType(group: Int, GroupDomainKind)
  /// A function of a group, as sysfs, `lspci -v` and scripts list them.
  case groupMember(PCIAddress, group: Int)
  /// A file below `/sys/class/iommu/dmarN/intel-iommu`.
  case unitValue(unit: Int, UnitAttribute, UInt64)
  /// A row of `dmar_perf_latency`.
  case latency(LatencyRow)
  /// The driver that has a function, as `lspci -k` and `lspci -v` list it.
  case driver(PCIAddress, name: String)
  /// Flags of a register of a function, as `lspci -vv` lists them.
  case flags(PCIAddress, FunctionRegister, set: [String], clear: [String])
  /// The header of the request that failed first, as `lspci -vvv` lists it.
  case failedRequest(PCIAddress, header: [UInt32])
  /// A row of the list of a bundle: a file that was not there or could not be read.
  case missing(MissingFile)
}

/// A file of the machine that a bundle of `dmar collect` lacks.
public struct MissingFile: Hashable, Sendable {
  /// Its path on the machine.
  public var path: String
  /// Why, in the words of the list.
  public var reason: String

  /// The firmware's table that names the units.
  public static let table = "/sys/firmware/acpi/tables/DMAR"
  /// The reason's first words where that table does not exist, and not only nobody could read it.
  public static let noTable = "the firmware has no DMAR table"
}

/// How often the interrupt of a unit came since the boot.
public struct InterruptCount: Hashable, Sendable {
  /// The number of the interrupt; nil where the row is cut before it.
  public var number: Int?
  /// The sum over all processors.
  public var count: UInt64
  /// The units that share it, by their numbers.
  public var units: [Int]
  /// What it tells of.
  public var purpose: Purpose

  /// What the interrupt of a unit tells of.
  public enum Purpose: Hashable, Sendable {
    /// Fault records and errors of the queue: `dmar0`.
    case faults
    /// Requests for pages: `dmar0-prq`.
    case pageRequests
    /// Counters of performance: `dmar0-perf`.
    case counters
  }
}

/// A range of physical addresses and whose it is.
public struct MachineResource: Hashable, Sendable {
  /// The first byte.
  public var start: UInt64
  /// The last byte.
  public var end: UInt64
  /// `System RAM`, `Reserved`, `0000:00:02.0`, `dmar0`, a driver.
  public var name: String
  /// How deep it lies in others; 0 for those that lie in none.
  public var depth: Int
}

/// A range of addresses that the kernel keeps out of a group's mappings, or maps to itself.
public struct ReservedRegion: Hashable, Sendable {
  /// The group; nil where the rows do not say.
  public var group: Int?
  /// The first byte.
  public var start: UInt64
  /// The last byte.
  public var end: UInt64
  /// Why.
  public var kind: Kind

  /// The words of the kernel.
  public enum Kind: String, Hashable, Sendable {
    /// The firmware reserved it (RMRR): the kernel maps it to itself for as long as it runs.
    case direct
    /// The same, but a graphics or USB device, which a guest may have without it.
    case relaxable = "direct-relaxable"
    /// No mapping may lie there.
    case reserved
    /// Messages of interrupts.
    case messages = "msi"
  }
}

/// What the devices of a group see, in the words of the kernel.
public enum GroupDomainKind: String, Hashable, Sendable {
  /// Mappings whose end is flushed at once.
  case strict = "DMA"
  /// Mappings whose flush waits in a queue.
  case lazy = "DMA-FQ"
  /// Physical addresses.
  case identity
  /// The device's own driver decides.
  case automatic = "auto"
  /// Nothing.
  case blocked
}

/// A file that sysfs has for a unit.
public enum UnitAttribute: String, Hashable, Sendable {
  /// Where its registers are.
  case address
  /// CAP_REG.
  case capability = "cap"
  /// ECAP_REG.
  case extended = "ecap"
  /// Major version times 16, plus minor.
  case version
  /// How many domains it can tell apart.
  case domainsSupported = "domains_supported"
  /// How many of them are in use.
  case domainsUsed = "domains_used"
}

/// How long requests of one kind took, in the driver's own measurement.
public struct LatencyRow: Hashable, Sendable {
  /// The unit; nil where its heading is missing.
  public var unit: Int?
  /// `inv_iotlb`, `inv_devtlb`, `inv_iec` or `svm_prq`.
  public var name: String
  /// Counts of those below 0.1 µs, 1 µs, 10 µs, 100 µs, 1 ms, 10 ms, and of the others.
  public var counts: [UInt64]
  /// Microseconds.
  public var longest: UInt64
  /// Microseconds.
  public var average: UInt64
}

/// A register of a function whose flags `lspci -vv` lists.
public enum FunctionRegister: Hashable, Sendable {
  /// Command: may it use memory, and do DMA.
  case command
  /// Status: how its requests ended.
  case status
  /// Device status of PCI Express.
  case deviceStatus
  /// Uncorrectable errors.
  case uncorrectableErrors
  /// The device's own cache of translations.
  case addressTranslation
  /// Requests for pages.
  case pageRequests
  /// Process address spaces.
  case processSpaces
}
