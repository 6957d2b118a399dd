public import PCI
public import VTdFormats

/// What the driver says outside faults and boot: of one device, or of something that went wrong.
public enum DriverNote: Hashable, Sendable {
  /// `pci 0000:01:00.1: DMAR: …`
  case device(PCIAddress, driver: String, DeviceNote)
  /// The same where the device got lost, as reports have it.
  case unnamedDevice(DeviceNote)
  /// `Invalidate non-aligned address 7f76f47f9000, order 0`
  case nonAlignedInvalidation(IOVA, order: Int)
  /// `ERROR: DMA PTE for vPFN 0x428ec already set (to 3f6ec003 not 3f6ec003)`
  case entryAlreadySet(frame: UInt64, old: UInt64, new: UInt64)
  /// What the kernel panics with when a global command or an invalidation does not end.
  case malfunctioning

  /// The words behind a device's name.
  public enum DeviceNote: String, CaseIterable, Hashable, Sendable {
    case privateIdentityDomain = "Device uses a private identity domain."
    case nonIdentityMapping = "32bit DMA uses non-identity mapping"
    case ineligible =
      "Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  Contact your platform vendor."
    case noDomain = "Allocating domain failed"
  }

  public var text: String {
    switch self {
    case .device(let device, let driver, let note): "\(driver) \(device): DMAR: \(note.rawValue)"
    case .unnamedDevice(let note): "DMAR: \(note.rawValue)"
    case .nonAlignedInvalidation(let address, let order):
      "DMAR: Invalidate non-aligned address \(hex(address.rawValue)), order \(order)"
    case .entryAlreadySet(let frame, let old, let new):
      "DMAR: ERROR: DMA PTE for vPFN 0x\(hex(frame)) already set (to \(hex(old)) not \(hex(new)))"
    case .malfunctioning: "Kernel panic - not syncing: DMAR hardware is malfunctioning"
    }
  }

  public var level: LogLevel {
    switch self {
    case .device, .unnamedDevice: .info
    case .nonAlignedInvalidation: .warning
    case .entryAlreadySet: .critical
    case .malfunctioning: .emergency
    }
  }
}
