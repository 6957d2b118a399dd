public import PCI
internal import Text
internal import VTdFormats

/// Snapshots of a PCI bus: plain YAML that a person can read and edit, so that one machine's bus
/// can stand in another's scenario.
public enum PCISnapshotFile {
  /// The bus in the file at `path`.
  ///
  /// - Parameter place: where the path was written, for the error.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place? = nil) throws -> PCITopology {
    try topology(from: try Files.text(at: path, namedAt: place), file: path)
  }

  /// The bus in `text`, which stands in `file`.
  public static func topology(from text: String, file: String) throws -> PCITopology {
    let root = try YAMLReader.value(of: text, file: file)
    try PCISnapshotSchema.type.check(root, as: "the snapshot")
    let functions = try CheckedValue(root).required("functions").table()
    return PCITopology(try functions.map { try function($0.key, from: $0.value) })
  }

  private static func function(_ name: String, from section: CheckedValue) throws -> PCIFunction {
    guard let address = PCIAddress(name) else {
      throw InputError(at: section.place, "\"\(name)\" is no PCI address; 00:1a.0 was expected")
    }
    func id(_ key: String) throws -> UInt16 {
      try section[key]?.integer(as: UInt16.self) ?? 0
    }
    let identity = PCIIdentity(
      vendor: try id("vendor"), device: try id("device"),
      classCode: PCIClass(rawValue: try section.required("class").integer(as: UInt32.self)),
      revision: try section["revision"]?.integer(as: UInt8.self) ?? 0,
      subsystemVendor: try id("subsystem_vendor"), subsystem: try id("subsystem"))
    let names = section["names"]
    return PCIFunction(
      address: address, identity: identity, configuration: try configuration(from: section),
      regions: try section["regions"]?.list().map { try region(from: $0) } ?? [],
      names: PCINames(
        vendor: try names?["vendor"]?.text(), device: try names?["device"]?.text(),
        subsystemVendor: try names?["subsystem_vendor"]?.text(),
        subsystem: try names?["subsystem"]?.text()))
  }

  private static func region(from section: CheckedValue) throws -> PCIRegion {
    PCIRegion(
      register: try section.required("register").integer(as: UInt8.self),
      kind: try section.required("kind").choice(as: PCIRegion.Kind.self),
      isPrefetchable: try section["prefetchable"]?.boolean() ?? false,
      base: try section.required("base").integer(), size: try section.required("size").size())
  }

  /// Zeros up to `size` (or to the end of the last row) with the rows laid over them.
  private static func configuration(from section: CheckedValue) throws -> ConfigurationSpace {
    var bytes: [UInt8] = []
    let size = try section["size"]?.integer(as: Int.self)
    if let size { bytes = Array(repeating: 0, count: size) }
    for element in try section["configuration"]?.list() ?? [] {
      guard let row = HexRow(try element.text()) else {
        throw InputError(at: element.place, "not \(TextForm.hexRow.name)")
      }
      let end = row.offset + row.bytes.count
      guard end <= size ?? ConfigurationSpace.extendedSize else {
        throw InputError(
          at: element.place,
          "the row ends at 0x\(hex(UInt64(end))); an end within the "
            + "0x\(hex(UInt64(size ?? ConfigurationSpace.extendedSize))) known bytes was expected")
      }
      if end > bytes.count { bytes += Array(repeating: 0, count: end - bytes.count) }
      bytes.replaceSubrange(row.offset..<end, with: row.bytes)
    }
    return ConfigurationSpace(bytes)
  }

  // MARK: Writing

  /// `topology` as text that ``topology(from:file:)`` reads back to the same value.
  public static func text(of topology: PCITopology) -> String {
    var text = "pci_snapshot: \(PCISnapshotSchema.version)\n"
    text += topology.functions.isEmpty ? "functions: {}\n" : "functions:\n"
    for function in topology.functions {
      text += "  \"\(function.address)\":\n"
      let identity = function.identity
      let numbers: [(String, UInt64, Int)] = [
        ("vendor", UInt64(identity.vendor), 4), ("device", UInt64(identity.device), 4),
        ("class", UInt64(identity.classCode.rawValue), 6),
        ("revision", UInt64(identity.revision), 2),
        ("subsystem_vendor", UInt64(identity.subsystemVendor), 4),
        ("subsystem", UInt64(identity.subsystem), 4),
      ]
      for (key, value, digits) in numbers {
        text += "    \(key): 0x\(hex(value, digits: digits))\n"
      }
      text += names(function.names)
      text += regions(function.regions)
      text += configuration(function.configuration)
    }
    return text
  }

  private static func names(_ names: PCINames) -> String {
    let known: [(String, String?)] = [
      ("vendor", names.vendor), ("device", names.device),
      ("subsystem_vendor", names.subsystemVendor), ("subsystem", names.subsystem),
    ]
    let lines = known.compactMap { key, name in
      name.map { "      \(key): \(Escaping.yaml($0))\n" }
    }
    return lines.isEmpty ? "" : "    names:\n" + lines.joined()
  }

  private static func regions(_ regions: [PCIRegion]) -> String {
    guard !regions.isEmpty else { return "" }
    return "    regions:\n"
      + regions.map { region in
        let prefetchable = region.isPrefetchable ? ", prefetchable: true" : ""
        return "      - {register: \(region.register), kind: \(region.kind.rawValue)\(prefetchable)"
          + ", base: 0x\(hex(region.base)), size: 0x\(hex(region.size))}\n"
      }.joined()
  }

  private static func configuration(_ space: ConfigurationSpace) -> String {
    var text = "    size: \(space.count)\n"
    var rows = ""
    for start in stride(from: 0, to: space.count, by: 16) {
      let row = space.bytes[start..<min(start + 16, space.count)]
      guard row.contains(where: { $0 != 0 }) else { continue }
      let bytes = row.map { hex(UInt64($0), digits: 2) }.joined(separator: " ")
      rows += "      - \(hex(UInt64(start), digits: 3)) \(bytes)\n"
    }
    if !rows.isEmpty { text += "    configuration:\n" + rows }
    return text
  }
}
