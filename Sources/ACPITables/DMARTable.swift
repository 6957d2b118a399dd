/// The ACPI table in which firmware describes the remapping hardware (VT-d specification 5.0,
/// chapter 8), as values. What it says may be wrong; ``findings(against:)`` looks into that.
public struct DMARTable: Hashable, Sendable {
  /// The part that every ACPI table has.
  public var header: TableHeader
  /// The platform's DMA addresses have this many bits.
  public var hostAddressWidth: Int {
    get { Int(rawHostAddressWidth) + 1 }
    set { rawHostAddressWidth = UInt8(truncatingIfNeeded: newValue - 1) }
  }
  /// The field itself, which holds one less.
  public var rawHostAddressWidth: UInt8
  /// Interrupt remapping, x2APIC opt-out, platform opt-in.
  public var flags: TableFlags
  /// Ten bytes without a meaning.
  public var reserved: [UInt8]
  /// In the table's order.
  public var structures: [RemappingStructure]

  /// A table of these structures.
  public init(
    header: TableHeader = TableHeader(), hostAddressWidth: Int = 48, flags: TableFlags = [],
    structures: [RemappingStructure] = []
  ) {
    self.header = header
    rawHostAddressWidth = UInt8(truncatingIfNeeded: hostAddressWidth - 1)
    self.flags = flags
    reserved = Array(repeating: 0, count: 10)
    self.structures = structures
  }

  /// The units, in the table's order.
  public var units: [HardwareUnit] {
    structures.compactMap { if case .unit(let unit) = $0 { unit } else { nil } }
  }

  /// The reserved memory regions (RMRR), in the table's order.
  public var reservedMemory: [ReservedMemory] {
    structures.compactMap { if case .reservedMemory(let region) = $0 { region } else { nil } }
  }

  /// The devices that only the ACPI namespace knows (ANDD), in the table's order.
  public var namespaceDevices: [NamespaceDevice] {
    structures.compactMap { if case .namespaceDevice(let device) = $0 { device } else { nil } }
  }
}

/// The header that every ACPI table has, without the signature (which says `DMAR`) and the length
/// (which follows from the contents).
public struct TableHeader: Hashable, Sendable {
  /// The revision of the DMAR table's format.
  public var revision: UInt8
  /// A wrong checksum that was read; nil where the right one was, and for a table that is built.
  public var wrongChecksum: UInt8?
  /// Six bytes, usually text.
  public var oemID: [UInt8]
  /// Eight bytes, usually text.
  public var oemTableID: [UInt8]
  /// The firmware's own revision number.
  public var oemRevision: UInt32
  /// Four bytes, usually text.
  public var creatorID: [UInt8]
  /// The revision of the tool that made the table.
  public var creatorRevision: UInt32

  /// A header; signature and length are the table's own.
  public init(
    revision: UInt8 = 1, oemID: String = "DMAR", oemTableID: String = "DMAR",
    oemRevision: UInt32 = 1, creatorID: String = "DMAR", creatorRevision: UInt32 = 1
  ) {
    func padded(_ text: String, _ count: Int) -> [UInt8] {
      let bytes = Array(text.utf8.prefix(count))
      return bytes + repeatElement(0x20, count: count - bytes.count)
    }
    self.revision = revision
    wrongChecksum = nil
    self.oemID = padded(oemID, TableField.oemID.width)
    self.oemTableID = padded(oemTableID, TableField.oemTableID.width)
    self.oemRevision = oemRevision
    self.creatorID = padded(creatorID, TableField.creatorID.width)
    self.creatorRevision = creatorRevision
  }
}

/// The flags of the whole table.
public struct TableFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// INTR_REMAP: interrupts can be remapped.
  public static let interruptRemapping = TableFlags(rawValue: 1 << 0)
  /// X2APIC_OPT_OUT: firmware asks the system to leave x2APIC mode off.
  public static let x2APICOptOut = TableFlags(rawValue: 1 << 1)
  /// DMA_CTRL_PLATFORM_OPT_IN_FLAG: firmware asks the system to guard against DMA from outside.
  public static let dmaControlOptIn = TableFlags(rawValue: 1 << 2)
  /// DMA_REMAP_OPT_OUT: firmware asks the system to leave DMA untranslated (specification 5.2).
  public static let dmaRemappingOptOut = TableFlags(rawValue: 1 << 3)

  static let names: [(flag: TableFlags, name: String)] = [
    (.interruptRemapping, "INTR_REMAP"), (.x2APICOptOut, "X2APIC_OPT_OUT"),
    (.dmaControlOptIn, "DMA_CTRL_PLATFORM_OPT_IN"),
    (.dmaRemappingOptOut, "DMA_REMAP_OPT_OUT"),
  ]
}

/// One remapping structure.
public enum RemappingStructure: Hashable, Sendable {
  /// DRHD: a remapping unit and what it covers.
  case unit(HardwareUnit)
  /// RMRR: memory that devices use before a driver runs.
  case reservedMemory(ReservedMemory)
  /// ATSR: root ports below which devices may have TLBs.
  case rootPortATS(RootPortATS)
  /// RHSA: which proximity domain, of processors and memory, a unit is near.
  case affinity(StaticAffinity)
  /// ANDD: a device that only the ACPI namespace knows.
  case namespaceDevice(NamespaceDevice)
  /// SATC: devices inside the SoC that may, or must, have TLBs.
  case socATC(SoCATC)
  /// SIDP: properties of devices inside the SoC.
  case socProperties(SoCProperties)
  /// A type that no specification had when this was written: its bytes after the length.
  case unknown(type: UInt16, body: [UInt8])

  /// The number in the table. Firmware has to list structures in its order.
  public var type: UInt16 {
    switch self {
    case .unit: 0
    case .reservedMemory: 1
    case .rootPortATS: 2
    case .affinity: 3
    case .namespaceDevice: 4
    case .socATC: 5
    case .socProperties: 6
    case .unknown(let type, _): type
    }
  }

  /// How structures of `type` are laid out.
  public static func layout(of type: UInt16) -> StructureLayout {
    switch type {
    case 0: .unit
    case 1: .reservedMemory
    case 2: .rootPortATS
    case 3: .affinity
    case 4: .namespaceDevice
    case 5: .socATC
    case 6: .socProperties
    default: .unknown
    }
  }

  /// How the structure's bytes are laid out.
  public var layout: StructureLayout { Self.layout(of: type) }

  /// The device scopes of the kinds that have some.
  public var scopes: [DeviceScope] {
    switch self {
    case .unit(let unit): unit.scopes
    case .reservedMemory(let region): region.scopes
    case .rootPortATS(let ports): ports.scopes
    case .socATC(let cache): cache.scopes
    case .socProperties(let properties): properties.scopes
    case .affinity, .namespaceDevice, .unknown: []
    }
  }

  /// The segment of the kinds that have one.
  public var segment: UInt16? {
    switch self {
    case .unit(let unit): unit.segment
    case .reservedMemory(let region): region.segment
    case .rootPortATS(let ports): ports.segment
    case .socATC(let cache): cache.segment
    case .socProperties(let properties): properties.segment
    case .affinity, .namespaceDevice, .unknown: nil
    }
  }
}

/// DRHD: one remapping unit (8.3).
public struct HardwareUnit: Hashable, Sendable {
  /// INCLUDE_PCI_ALL, and reserved bits.
  public var flags: UInt8
  /// The register set takes two to this power pages; reserved before specification 4.0, so 0.
  public var size: UInt8
  /// The PCI segment that the unit serves.
  public var segment: UInt16
  /// Where its registers are; a multiple of 4 KiB.
  public var registerBase: UInt64
  /// What it covers; empty where it takes all that no other unit has.
  public var scopes: [DeviceScope]

  static let includePCIAllFlag: UInt8 = 1 << 0

  /// A unit.
  public init(
    includesAll: Bool = false, size: UInt8 = 0, segment: UInt16 = 0, registerBase: UInt64,
    scopes: [DeviceScope] = []
  ) {
    flags = includesAll ? Self.includePCIAllFlag : 0
    self.size = size
    self.segment = segment
    self.registerBase = registerBase
    self.scopes = scopes
  }

  /// Whether it covers every function of its segment that no other unit's scope names.
  public var includesAll: Bool { flags & Self.includePCIAllFlag != 0 }

  /// Bytes of its register set; nil if the field says more than 64 bits can.
  public var registerSetSize: UInt64? {
    let exponent = UInt64(size & 0x0f) + 12
    return size > 0x0f ? nil : 1 << exponent
  }
}

/// RMRR: memory that firmware's devices go on using (8.4).
public struct ReservedMemory: Hashable, Sendable {
  /// Bytes that the specification reserves, kept as they stood.
  public var reserved: UInt16 = 0
  /// The PCI segment of the devices.
  public var segment: UInt16
  /// The first byte; a multiple of 4 KiB.
  public var base: UInt64
  /// The last byte.
  public var limit: UInt64
  /// The devices that use the region.
  public var scopes: [DeviceScope]

  /// A region from `base` to `limit`, its last byte.
  public init(segment: UInt16 = 0, base: UInt64, limit: UInt64, scopes: [DeviceScope] = []) {
    self.segment = segment
    self.base = base
    self.limit = limit
    self.scopes = scopes
  }
}

/// ATSR: root ports whose devices may use ATS (8.5).
public struct RootPortATS: Hashable, Sendable {
  /// Bit 0: all root ports of the segment.
  public var flags: UInt8
  /// A byte that the specification reserves, kept as it stood.
  public var reserved: UInt8 = 0
  /// The PCI segment.
  public var segment: UInt16
  /// The root ports, where not all are meant.
  public var scopes: [DeviceScope]

  static let allPortsFlag: UInt8 = 1 << 0

  /// Root ports below which devices may have TLBs.
  public init(allPorts: Bool = false, segment: UInt16 = 0, scopes: [DeviceScope] = []) {
    flags = allPorts ? Self.allPortsFlag : 0
    self.segment = segment
    self.scopes = scopes
  }

  /// Whether all root ports of the segment are meant.
  public var allPorts: Bool { flags & Self.allPortsFlag != 0 }
}

/// RHSA: which proximity domain, of processors and memory, a unit is near (8.6).
public struct StaticAffinity: Hashable, Sendable {
  /// Bytes that the specification reserves, kept as they stood.
  public var reserved: UInt32 = 0
  /// The unit's registers.
  public var registerBase: UInt64
  /// The proximity domain, as SRAT numbers them.
  public var proximityDomain: UInt32

  /// The unit whose registers are at that base is near that domain.
  public init(registerBase: UInt64, proximityDomain: UInt32) {
    self.registerBase = registerBase
    self.proximityDomain = proximityDomain
  }
}

/// ANDD: the name of a device that is not a PCI function (8.7).
public struct NamespaceDevice: Hashable, Sendable {
  /// Three bytes.
  public var reserved: [UInt8] = [0, 0, 0]
  /// The number by which a device scope refers to it.
  public var number: UInt8
  /// The path in the name space with the zero byte that ends it, and what may come after that.
  public var nameBytes: [UInt8]

  /// The device that scopes name by that number.
  public init(number: UInt8, name: String) {
    self.number = number
    nameBytes = Array(name.utf8) + [0]
  }

  init(reserved: [UInt8], number: UInt8, nameBytes: [UInt8]) {
    self.reserved = reserved
    self.number = number
    self.nameBytes = nameBytes
  }

  /// The path, `\_SB.PCI0.I2C0`.
  public var name: String { String(decoding: nameBytes.prefix { $0 != 0 }, as: UTF8.self) }
}

/// SATC: integrated devices that cache translations (8.8).
public struct SoCATC: Hashable, Sendable {
  /// Bit 0: the devices need their TLBs.
  public var flags: UInt8
  /// A byte that the specification reserves, kept as it stood.
  public var reserved: UInt8 = 0
  /// The PCI segment.
  public var segment: UInt16
  /// The devices.
  public var scopes: [DeviceScope]

  static let requiredFlag: UInt8 = 1 << 0

  /// Devices inside the SoC with TLBs.
  public init(isRequired: Bool = false, segment: UInt16 = 0, scopes: [DeviceScope] = []) {
    flags = isRequired ? Self.requiredFlag : 0
    self.segment = segment
    self.scopes = scopes
  }

  /// ATC_REQUIRED: the devices do not work without.
  public var isRequired: Bool { flags & Self.requiredFlag != 0 }
}

/// SIDP: properties of integrated devices, in the flags of the scopes (8.9).
public struct SoCProperties: Hashable, Sendable {
  /// Bytes that the specification reserves, kept as they stood.
  public var reserved: UInt16 = 0
  /// The PCI segment.
  public var segment: UInt16
  /// The devices.
  public var scopes: [DeviceScope]

  /// Properties of devices inside the SoC.
  public init(segment: UInt16 = 0, scopes: [DeviceScope] = []) {
    self.segment = segment
    self.scopes = scopes
  }
}
