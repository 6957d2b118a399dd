internal import ACPITables

/// A DMAR table as YAML: every field, reserved ones where they are not zero.
enum DMARTableSchema {
  static let section = Section(
    name: "dmar table",
    fields: [
      Field("revision", byte, "revision of the table, 1 unless said otherwise"),
      Field("checksum", byte, "a wrong checksum, to be kept; without it the right one is made"),
      Field("oem_id", .either(.text, bytes), "six characters, or bytes"),
      Field("oem_table_id", .either(.text, bytes), "eight characters, or bytes"),
      Field("oem_revision", doubleWord, "a number"),
      Field("creator_id", .either(.text, bytes), "four characters, or bytes"),
      Field("creator_revision", doubleWord, "a number"),
      Field(
        "host_address_width", .integer(1...256), required: true, "bits of an address, such as 39"),
      Field("flags", byte, "1 INTR_REMAP, 2 X2APIC_OPT_OUT, 4 DMA_CTRL_PLATFORM_OPT_IN"),
      Field("reserved", bytes, "ten bytes"),
      Field("structures", .list(.variant(structures)), required: true, "in the table's order"),
    ])

  static let byte = SchemaType.integer(0...0xff)
  static let word = SchemaType.integer(0...0xffff)
  static let doubleWord = SchemaType.integer(0...0xffff_ffff)
  static let address = SchemaType.integer(0...(.max))
  static let bytes = SchemaType.list(byte)

  private static func structure(_ name: String, _ fields: [Field]) -> SchemaType {
    .section(Section(name: name, fields: fields))
  }

  private static let segment = Field("segment", word, "PCI segment, 0 unless said otherwise")
  private static let scopes = Field("scopes", .list(.variant(scopeKinds)), "the devices")
  private static let flags = Field("flags", byte, "all of the field, reserved bits included")

  static let structures: [Field] = [
    Field(
      "drhd",
      structure(
        "drhd",
        [
          Field("base", address, required: true, "the unit's registers"),
          Field("include_all", .boolean, "INCLUDE_PCI_ALL"), flags,
          Field("size", byte, "the register set takes two to this power pages"), segment, scopes,
        ]), "a remapping unit"),
    Field(
      "rmrr",
      structure(
        "rmrr",
        [
          Field("base", address, required: true, "first byte"),
          Field("limit", address, required: true, "last byte"),
          Field("reserved", word, "a number"), segment, scopes,
        ]), "reserved memory"),
    Field(
      "atsr",
      structure(
        "atsr",
        [
          Field("all_ports", .boolean, "ALL_PORTS"), flags, Field("reserved", byte, "a number"),
          segment, scopes,
        ]), "root ports with ATS"),
    Field(
      "rhsa",
      structure(
        "rhsa",
        [
          Field("base", address, required: true, "the unit's registers"),
          Field("proximity_domain", doubleWord, required: true, "as in the SRAT"),
          Field("reserved", doubleWord, "a number"),
        ]), "a unit's affinity"),
    Field(
      "andd",
      structure(
        "andd",
        [
          Field("number", byte, required: true, "by which scopes refer to it"),
          Field("name", .either(.text, bytes), required: true, "its path, or its bytes"),
          Field("reserved", bytes, "three bytes"),
        ]), "a device of the name space"),
    Field(
      "satc",
      structure(
        "satc",
        [
          Field("required", .boolean, "ATC_REQUIRED"), flags, Field("reserved", byte, "a number"),
          segment, scopes,
        ]), "integrated devices with ATS"),
    Field(
      "sidp", structure("sidp", [Field("reserved", word, "a number"), segment, scopes]),
      "properties of integrated devices"),
    Field(
      "unknown",
      structure(
        "unknown",
        [
          Field("type", word, required: true, "the structure's type"),
          Field("bytes", bytes, required: true, "what follows its length"),
        ]), "a structure of another type"),
  ]

  static let scopeKinds: [Field] =
    ["endpoint", "sub-hierarchy", "ioapic", "hpet", "acpi"].map { key in
      Field(key, .either(.form(.scopePath), structure("scope", scope)), "a device scope")
    } + [Field("other", structure("scope", scope), "a device scope of another type")]

  private static let scope: [Field] = [
    Field("type", byte, "of another scope"),
    Field("id", byte, "enumeration id"),
    Field("path", .form(.scopePath), "start bus and steps, such as 00:1c.0/00.0"),
    Field("start_bus", byte, "the bus, where there is no path"),
    Field("steps", bytes, "the path's bytes, where they are no device and function"),
    Field("flags", byte, "properties, in a SIDP"),
    Field("reserved", byte, "a number"),
  ]
}

extension TextForm {
  /// The path of a device scope.
  static let scopePath = TextForm(
    name: "a bus and steps such as 00:02.0 or 00:1c.0/00.0",
    pattern: "^[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\\.[0-7](/[0-9a-fA-F]{1,2}\\.[0-7])*$"
  ) { ScopePath($0) != nil }
}

/// `00:1c.0/00.0`: a start bus and the steps from there.
struct ScopePath {
  let startBus: UInt8
  let hops: [DeviceScope.Hop]

  init?(_ text: String) {
    func number(_ text: Substring, upTo limit: UInt8) -> UInt8? {
      guard (1...2).contains(text.utf8.count), text.allSatisfy(\.isHexDigit),
        let value = UInt8(text, radix: 16), value <= limit
      else { return nil }
      return value
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let bus = number(parts[0], upTo: 0xff) else { return nil }
    var hops: [DeviceScope.Hop] = []
    for step in parts[1].split(separator: "/", omittingEmptySubsequences: false) {
      let pair = step.split(separator: ".", omittingEmptySubsequences: false)
      guard pair.count == 2, let device = number(pair[0], upTo: 0x1f),
        let function = number(pair[1], upTo: 7)
      else { return nil }
      hops.append(DeviceScope.Hop(device: device, function: function))
    }
    startBus = bus
    self.hops = hops
  }

  /// The path of `scope` as text; nil where it has steps that are no device and function, or none.
  static func text(of scope: DeviceScope) -> String? {
    guard !scope.path.isEmpty, scope.path.allSatisfy({ $0.device <= 0x1f && $0.function <= 7 })
    else { return nil }
    let steps = scope.path.map { "\(digits($0.device)).\($0.function)" }
    return "\(digits(scope.startBus)):\(steps.joined(separator: "/"))"
  }

  private static func digits(_ value: UInt8) -> String {
    (value < 16 ? "0" : "") + String(value, radix: 16)
  }
}
