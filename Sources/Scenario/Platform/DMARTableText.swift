public import ACPITables
internal import Text
internal import VTdFormats

extension DMARTableFile {
  /// `table` as text that reads back to the same bytes.
  public static func text(of table: DMARTable) -> String {
    var lines: [String] = []
    let header = table.header
    lines.append("revision: \(header.revision)")
    // The right checksum is made anew; only a wrong one has to be kept.
    if let checksum = header.wrongChecksum { lines.append("checksum: \(number(checksum, 2))") }
    lines.append("oem_id: \(identifier(header.oemID))")
    lines.append("oem_table_id: \(identifier(header.oemTableID))")
    lines.append("oem_revision: \(number(header.oemRevision))")
    lines.append("creator_id: \(identifier(header.creatorID))")
    lines.append("creator_revision: \(number(header.creatorRevision))")
    lines.append("host_address_width: \(table.hostAddressWidth)")
    lines.append("flags: \(number(table.flags.rawValue))")
    if table.reserved.contains(where: { $0 != 0 }) {
      lines.append("reserved: \(list(table.reserved))")
    }
    lines.append(table.structures.isEmpty ? "structures: []" : "structures:")
    for structure in table.structures { lines += self.lines(of: structure) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func lines(of structure: RemappingStructure) -> [String] {
    let key: String
    var members: [String] = []
    func add(_ name: String, _ value: String, unless isDefault: Bool = false) {
      if !isDefault { members.append("\(name): \(value)") }
    }
    switch structure {
    case .unit(let unit):
      key = "drhd"
      add("base", number(unit.registerBase))
      // Only what one flag cannot say needs the whole field.
      if unit.flags > 1 { add("flags", number(unit.flags)) }
      add("include_all", "true", unless: unit.flags != 1)
      add("size", "\(unit.size)", unless: unit.size == 0)
    case .reservedMemory(let region):
      key = "rmrr"
      add("base", number(region.base))
      add("limit", number(region.limit))
      add("reserved", number(region.reserved), unless: region.reserved == 0)
    case .rootPortATS(let ports):
      key = "atsr"
      if ports.flags > 1 { add("flags", number(ports.flags)) }
      add("all_ports", "true", unless: ports.flags != 1)
      add("reserved", number(ports.reserved), unless: ports.reserved == 0)
    case .affinity(let affinity):
      key = "rhsa"
      add("base", number(affinity.registerBase))
      add("proximity_domain", "\(affinity.proximityDomain)")
      add("reserved", number(affinity.reserved), unless: affinity.reserved == 0)
    case .namespaceDevice(let device):
      key = "andd"
      add("number", "\(device.number)")
      add("name", name(of: device))
      add("reserved", list(device.reserved), unless: device.reserved == [0, 0, 0])
    case .socATC(let cache):
      key = "satc"
      if cache.flags > 1 { add("flags", number(cache.flags)) }
      add("required", "true", unless: cache.flags != 1)
      add("reserved", number(cache.reserved), unless: cache.reserved == 0)
    case .socProperties(let properties):
      key = "sidp"
      add("reserved", number(properties.reserved), unless: properties.reserved == 0)
    case .unknown(let type, let body):
      key = "unknown"
      add("type", number(type))
      add("bytes", list(body))
    }
    if let segment = structure.segment { add("segment", "\(segment)", unless: segment == 0) }
    var lines = members.map { "      \($0)" }
    if !structure.scopes.isEmpty {
      lines.append("      scopes:")
      lines += structure.scopes.map { "        - \(text(of: $0))" }
    }
    return lines.isEmpty ? ["  - \(key): {}"] : ["  - \(key):"] + lines
  }

  private static func text(of scope: DeviceScope) -> String {
    let path = ScopePath.text(of: scope)
    let key = scope.kind.name == nil ? "other" : scope.kind.key
    var members: [String] = []
    if scope.kind.name == nil { members.append("type: \(number(scope.kind.rawValue))") }
    if scope.enumerationID != 0 { members.append("id: \(scope.enumerationID)") }
    if let path {
      if members.isEmpty && scope.flags == 0 && scope.reserved == 0 { return "\(key): \(path)" }
      members.append("path: \(path)")
    } else {
      members.append("start_bus: \(number(scope.startBus, 2))")
      members.append("steps: \(list(scope.path.flatMap { [$0.device, $0.function] }))")
    }
    if scope.flags != 0 { members.append("flags: \(number(scope.flags))") }
    if scope.reserved != 0 { members.append("reserved: \(number(scope.reserved))") }
    return "\(key): {\(members.joined(separator: ", "))}"
  }

  private static func name(of device: NamespaceDevice) -> String {
    let isText = device.nameBytes.last == 0 && device.nameBytes.dropLast().allSatisfy(isPrintable)
    return isText && device.nameBytes.count > 1
      ? Escaping.yaml(device.name) : list(device.nameBytes)
  }

  /// Text without the blanks that pad it, or bytes where that would lose something.
  private static func identifier(_ bytes: [UInt8]) -> String {
    var text = bytes[...]
    while text.last == 0x20 { text = text.dropLast() }
    return text.allSatisfy(isPrintable) && !text.isEmpty
      ? Escaping.yaml(String(decoding: text, as: UTF8.self)) : list(bytes)
  }

  private static func isPrintable(_ byte: UInt8) -> Bool { (0x20..<0x7f).contains(byte) }

  private static func number(_ value: some UnsignedInteger, _ digits: Int = 1) -> String {
    "0x" + hex(UInt64(value), digits: digits)
  }

  private static func list(_ bytes: [UInt8]) -> String {
    "[\(bytes.map { number($0, 2) }.joined(separator: ", "))]"
  }
}
