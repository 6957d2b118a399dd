internal import KernelRuntime
internal import PCI
public import VTdFormats

/// What a domain is for (`struct iommu_domain.type`).
public enum DomainKind: String, CaseIterable, Hashable, Sendable {
  /// The DMA API's: it hands out addresses.
  case dma
  /// A user's own, such as VFIO's: it chooses addresses itself.
  case unmanaged
  /// Addresses stay as they are.
  case identity
  /// Nothing gets through.
  case blocked
}

/// `struct dmar_domain`: a page table, with the ids that tag its translations.
final class IOMMUDomain {
  let kind: DomainKind
  /// First-stage entries, for requests without PASID too.
  let usesFirstStage: Bool
  /// 3, 4 or 5 levels; `agaw + 2` in the driver's terms.
  var levels: Int
  var pageTable: PhysicalAddress
  /// The id that a scenario demands; otherwise each unit gives its first free one.
  let fixedID: DomainID?
  /// By the unit's number: what its translations are tagged with there, and by how many devices.
  var attachments: [Int: Attachment] = [:]
  /// Newest first, as the driver adds them to its list.
  var devices: [DeviceInfo] = []
  /// How many sizes of large pages are used: 1 for 2 MiB, 2 for 1 GiB as well. In older kernels none
  /// before a device is attached.
  var superpageSizes = 0
  /// The first address above all mappings.
  var limit: UInt64 = 0
  /// The width of its addresses, less than its tables could hold where the unit's MGAW is.
  var width: Int
  /// What is unmapped is flushed later, much at a time (IOMMU_DOMAIN_DMA_FQ).
  var isLazy = false
  /// Entries that lead to a table say that the table was flushed to memory, where the unit's walks do
  /// not snoop.
  var marksFlushedTables = false
  /// The unit notes in leaf entries what was written (SSADE).
  var tracksWrites = false
  /// What the DMA API keeps for it.
  var addressSpace: DMAAddressSpace?
  /// `domain->lock`, or in older kernels the one `device_domain_lock`.
  let lock: KernelLock
  /// `domain->cache_lock`.
  let cacheLock: KernelLock
  /// `domain->iova_cookie->mutex`.
  let cookieMutex: KernelLock

  struct Attachment {
    let id: DomainID
    var devices = 1
  }

  init(
    _ kind: DomainKind, usesFirstStage: Bool = false, levels: Int, pageTable: PhysicalAddress,
    fixedID: DomainID? = nil, lock: KernelLock, cacheLock: KernelLock,
    cookieMutex: KernelLock
  ) {
    self.kind = kind
    self.usesFirstStage = usesFirstStage
    self.levels = levels
    self.pageTable = pageTable
    self.fixedID = fixedID
    self.lock = lock
    self.cacheLock = cacheLock
    self.cookieMutex = cookieMutex
    width = Paging.width(levels: levels)
  }

  /// What tags its translations in `unit` (domain_id_iommu).
  func id(in unit: IntelIOMMU) -> DomainID {
    attachments[unit.number]?.id ?? fixedID ?? DomainID(rawValue: 0)
  }

  /// Whether the IOVA's page is within the tables (domain_pfn_supported).
  func covers(page: UInt64) -> Bool {
    page >> UInt64(Paging.width(levels: levels) - 12) == 0
  }
}

/// `struct device_domain_info`: a function as the driver knows it.
final class DeviceInfo {
  let function: ProbedFunction
  let unit: IntelIOMMU
  /// What it is attached to; nil while its requests are blocked.
  var domain: IOMMUDomain?
  /// Its PASID directory, in scalable mode.
  var directory: PhysicalAddress?
  /// How many PASIDs the directory covers.
  var pasidLimit: UInt32 = 0
  /// Whether the driver has switched the device's own TLB on.
  var isATSEnabled = false
  var isPageRequestEnabled = false
  /// Processes that it may work for.
  var processes: [PASID: IOMMUProcess] = [:]

  init(_ function: ProbedFunction, unit: IntelIOMMU) {
    self.function = function
    self.unit = unit
  }

  var address: PCIAddress { function.address }
  var source: SourceID { function.address.sourceID }
  /// Every id that pci_for_each_dma_alias comes by.
  var sourceIDs: [SourceID] { [source] + function.aliases }

  /// ECAP.DT, the capability, and the platform's consent (dmar_ats_supported).
  var supportsATS: Bool {
    unit.extendedCapability[flag: .deviceTLB] && function.traits.ats != nil
      && function.traits.platformAllowsATS
  }

  /// info->pasid_supported.
  var supportsPASIDs: Bool {
    unit.extendedCapability[flag: .pasid] && function.traits.pasidWidth != nil
  }

  /// info->pri_supported.
  var supportsPageRequests: Bool {
    let capability = unit.extendedCapability
    return supportsATS && capability[flag: .pageRequests]
      && capability[flag: .pageRequestDraining] && function.traits.hasPageRequests
  }

  /// PDTS: 2^(PDTS + 7) entries of 64 PASIDs.
  var directorySize: UInt64 {
    let entries = max(Int(pasidLimit) / PASIDTableEntry.countInTable, 1)
    return UInt64(max(entries.trailingZeroBitCount - 7, 0))
  }
}

/// What a mapping lets a device do.
public enum MappingAccess: String, CaseIterable, Hashable, Sendable {
  /// Devices may read.
  case read = "r"
  /// Devices may write.
  case write = "w"
  /// Devices may read and write.
  case readWrite = "rw"

  var reads: Bool { self != .write }
  var writes: Bool { self != .read }
}

/// A range of IOVA that a driver has mapped.
public struct Mapping: Hashable, Sendable {
  /// Where devices find it.
  public var address: IOVA
  /// Where it lies in memory.
  public var target: PhysicalAddress
  /// Bytes; rounded up to whole pages.
  public var size: UInt64
  /// What devices may do.
  public var access: MappingAccess

  /// A mapping of `size` bytes.
  public init(address: IOVA, target: PhysicalAddress, size: UInt64, access: MappingAccess) {
    self.address = address
    self.target = target
    self.size = size
    self.access = access
  }
}

/// Whose domain it is where domains come at first use.
struct FirstUse: Hashable {
  let unit: Int
  let source: SourceID
}
