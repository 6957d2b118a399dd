public import VTdFormats

/// What a function says that it is.
///
/// Kept beside the configuration space because the kernel knows it even where the space is short
/// or unreadable, and because the two differ on purpose for virtual functions, whose own vendor id
/// reads 0xffff.
public struct PCIIdentity: Hashable, Sendable {
  /// Who made it.
  public var vendor: UInt16
  /// Which of the vendor's devices it is.
  public var device: UInt16
  /// What kind of function it is.
  public var classCode: PCIClass
  /// Its revision.
  public var revision: UInt8
  /// Who built the board; 0 where nobody says.
  public var subsystemVendor: UInt16
  /// Which board it is; 0 where nobody says.
  public var subsystem: UInt16

  /// What a function says it is.
  public init(
    vendor: UInt16, device: UInt16, classCode: PCIClass, revision: UInt8 = 0,
    subsystemVendor: UInt16 = 0, subsystem: UInt16 = 0
  ) {
    self.vendor = vendor
    self.device = device
    self.classCode = classCode
    self.revision = revision
    self.subsystemVendor = subsystemVendor
    self.subsystem = subsystem
  }

  /// What `space` itself says; nil where its first twelve bytes are not known.
  public init?(_ space: ConfigurationSpace) {
    guard let vendor = space.vendorID, let device = space.deviceID,
      let classCode = space.classCode, let revision = space[.revisionID]
    else { return nil }
    let isDevice = space.headerLayout == .device
    self.init(
      vendor: vendor, device: device, classCode: classCode,
      revision: UInt8(truncatingIfNeeded: revision),
      subsystemVendor: UInt16(
        truncatingIfNeeded: isDevice ? space[.subsystemVendorID] ?? 0 : 0),
      subsystem: UInt16(truncatingIfNeeded: isDevice ? space[.subsystemID] ?? 0 : 0))
  }

  /// `vvvv:dddd`, as `lspci -n` prints it.
  public var ids: String {
    "\(hex(UInt64(vendor), digits: 4)):\(hex(UInt64(device), digits: 4))"
  }
}

/// The names that the pci.ids database has for a function.
public struct PCINames: Hashable, Sendable {
  /// The vendor's name; nil where it is not known.
  public var vendor: String?
  /// The device's name; nil where it is not known.
  public var device: String?
  /// The board's vendor; nil where it is not known.
  public var subsystemVendor: String?
  /// The board's name; nil where it is not known.
  public var subsystem: String?

  /// Names as pci.ids has them.
  public init(
    vendor: String? = nil, device: String? = nil, subsystemVendor: String? = nil,
    subsystem: String? = nil
  ) {
    self.vendor = vendor
    self.device = device
    self.subsystemVendor = subsystemVendor
    self.subsystem = subsystem
  }
}

/// A range of addresses at which a function answers: a base address register with its size, which
/// the configuration space alone does not tell.
public struct PCIRegion: Hashable, Sendable {
  /// What kind of addresses a region has.
  public enum Kind: String, Hashable, Sendable {
    /// I/O ports, memory below 4 GiB, memory anywhere.
    case io, memory32, memory64
  }

  /// The base address register, 0 to 5. A 64-bit region takes this one and the next.
  public let register: UInt8
  /// What kind of addresses it has.
  public let kind: Kind
  /// Whether reads have no side effects.
  public let isPrefetchable: Bool
  /// As the processor sees it.
  public let base: UInt64
  /// In bytes.
  public let size: UInt64

  /// A region of `size` bytes from `base` on, which the register with that number describes.
  public init(register: UInt8, kind: Kind, isPrefetchable: Bool, base: UInt64, size: UInt64) {
    self.register = register
    self.kind = kind
    self.isPrefetchable = isPrefetchable
    self.base = base
    self.size = size
  }

  /// Whether `address`, a memory address, is in the region.
  public func contains(_ address: UInt64) -> Bool {
    kind != .io && address >= base && address - base < size
  }
}

/// One PCI function: an address on the bus and what answers there.
public struct PCIFunction: Hashable, Sendable {
  /// Where it stands.
  public let address: PCIAddress
  /// What it says it is.
  public var identity: PCIIdentity
  /// Its configuration space, as far as it was read.
  public var configuration: ConfigurationSpace
  /// The regions that it answers at.
  public var regions: [PCIRegion]
  /// Its names, where somebody knows them.
  public var names: PCINames

  /// A function as it was found.
  public init(
    address: PCIAddress, identity: PCIIdentity, configuration: ConfigurationSpace,
    regions: [PCIRegion] = [], names: PCINames = PCINames()
  ) {
    self.address = address
    self.identity = identity
    self.configuration = configuration
    self.regions = regions
    self.names = names
  }

  /// The requester id of the function itself.
  public var sourceID: SourceID { address.sourceID }

  /// The buses below it, if it is a bridge whose header is known and that has been numbered: its
  /// secondary bus lies above the bus it sits on. A bridge that claims anything else leads
  /// nowhere, so no walk up or down the tree can go in circles.
  public var bridgeBuses: BridgeBuses? {
    guard let buses = configuration.bridgeBuses, buses.secondary > address.bus,
      buses.subordinate >= buses.secondary
    else { return nil }
    return buses
  }

  /// One line of text: the device's name if the database has one, else class and ids.
  public var name: String {
    switch (names.vendor, names.device) {
    case (let vendor?, let device?): "\(vendor) \(device)"
    case (let vendor?, nil): "\(vendor) Device \(hex(UInt64(identity.device), digits: 4))"
    case (nil, _): "\(identity.classCode.name ?? "Device") \(identity.ids)"
    }
  }
}
