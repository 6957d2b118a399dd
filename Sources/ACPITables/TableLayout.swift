/// One field of a structure in an ACPI table: the specification's table has a row for it.
public struct TableField: Hashable, Sendable {
  /// The specification's name.
  public let name: String
  /// From the structure's first byte.
  public let offset: Int
  /// In bytes: 1, 2, 4 or 8 for a little-endian number, anything for text and reserved bytes.
  public let width: Int

  init(_ name: String, _ offset: Int, _ width: Int) {
    self.name = name
    self.offset = offset
    self.width = width
  }
}

/// The fixed part of one kind of structure.
public struct StructureLayout: Hashable, Sendable {
  /// What the specification calls it for short, `DRHD`.
  public let abbreviation: String
  /// What iasl calls the structure.
  public let name: String
  /// The fields in their order.
  public let fields: [TableField]

  init(_ abbreviation: String, _ name: String, _ fields: [TableField]) {
    self.abbreviation = abbreviation
    self.name = name
    self.fields = fields
  }

  /// Bytes of the fixed part; what varies (device scopes, a name) comes after it.
  public var fixedLength: Int { fields.map { $0.offset + $0.width }.max() ?? 0 }
}

extension TableField {
  // The header that every ACPI table has (ACPI 6.5, 5.2.6).
  static let signature = TableField("Signature", 0, 4)
  static let tableLength = TableField("Table Length", 4, 4)
  static let revision = TableField("Revision", 8, 1)
  static let checksum = TableField("Checksum", 9, 1)
  static let oemID = TableField("OEM ID", 10, 6)
  static let oemTableID = TableField("OEM Table ID", 16, 8)
  static let oemRevision = TableField("OEM Revision", 24, 4)
  static let creatorID = TableField("Creator ID", 28, 4)
  static let creatorRevision = TableField("Creator Revision", 32, 4)

  // What follows it in the DMAR table (VT-d specification 5.0, 8.1).
  static let hostAddressWidth = TableField("Host Address Width", 36, 1)
  static let tableFlags = TableField("Flags", 37, 1)
  static let tableReserved = TableField("Reserved", 38, 10)

  // Every remapping structure (8.2).
  static let type = TableField("Type", 0, 2)
  static let length = TableField("Length", 2, 2)
  static let segment = TableField("Segment Number", 6, 2)
  static let structureFlags = TableField("Flags", 4, 1)
  static let reservedByte = TableField("Reserved", 5, 1)
  static let reservedWord = TableField("Reserved", 4, 2)

  // DRHD (8.3).
  static let registerSetSize = TableField("Size", 5, 1)
  static let registerBase = TableField("Register Base Address", 8, 8)
  // RMRR (8.4).
  static let regionBase = TableField("Region Base Address", 8, 8)
  static let regionLimit = TableField("Region Limit Address", 16, 8)
  // RHSA (8.6).
  static let affinityReserved = TableField("Reserved", 4, 4)
  static let proximityDomain = TableField("Proximity Domain", 16, 4)
  // ANDD (8.7).
  static let namespaceReserved = TableField("Reserved", 4, 3)
  static let deviceNumber = TableField("ACPI Device Number", 7, 1)

  // Device scope (8.3.1).
  static let scopeType = TableField("Device Scope Type", 0, 1)
  static let scopeLength = TableField("Length", 1, 1)
  static let scopeFlags = TableField("Flags", 2, 1)
  static let scopeReserved = TableField("Reserved", 3, 1)
  static let enumerationID = TableField("Enumeration ID", 4, 1)
  static let startBus = TableField("Start Bus Number", 5, 1)
}

extension StructureLayout {
  /// The table's own fields, header included.
  public static let table = StructureLayout(
    "DMAR", "DMA Remapping table",
    [
      .signature, .tableLength, .revision, .checksum, .oemID, .oemTableID, .oemRevision,
      .creatorID, .creatorRevision, .hostAddressWidth, .tableFlags, .tableReserved,
    ])
  static let unit = StructureLayout(
    "DRHD", "DMA Remapping Hardware Unit Definition",
    [.type, .length, .structureFlags, .registerSetSize, .segment, .registerBase])
  static let reservedMemory = StructureLayout(
    "RMRR", "Reserved Memory Region",
    [.type, .length, .reservedWord, .segment, .regionBase, .regionLimit])
  static let rootPortATS = StructureLayout(
    "ATSR", "Root Port ATS Capability",
    [.type, .length, .structureFlags, .reservedByte, .segment])
  static let affinity = StructureLayout(
    "RHSA", "Remapping Hardware Static Affinity",
    [.type, .length, .affinityReserved, .registerBase, .proximityDomain])
  static let namespaceDevice = StructureLayout(
    "ANDD", "ACPI Name-space Device Declaration",
    [.type, .length, .namespaceReserved, .deviceNumber])
  static let socATC = StructureLayout(
    "SATC", "SoC Integrated Address Translation Cache",
    [.type, .length, .structureFlags, .reservedByte, .segment])
  static let socProperties = StructureLayout(
    "SIDP", "SoC Integrated Device Property", [.type, .length, .reservedWord, .segment])
  /// What is known of a structure of unknown type.
  static let unknown = StructureLayout("????", "Unknown structure", [.type, .length])
  static let scope = StructureLayout(
    "scope", "Device Scope",
    [.scopeType, .scopeLength, .scopeFlags, .scopeReserved, .enumerationID, .startBus])
}
