public import ACPITables

/// A DMAR table as a file: every field, reserved ones where they are not zero.
extension DMARTable: Section {
  package static var sectionName: String { "dmar table" }
  package static var isFlow: Bool { false }

  /// A table without structures.
  package init() { self.init(hostAddressWidth: 48) }

  package mutating func visit(_ field: inout Fields) {
    field("revision", &header.revision, .number(), always: true, "revision of the table")
    var checksum = header.wrongChecksum
    field(
      "checksum", &checksum, .number(0...0xff, .hex(2)),
      "a wrong checksum, to be kept; without it the right one is made")
    field("oem_id", &header.oemID, .identifier(6), always: true, "six characters, or bytes")
    field(
      "oem_table_id", &header.oemTableID, .identifier(8), always: true,
      "eight characters, or bytes")
    field(
      "oem_revision", &header.oemRevision, .number(0...0xffff_ffff, .hex), always: true, "a number")
    field(
      "creator_id", &header.creatorID, .identifier(4), always: true, "four characters, or bytes")
    field(
      "creator_revision", &header.creatorRevision, .number(0...0xffff_ffff, .hex), always: true,
      "a number")
    field.required(
      "host_address_width", &hostAddressWidth, .number(1...256), "bits of an address",
      example: "39")
    field(
      "flags", &flags, .number(), always: true,
      "1 INTR_REMAP, 2 X2APIC_OPT_OUT, 4 DMA_CTRL_PLATFORM_OPT_IN")
    field("reserved", &reserved, .bytes(10), "ten bytes")
    var list = structures.map(StructureEntry.init)
    field.required(
      "structures", &list, .list(.section, isFlow: false), "in the table's order",
      example: "[{drhd: {base: 0xfed90000, include_all: true}}]")
    structures = list.compactMap { $0.structure }
    header.wrongChecksum = nil
    header.wrongChecksum = checksum == rightChecksum ? nil : checksum
  }
}

/// An element of a table's list of structures.
private struct StructureEntry: Section {
  static var sectionName: String { "structure" }
  static var isFlow: Bool { false }
  var structure: RemappingStructure?

  init() {}
  init(_ structure: RemappingStructure) { self.structure = structure }

  mutating func visit(_ field: inout Fields) {
    field.choice(
      "drhd", &structure, { .unit($0) }, { if case .unit(let it) = $0 { it } else { nil } },
      .section, "a remapping unit")
    field.choice(
      "rmrr", &structure, { .reservedMemory($0) },
      { if case .reservedMemory(let it) = $0 { it } else { nil } }, .section, "reserved memory")
    field.choice(
      "atsr", &structure, { .rootPortATS($0) },
      { if case .rootPortATS(let it) = $0 { it } else { nil } }, .section, "root ports with ATS")
    field.choice(
      "rhsa", &structure, { .affinity($0) },
      { if case .affinity(let it) = $0 { it } else { nil } }, .section, "a unit's affinity")
    field.choice(
      "andd", &structure, { .namespaceDevice($0) },
      { if case .namespaceDevice(let it) = $0 { it } else { nil } }, .section,
      "a device of the name space")
    field.choice(
      "satc", &structure, { .socATC($0) }, { if case .socATC(let it) = $0 { it } else { nil } },
      .section, "integrated devices with ATS")
    field.choice(
      "sidp", &structure, { .socProperties($0) },
      { if case .socProperties(let it) = $0 { it } else { nil } }, .section,
      "properties of integrated devices")
    field.choice(
      "unknown", &structure, { (it: UnknownStructure) in .unknown(type: it.type, body: it.body) },
      {
        if case .unknown(let type, let body) = $0 {
          UnknownStructure(type: type, body: body)
        } else {
          nil
        }
      },
      .section, "a structure of another type")
    field.oneChoice()
    let size = structure?.bytes.count ?? 0
    field.check(
      size <= Int(UInt16.max), at: field.givenKey,
      "the structure takes \(size) bytes; at most \(UInt16.max) were expected")
  }
}

/// A structure of a type that the program does not know.
private struct UnknownStructure: Section {
  static var sectionName: String { "unknown" }
  static var isFlow: Bool { false }
  var type: UInt16 = 0
  var body: [UInt8] = []

  mutating func visit(_ field: inout Fields) {
    field.required(
      "type", &type, .number(0...0xffff, .hex), "the structure's type", example: "0x7f")
    field.required("bytes", &body, .bytes(), "what follows its length", example: "[0x00, 0x00]")
  }
}

// MARK: The structures

/// Fields that several structures have.
extension Fields {
  /// A field of flags of which the specification names one.
  ///
  /// - Parameters:
  ///   - key: the key of the named flag, bit 0.
  ///   - meaning: its name in the specification.
  fileprivate mutating func flags(_ flags: inout UInt8, _ key: String, _ meaning: String) {
    // Only what one flag cannot say needs the whole field.
    var (whole, isSet): (UInt8?, Bool) = (flags > 1 ? flags : nil, flags == 1)
    self("flags", &whole, .number(0...0xff, .hex), "all of the field, reserved bits included")
    self(key, &isSet, .flag, meaning)
    flags = whole ?? (isSet ? 1 : 0)
  }

  fileprivate mutating func reserved<Number: FixedWidthInteger>(_ reserved: inout Number) {
    self("reserved", &reserved, .number(0...UInt64(clamping: Number.max), .hex), "a number")
  }

  fileprivate mutating func segmentAndScopes(_ segment: inout UInt16, _ scopes: inout [DeviceScope])
  {
    self("segment", &segment, .number(), "PCI segment")
    var entries = scopes.map(ScopeEntry.init)
    self(
      "scopes", &entries, .list(.section, isFlow: false), "the devices",
      example: "[{endpoint: 00:02.0}]")
    scopes = entries.compactMap { $0.scope }
  }
}

extension HardwareUnit: Section {
  package static var sectionName: String { "drhd" }
  package static var isFlow: Bool { false }
  package init() { self.init(registerBase: 0) }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "base", &registerBase, .number(0...(.max), .hex), "the unit's registers",
      example: "0xfed90000")
    field.flags(&flags, "include_all", "INCLUDE_PCI_ALL")
    field("size", &size, .number(), "the register set takes two to this power pages")
    field.segmentAndScopes(&segment, &scopes)
  }
}

extension ReservedMemory: Section {
  package static var sectionName: String { "rmrr" }
  package static var isFlow: Bool { false }
  package init() { self.init(base: 0, limit: 0) }

  package mutating func visit(_ field: inout Fields) {
    field.required("base", &base, .number(0...(.max), .hex), "first byte", example: "0xbf000000")
    field.required("limit", &limit, .number(0...(.max), .hex), "last byte", example: "0xbf7fffff")
    field.reserved(&reserved)
    field.segmentAndScopes(&segment, &scopes)
  }
}

extension RootPortATS: Section {
  package static var sectionName: String { "atsr" }
  package static var isFlow: Bool { false }
  package init() { self.init(allPorts: false) }

  package mutating func visit(_ field: inout Fields) {
    field.flags(&flags, "all_ports", "ALL_PORTS")
    field.reserved(&reserved)
    field.segmentAndScopes(&segment, &scopes)
  }
}

extension StaticAffinity: Section {
  package static var sectionName: String { "rhsa" }
  package static var isFlow: Bool { false }
  package init() { self.init(registerBase: 0, proximityDomain: 0) }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "base", &registerBase, .number(0...(.max), .hex), "the unit's registers",
      example: "0xfed90000")
    field.required("proximity_domain", &proximityDomain, .number(), "as in the SRAT")
    field.reserved(&reserved)
  }
}

extension NamespaceDevice: Section {
  package static var sectionName: String { "andd" }
  package static var isFlow: Bool { false }
  package init() { self.init(number: 0, name: "") }

  package mutating func visit(_ field: inout Fields) {
    field.required("number", &number, .number(), "by which scopes refer to it")
    field.required(
      "name", &nameBytes, .terminatedText, "its path, or its bytes",
      example: "\"\\\\_SB.PCI0.I2C0\"")
    field("reserved", &reserved, .bytes(3), "three bytes")
  }
}

extension SoCATC: Section {
  package static var sectionName: String { "satc" }
  package static var isFlow: Bool { false }
  package init() { self.init(isRequired: false) }

  package mutating func visit(_ field: inout Fields) {
    field.flags(&flags, "required", "ATC_REQUIRED")
    field.reserved(&reserved)
    field.segmentAndScopes(&segment, &scopes)
  }
}

extension SoCProperties: Section {
  package static var sectionName: String { "sidp" }
  package static var isFlow: Bool { false }
  package init() { self.init(segment: 0) }

  package mutating func visit(_ field: inout Fields) {
    field.reserved(&reserved)
    field.segmentAndScopes(&segment, &scopes)
  }
}
