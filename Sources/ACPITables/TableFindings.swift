public import PCI
import VTdFormats

/// Something that a table says and that is not so, or not allowed.
public struct TableFinding: Hashable, Sendable, CustomStringConvertible {
  /// What can be wrong with a table that is well formed.
  public enum Kind: Hashable, Sendable {
    /// All bytes do not add up to zero.
    case checksum(found: UInt8, expected: UInt8)
    /// More bytes than the table's length says.
    case excess(Int)
    /// No remapping unit is described.
    case noUnit
    /// A structure comes after one of a higher type.
    case order(UInt16, after: UInt16)
    /// A structure of a type that nobody knows.
    case unknownType(UInt16)
    /// A device scope of a type that nobody knows.
    case unknownScope(UInt8)
    /// A scope without a path.
    case emptyPath
    /// A path with a device or a function that no bus has.
    case impossibleStep(device: UInt8, function: UInt8)
    /// A reserved bit is set in this field.
    case reservedBits(field: String)
    /// Registers that do not begin at a page.
    case unalignedRegisters(UInt64)
    /// Registers above what the host can address, with its width in bits.
    case registersBeyond(bits: Int, UInt64)
    /// Two units' registers share bytes.
    case overlappingRegisters(UInt64, UInt64)
    /// A second unit that covers all of a segment.
    case secondIncludeAll(segment: UInt16)
    /// Another unit of the segment comes after the one that covers all of it.
    case includeAllNotLast(segment: UInt16)
    /// A reserved region that is not made of whole pages.
    case unalignedRegion(base: UInt64, limit: UInt64)
    /// A reserved region that ends before it begins.
    case emptyRegion(base: UInt64, limit: UInt64)
    /// A reserved region above what the host can address, with its width in bits.
    case regionBeyond(bits: Int, UInt64)
    /// Two reserved regions share bytes.
    case overlappingRegions(ClosedRange<UInt64>, ClosedRange<UInt64>)
    /// More units, regions or overlaps than are compared with each other.
    case furtherOverlaps(limit: Int)
    /// Firmware's memory map does not reserve the region.
    case regionNotReserved(ClosedRange<UInt64>)
    /// A reserved region that no device uses.
    case regionWithoutScope
    /// An affinity for registers that no unit has.
    case affinityOfNoUnit(UInt64)
    /// A scope refers to a name space device that no ANDD declares.
    case undeclaredDevice(UInt8)
    /// A name space device that no scope refers to.
    case unusedDevice(UInt8)
    /// A name that does not end in a zero byte.
    case unterminatedName
    /// Two units' scopes name the same device.
    case inTwoUnits(String)
    /// No function is where a scope's path leads.
    case noSuchDevice(String)
    /// A scope for an endpoint names a bridge, or the other way round.
    case wrongScopeType(PCIAddress, isBridge: Bool)
    /// What is written does not fit its length field.
    case tooLong(limit: Int)
  }

  /// Of the structure in the table; 0 for the table as a whole.
  public let offset: Int
  /// Which structure, `DRHD` and the like.
  public let structure: String
  /// What is wrong.
  public let kind: Kind

  /// The place and what is wrong, with what follows from it where that is not plain.
  public var description: String { "offset 0x\(hex(UInt64(offset))): \(structure): \(message)" }

  /// What is wrong.
  public var message: String {
    switch kind {
    case .checksum(let found, let expected):
      return "checksum \(byte(found)) is wrong, expected \(byte(expected)): systems may ignore "
        + "the table"
    case .excess(let count):
      return "\(count) \(count == 1 ? "byte follows" : "bytes follow") the end of the table"
    case .noUnit: return "no remapping unit is defined: Linux leaves remapping off"
    case .order(let type, let previous):
      return "type \(type) comes after type \(previous), structures have to be in their order"
    case .unknownType(let type): return "type \(type) is unknown, its bytes are kept as they are"
    case .unknownScope(let type): return "device scope type \(type) is unknown"
    case .emptyPath: return "device scope without a path names no device"
    case .impossibleStep(let device, let function):
      return "path step \(hex(UInt64(device))).\(hex(UInt64(function))) is not a PCI device and "
        + "function"
    case .reservedBits(let field): return "reserved bits of \(field) are set"
    case .unalignedRegisters(let base):
      return "register base \(address(base)) is not aligned to its size"
    case .registersBeyond(let bits, let base):
      return "register base \(address(base)) is beyond the \(bits) bits of host addresses"
    case .overlappingRegisters(let base, let other):
      return "registers at \(address(base)) overlap those at \(address(other))"
    case .secondIncludeAll(let segment):
      return "a second unit covers all of segment \(segment): Linux takes the first"
    case .includeAllNotLast(let segment):
      return "the unit that covers all of segment \(segment) has to be its last"
    case .unalignedRegion(let base, let limit):
      return "region \(address(base)) to \(address(limit)) does not consist of whole 4 KiB pages"
    case .emptyRegion(let base, let limit):
      return "region ends at \(address(limit)) before it begins at \(address(base))"
    case .regionBeyond(let bits, let limit):
      return "region ends at \(address(limit)), beyond the \(bits) bits of host addresses"
    case .overlappingRegions(let region, let other):
      return "region \(range(region)) overlaps \(range(other))"
    case .furtherOverlaps(let limit):
      return "more than \(limit) units, regions or overlaps: further overlaps are not looked for"
    case .regionNotReserved(let region):
      return "region \(range(region)) is not reserved in the memory map: Linux says "
        + "\"No firmware reserved region can cover this RMRR\""
    case .regionWithoutScope: return "region without a device that uses it"
    case .affinityOfNoUnit(let base): return "no unit has its registers at \(address(base))"
    case .undeclaredDevice(let number): return "ACPI device \(number) is not declared by an ANDD"
    case .unusedDevice(let number): return "no device scope refers to ACPI device \(number)"
    case .unterminatedName: return "object name has no zero byte at its end"
    case .inTwoUnits(let scope): return "\(scope) is in the scope of another unit too"
    case .noSuchDevice(let scope): return "\(scope) is not on the bus"
    case .wrongScopeType(let function, let isBridge):
      return "\(function) is \(isBridge ? "a bridge" : "no bridge"), contrary to its device scope: "
        + "Linux says \"Device scope type does not match\" and leaves it out"
    case .tooLong(let limit): return "longer than the \(limit) bytes that its length can say"
    }
  }

  private func byte(_ value: UInt8) -> String { "0x" + hex(UInt64(value), digits: 2) }
  private func address(_ value: UInt64) -> String { "0x" + hex(value) }
  private func range(_ value: ClosedRange<UInt64>) -> String {
    "\(address(value.lowerBound)) to \(address(value.upperBound))"
  }
}

/// What a table can be checked against.
public struct TableSurroundings: Sendable {
  /// The bus of the machine; nil where it is not known.
  public var topology: PCITopology?
  /// The memory that firmware's map reserves; nil where it is not known.
  public var reservedMemory: [ClosedRange<UInt64>]?

  /// What the table is checked against; nil for what is not known.
  public init(topology: PCITopology? = nil, reservedMemory: [ClosedRange<UInt64>]? = nil) {
    self.topology = topology
    self.reservedMemory = reservedMemory
  }
}

extension DMARTable {
  /// What is wrong with the table of `bytes`: checksum and bytes beyond its end, then contents.
  ///
  /// - Throws: ``ACPITableError`` for what ``init(parsing:)`` refuses.
  public static func findings(
    in bytes: [UInt8], against surroundings: TableSurroundings = TableSurroundings()
  ) throws(ACPITableError) -> [TableFinding] {
    let table = try DMARTable(parsing: bytes)
    var findings: [TableFinding] = []
    if let checksum = table.header.wrongChecksum {
      findings.append(
        TableFinding(
          offset: TableField.checksum.offset, structure: "DMAR",
          kind: .checksum(found: checksum, expected: table.rightChecksum)))
    }
    let excess = bytes.count - table.bytes.count
    if excess > 0 {
      findings.append(
        TableFinding(offset: table.bytes.count, structure: "DMAR", kind: .excess(excess)))
    }
    return findings + table.findings(against: surroundings)
  }

  /// What is wrong with the contents.
  public func findings(against surroundings: TableSurroundings = TableSurroundings())
    -> [TableFinding]
  {
    var checker = TableChecker(table: self, surroundings: surroundings)
    checker.check()
    return checker.findings
  }
}
