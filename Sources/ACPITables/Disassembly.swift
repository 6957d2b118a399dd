import VTdFormats

/// One field of a table with what it means.
public struct DisassembledField: Hashable, Sendable {
  /// Of its first byte in the table.
  public let offset: Int
  /// In bytes.
  public let length: Int
  /// What iasl calls the field.
  public let name: String
  /// A number as so many hex digits, text in quotation marks, bytes apart by blanks.
  public let value: String
  /// What the value says; empty where the number says it all.
  public let meaning: String
}

/// A structure with its fields.
public struct DisassembledStructure: Hashable, Sendable {
  /// Of its first byte in the table.
  public let offset: Int
  /// In bytes, with everything inside it.
  public let length: Int
  /// What iasl calls the structure.
  public let title: String
  /// The fields in their order.
  public let fields: [DisassembledField]
}

extension DMARTable {
  /// Every byte of a table in its order: the table's own fields, each structure, each device
  /// scope.
  ///
  /// - Throws: ``ACPITableError`` for what ``init(parsing:)`` refuses.
  public static func disassemble(_ bytes: [UInt8]) throws(ACPITableError)
    -> [DisassembledStructure]
  {
    // Refuses what cannot be walked, so that the walk below always gets on.
    let table = try DMARTable(parsing: bytes)
    let length = Int(TableReader(bytes, at: 0).doubleWord(.tableLength))
    let whole = Array(bytes.prefix(length))
    var blocks = [
      Disassembler(whole, at: 0, type: nil).block(.table, length: length, title: "DMAR table")
    ]
    var start = StructureLayout.table.fixedLength
    for structure in table.structures {
      let (type, layout, end) = try RemappingStructure.extent(whole, at: start)
      let disassembler = Disassembler(whole, at: start, type: type)
      // A structure whose kind cannot hold the rest was kept as an unknown one.
      let isOpaque = structure.layout == .unknown || structure.isOpaque
      let title =
        isOpaque ? "\(layout.name) (type \(type))" : "\(layout.abbreviation): \(layout.name)"
      var fields = disassembler.block(layout, length: end - start, title: title).fields
      var inner = start + layout.fixedLength
      if !isOpaque, layout.holdsScopes {
        blocks.append(
          DisassembledStructure(
            offset: start, length: end - start, title: title, fields: fields))
        while inner < end {
          let innerEnd = try DeviceScope.extent(whole, at: inner, before: end)
          blocks.append(Disassembler(whole, at: inner, type: type).scope(length: innerEnd - inner))
          inner = innerEnd
        }
      } else {
        if inner < end { fields.append(disassembler.rest(from: inner, to: end)) }
        blocks.append(
          DisassembledStructure(
            offset: start, length: end - start, title: title, fields: fields))
      }
      start = end
    }
    return blocks
  }
}

extension RemappingStructure {
  /// Whether the bytes after the header are kept without a meaning.
  var isOpaque: Bool {
    if case .unknown = self { true } else { false }
  }
}

extension StructureLayout {
  /// Whether device scopes follow the fixed part.
  var holdsScopes: Bool {
    self == .unit || self == .reservedMemory || self == .rootPortATS || self == .socATC
      || self == .socProperties
  }
}

/// Fields of one structure as text.
private struct Disassembler {
  let reader: TableReader
  let type: UInt16?

  init(_ table: [UInt8], at start: Int, type: UInt16?) {
    reader = TableReader(table, at: start)
    self.type = type
  }

  func block(_ layout: StructureLayout, length: Int, title: String) -> DisassembledStructure {
    DisassembledStructure(
      offset: reader.start, length: length, title: title, fields: layout.fields.map(line))
  }

  /// A device scope with the steps of its path.
  func scope(length: Int) -> DisassembledStructure {
    let fixed = StructureLayout.scope.fixedLength
    var fields = StructureLayout.scope.fields.map(line)
    for step in stride(from: fixed, to: length, by: 2) {
      let device = reader.byte(TableField("", step, 1))
      let function = reader.byte(TableField("", step + 1, 1))
      let isAddress = device <= 0x1f && function <= 7
      fields.append(
        DisassembledField(
          offset: reader.start + step, length: 2, name: "Path",
          value: "\(hex(UInt64(device), digits: 2)),\(hex(UInt64(function), digits: 2))",
          meaning: isAddress
            ? "device \(hex(UInt64(device), digits: 2)), function \(function)"
            : "no such device and function"))
    }
    let kind = DeviceScope.Kind(rawValue: reader.byte(.scopeType))
    return DisassembledStructure(
      offset: reader.start, length: length,
      title: "Device Scope: \(kind.name ?? "unknown kind \(kind.rawValue)")", fields: fields)
  }

  /// What follows the fixed part, from `start` to `end` in the table.
  func rest(from start: Int, to end: Int) -> DisassembledField {
    let isName = type == 4
    let bytes = reader.bytes[start..<end]
    return DisassembledField(
      offset: start, length: end - start, name: isName ? "ACPI Object Name" : "Data",
      value: isName ? text(bytes) : dump(bytes),
      meaning: isName && bytes.last != 0 ? "without the zero byte that ends it" : "")
  }

  private func line(_ field: TableField) -> DisassembledField {
    let value: String
    switch field {
    case .signature, .oemID, .oemTableID, .creatorID: value = text(reader.raw(field))
    case .tableReserved, .namespaceReserved: value = dump(reader.raw(field))
    default: value = hex(reader.number(field), digits: 2 * field.width)
    }
    return DisassembledField(
      offset: reader.start + field.offset, length: field.width, name: field.name, value: value,
      meaning: meaning(of: field))
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    let characters = bytes.prefix { $0 != 0 }.map { byte in
      (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "."
    }
    return "\"\(characters.joined())\""
  }

  private func dump(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { hex(UInt64($0), digits: 2) }.joined(separator: " ")
  }

  private func meaning(of field: TableField) -> String {
    let number = reader.number(field)
    switch field {
    case .checksum:
      let sum = reader.bytes.reduce(UInt8(0)) { $0 &+ $1 }
      let right = reader.byte(field) &- sum
      return sum == 0 ? "right" : "wrong, expected \(hex(UInt64(right), digits: 2))"
    case .hostAddressWidth: return "\(number + 1) bits"
    case .tableFlags:
      let flags = TableFlags(rawValue: reader.byte(field))
      return names(TableFlags.names.map { ($0.flag.rawValue, $0.name) }, in: flags.rawValue)
    case .type:
      let layout = RemappingStructure.layout(of: reader.word(field))
      return layout == .unknown ? "unknown" : layout.name
    case .structureFlags: return flagMeaning(reader.byte(field))
    case .registerSetSize:
      let pages = number <= 0x0f ? "\(1 << number) pages of 4 KiB" : "reserved bits set"
      return number == 0 ? "" : pages
    case .scopeType: return DeviceScope.Kind(rawValue: reader.byte(field)).name ?? "unknown"
    case .scopeFlags:
      return type == 6 ? names(DeviceScope.propertyNames, in: reader.byte(field)) : ""
    default: return ""
    }
  }

  private func flagMeaning(_ flags: UInt8) -> String {
    switch type {
    case 0: names([(HardwareUnit.includePCIAllFlag, "INCLUDE_PCI_ALL")], in: flags)
    case 2: names([(RootPortATS.allPortsFlag, "ALL_PORTS")], in: flags)
    case 5: names([(SoCATC.requiredFlag, "ATC_REQUIRED")], in: flags)
    default: ""
    }
  }

  private func names(_ known: [(bit: UInt8, name: String)], in flags: UInt8) -> String {
    var found = known.filter { flags & $0.bit != 0 }.map { $0.name }
    let rest = known.reduce(flags) { $0 & ~$1.bit }
    if rest != 0 { found.append("reserved bits 0x\(hex(UInt64(rest)))") }
    return found.joined(separator: ", ")
  }
}

extension DMARTable {
  /// The disassembly as text: offset, length, field, value and meaning in columns.
  public static func disassembly(of bytes: [UInt8]) throws(ACPITableError) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text.utf8.count >= width
        ? text : text + String(repeating: " ", count: width - text.utf8.count)
    }
    var lines: [String] = []
    for block in try disassemble(bytes) {
      if !lines.isEmpty { lines.append("") }
      lines.append("\(block.title), \(block.length) bytes")
      for field in block.fields {
        let place = "  \(hex(UInt64(field.offset), digits: 4)) \(padded("\(field.length)", 3))"
        let value = field.meaning.isEmpty ? field.value : padded(field.value, 18)
        let meaning = field.meaning.isEmpty ? "" : " \(field.meaning)"
        lines.append("\(place) \(padded(field.name, 24)) \(value)\(meaning)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
