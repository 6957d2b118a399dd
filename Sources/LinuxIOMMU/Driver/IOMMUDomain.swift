public import VTdFormats

/// `struct dmar_domain`: a second-stage page table with the id that tags its translations.
final class IOMMUDomain {
  let id: DomainID
  /// 3, 4 or 5 levels; `agaw + 2` in the driver's terms.
  var levels: Int
  var pageTable: PhysicalAddress

  init(id: DomainID, levels: Int, pageTable: PhysicalAddress) {
    self.id = id
    self.levels = levels
    self.pageTable = pageTable
  }
}

/// What a mapping lets a device do.
public enum MappingAccess: String, CaseIterable, Hashable, Sendable {
  case read = "r"
  case write = "w"
  case readWrite = "rw"

  var reads: Bool { self != .write }
  var writes: Bool { self != .read }
}

/// A range of IOVA that a driver has mapped.
public struct Mapping: Hashable, Sendable {
  public var address: IOVA
  public var target: PhysicalAddress
  /// Bytes; rounded up to whole pages.
  public var size: UInt64
  public var access: MappingAccess

  public init(address: IOVA, target: PhysicalAddress, size: UInt64, access: MappingAccess) {
    self.address = address
    self.target = target
    self.size = size
    self.access = access
  }
}
