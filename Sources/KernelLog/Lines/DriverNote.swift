public import PCI
public import VTdFormats

/// What the driver and the core of IOMMU drivers say outside faults and boot: of one device, or of
/// something that went wrong.
public enum DriverNote: Hashable, Sendable {
  /// `hpsa 0000:02:00.0: DMAR: …`; the device is nil where a report has lost it.
  case device(PCIAddress?, driver: String, DeviceNote)
  /// `Invalidate non-aligned address 7f76f47f9000, order 0`
  case nonAlignedInvalidation(IOVA, order: Int)
  /// `ERROR: DMA PTE for vPFN 0x428ec already set (to 3f6ec003 not 3f6ec003)`
  case entryAlreadySet(frame: UInt64, old: UInt64, new: UInt64)
  /// A mapping ends behind what the domain's width reaches.
  case mappingTooHigh(width: Int, limit: UInt64)
  /// The unit has as many domains as it can have.
  case noDomainIDs(unit: String)
  /// The type of a group's domain was to change, and the group has several devices.
  case groupTooLarge
  /// The unit did not flush its IOTLB.
  case flushFailed
  /// A guest's unit is not used in scalable mode, so its host gives it no PASIDs.
  case noPASIDAllocator

  /// What is said behind a device's name.
  public enum DeviceNote: Hashable, Sendable {
    /// It has an identity domain of its own.
    case privateIdentityDomain
    /// It no longer has the identity domain.
    case nonIdentityMapping
    /// Firmware has reserved memory for the device, so no user may have it.
    case ineligible
    /// The same, as the core says it later.
    case needsDirectMapping
    /// No domain could be made for it.
    case noDomain
    /// What the domain maps ends behind what the unit's width reaches.
    case domainTooWide(width: Int, limit: UInt64)
    /// The device must not pass through, or must do nothing else.
    case wrongDomain(isPassthrough: Bool)
    /// Another domain than the default one has the group.
    case groupTaken
  }
}
