internal import PCI

/// What a snapshot of a PCI bus holds.
enum PCISnapshotSchema {
  /// The only form of snapshot so far.
  static let version: UInt64 = 1

  static let type = SchemaType.section(
    Section(
      name: "snapshot",
      fields: [
        Field(
          "pci_snapshot", .integer(version...version), required: true, "the form of the file"),
        Field(
          "functions", .table(key: .device, value: .section(function)),
          required: true, "the functions by address"),
      ]))

  static let function = Section(
    name: "function",
    fields: [
      Field("vendor", .integer(0...0xffff), required: true, "vendor id"),
      Field("device", .integer(0...0xffff), required: true, "device id"),
      Field("class", .integer(0...0xff_ffff), required: true, "class code, three bytes"),
      Field("revision", .integer(0...0xff), "revision id"),
      Field("subsystem_vendor", .integer(0...0xffff), "subsystem vendor id"),
      Field("subsystem", .integer(0...0xffff), "subsystem id"),
      Field("names", .section(names), "what the pci.ids database calls it"),
      Field("regions", .list(.section(region)), "base addresses with their sizes"),
      Field(
        "size", .integer(0...UInt64(ConfigurationSpace.extendedSize)),
        "how many bytes of configuration space are known"),
      Field(
        "configuration", .list(.form(.hexRow)),
        "rows of configuration space, offset and bytes; rows that are not there hold zeros"),
    ])

  private static let names = Section(
    name: "names",
    fields: [
      Field("vendor", .text, "the vendor"), Field("device", .text, "the device"),
      Field("subsystem_vendor", .text, "the subsystem's vendor"),
      Field("subsystem", .text, "the subsystem"),
    ])

  private static let region = Section(
    name: "region",
    fields: [
      Field("register", .integer(0...5), required: true, "the base address register"),
      Field("kind", .oneOf(["io", "memory32", "memory64"]), required: true, "what it maps"),
      Field("prefetchable", .boolean, "whether reads have no side effects"),
      Field("base", .integer(0...(.max)), required: true, "its address"),
      Field("size", .size, required: true, "its size"),
    ])
}

extension TextForm {
  /// A row of a hex dump, as snapshots write them.
  static let hexRow = TextForm(
    name: "an offset and up to 16 bytes, such as 040 10 00 42 01",
    pattern: "^[0-9a-fA-F]{3}( [0-9a-fA-F]{2}){1,16}$"
  ) { HexRow($0) != nil }
}

/// `040 10 00 42 01`: bytes at an offset.
struct HexRow {
  let offset: Int
  let bytes: [UInt8]

  init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    func isHex(_ word: Substring, digits: Int) -> Bool {
      word.utf8.count == digits && word.allSatisfy(\.isHexDigit)
    }
    guard (2...17).contains(words.count), isHex(words[0], digits: 3),
      words.dropFirst().allSatisfy({ isHex($0, digits: 2) }),
      let offset = Int(words[0], radix: 16)
    else { return nil }
    self.offset = offset
    bytes = words.dropFirst().compactMap { UInt8($0, radix: 16) }
  }
}
