import VTdFormats

/// Bytes that are not a DMAR table, with the place.
public struct ACPITableError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What can be wrong with a table's bytes.
  public enum Kind: Hashable, Sendable {
    /// The bytes end before the structure does.
    case truncated(needed: Int, available: Int)
    /// The first four bytes.
    case signature([UInt8])
    /// A length below what the structure's fixed part takes, so that it would overlap the next.
    case tooShort(length: Int, minimum: Int)
    /// A length beyond the end of what holds the structure.
    case tooLong(length: Int, available: Int)
    /// A device scope's length that leaves half a step of its path.
    case oddPath(length: Int)
    /// Nothing in a text reads as a hex dump of a table.
    case noDump
  }

  /// Of the structure in the table, in bytes.
  public let offset: Int
  /// Which structure.
  public let structure: String
  /// What is wrong.
  public let kind: Kind

  public var description: String {
    let place = "offset 0x\(hex(UInt64(offset))): \(structure)"
    switch kind {
    case .truncated(let needed, let available):
      return "\(place): \(needed) bytes expected, \(available) there"
    case .signature(let bytes):
      let text = bytes.map { (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "." }
      return "\(place): signature \"\(text.joined())\", expected \"DMAR\""
    case .tooShort(let length, let minimum):
      return "\(place): length \(length), expected at least \(minimum)"
    case .tooLong(let length, let available):
      return "\(place): length \(length), but only \(available) bytes are left"
    case .oddPath(let length):
      return "\(place): length \(length) leaves half a step of the path"
    case .noDump:
      return "no hex dump of a DMAR table in the text"
    }
  }
}

extension DMARTable {
  /// Reads a table.
  ///
  /// Only what makes the rest unreadable is an error: lengths that overlap, run out or stand
  /// still. Unknown structures with a plausible length are kept, and anything that merely lies is
  /// kept too, for ``findings(against:)`` to tell. Bytes beyond the table's own length are ignored.
  ///
  /// - Throws: ``ACPITableError`` with offset and structure.
  public init(parsing bytes: [UInt8]) throws(ACPITableError) {
    let layout = StructureLayout.table
    func fail(_ kind: ACPITableError.Kind) -> ACPITableError {
      ACPITableError(offset: 0, structure: layout.name, kind: kind)
    }
    let signature = Array(bytes.prefix(TableField.signature.width))
    guard signature.count < 4 || signature == Array("DMAR".utf8) else {
      throw fail(.signature(signature))
    }
    guard bytes.count >= layout.fixedLength else {
      throw fail(.truncated(needed: layout.fixedLength, available: bytes.count))
    }
    let reader = TableReader(bytes, at: 0)
    let length = Int(reader.doubleWord(.tableLength))
    guard length >= layout.fixedLength else {
      throw fail(.tooShort(length: length, minimum: layout.fixedLength))
    }
    guard length <= bytes.count else {
      throw fail(.truncated(needed: length, available: bytes.count))
    }

    header = TableHeader(reader)
    rawHostAddressWidth = reader.byte(.hostAddressWidth)
    flags = TableFlags(rawValue: reader.byte(.tableFlags))
    reserved = Array(reader.raw(.tableReserved))
    structures = []
    var start = layout.fixedLength
    let table = Array(bytes.prefix(length))
    while start < length {
      let (structure, end) = try RemappingStructure.parse(table, at: start)
      structures.append(structure)
      start = end
    }
    let checksum = reader.byte(.checksum)
    header.wrongChecksum = checksum == rightChecksum ? nil : checksum
  }
}

extension TableHeader {
  init(_ reader: TableReader) {
    revision = reader.byte(.revision)
    wrongChecksum = nil
    oemID = Array(reader.raw(.oemID))
    oemTableID = Array(reader.raw(.oemTableID))
    oemRevision = reader.doubleWord(.oemRevision)
    creatorID = Array(reader.raw(.creatorID))
    creatorRevision = reader.doubleWord(.creatorRevision)
  }
}

extension RemappingStructure {
  /// Where the structure at `start` ends, its type and layout, once its lengths are plausible.
  static func extent(_ table: [UInt8], at start: Int) throws(ACPITableError) -> (
    type: UInt16, layout: StructureLayout, end: Int
  ) {
    let left = table.count - start
    guard left >= StructureLayout.unknown.fixedLength else {
      throw ACPITableError(
        offset: start, structure: "remapping structure",
        kind: .truncated(needed: StructureLayout.unknown.fixedLength, available: left))
    }
    let reader = TableReader(table, at: start)
    let type = reader.word(.type)
    let layout = layout(of: type)
    let length = Int(reader.word(.length))
    let name =
      layout == .unknown
      ? "structure of unknown type \(type)" : "\(layout.abbreviation) structure"
    guard length >= layout.fixedLength else {
      throw ACPITableError(
        offset: start, structure: name,
        kind: .tooShort(length: length, minimum: layout.fixedLength))
    }
    guard length <= left else {
      throw ACPITableError(
        offset: start, structure: name, kind: .tooLong(length: length, available: left))
    }
    return (type, layout, start + length)
  }

  /// The structure at `start`, and where the next one begins.
  static func parse(_ table: [UInt8], at start: Int) throws(ACPITableError) -> (Self, end: Int) {
    let (type, layout, end) = try extent(table, at: start)
    let reader = TableReader(table, at: start)
    let rest = start + layout.fixedLength
    func scopes() throws(ACPITableError) -> [DeviceScope] {
      try DeviceScope.parseAll(table, in: rest..<end)
    }
    let structure: RemappingStructure
    switch type {
    case 0:
      var unit = HardwareUnit(registerBase: reader.number(.registerBase), scopes: try scopes())
      unit.flags = reader.byte(.structureFlags)
      unit.size = reader.byte(.registerSetSize)
      unit.segment = reader.word(.segment)
      structure = .unit(unit)
    case 1:
      var region = ReservedMemory(
        base: reader.number(.regionBase), limit: reader.number(.regionLimit),
        scopes: try scopes())
      region.reserved = reader.word(.reservedWord)
      region.segment = reader.word(.segment)
      structure = .reservedMemory(region)
    case 2:
      var ports = RootPortATS(segment: reader.word(.segment), scopes: try scopes())
      ports.flags = reader.byte(.structureFlags)
      ports.reserved = reader.byte(.reservedByte)
      structure = .rootPortATS(ports)
    case 3:
      var affinity = StaticAffinity(
        registerBase: reader.number(.registerBase),
        proximityDomain: reader.doubleWord(.proximityDomain))
      affinity.reserved = reader.doubleWord(.affinityReserved)
      // The structure has one length; a longer one keeps its rest as an unknown one would.
      guard end == rest else {
        return (.unknown(type: type, body: Array(table[(start + 4)..<end])), end)
      }
      structure = .affinity(affinity)
    case 4:
      structure = .namespaceDevice(
        NamespaceDevice(
          reserved: Array(reader.raw(.namespaceReserved)), number: reader.byte(.deviceNumber),
          nameBytes: Array(table[rest..<end])))
    case 5:
      var cache = SoCATC(segment: reader.word(.segment), scopes: try scopes())
      cache.flags = reader.byte(.structureFlags)
      cache.reserved = reader.byte(.reservedByte)
      structure = .socATC(cache)
    case 6:
      var properties = SoCProperties(segment: reader.word(.segment), scopes: try scopes())
      properties.reserved = reader.word(.reservedWord)
      structure = .socProperties(properties)
    default:
      structure = .unknown(type: type, body: Array(table[rest..<end]))
    }
    return (structure, end)
  }
}

extension DeviceScope {
  /// Where the scope at `start` ends, if its length is plausible.
  static func extent(_ table: [UInt8], at start: Int, before limit: Int) throws(ACPITableError)
    -> Int
  {
    func fail(_ kind: ACPITableError.Kind) -> ACPITableError {
      ACPITableError(offset: start, structure: "device scope", kind: kind)
    }
    let fixed = StructureLayout.scope.fixedLength
    guard limit - start >= fixed else {
      throw fail(.truncated(needed: fixed, available: limit - start))
    }
    let length = Int(TableReader(table, at: start).byte(.scopeLength))
    guard length >= fixed else { throw fail(.tooShort(length: length, minimum: fixed)) }
    guard length <= limit - start else {
      throw fail(.tooLong(length: length, available: limit - start))
    }
    guard length % 2 == 0 else { throw fail(.oddPath(length: length)) }
    return start + length
  }

  static func parseAll(_ table: [UInt8], in range: Range<Int>) throws(ACPITableError)
    -> [DeviceScope]
  {
    var scopes: [DeviceScope] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = try extent(table, at: start, before: range.upperBound)
      let reader = TableReader(table, at: start)
      var scope = DeviceScope(
        Kind(rawValue: reader.byte(.scopeType)), flags: reader.byte(.scopeFlags),
        enumerationID: reader.byte(.enumerationID), startBus: reader.byte(.startBus),
        path: stride(from: start + StructureLayout.scope.fixedLength, to: end, by: 2).map {
          Hop(device: table[$0], function: table[$0 + 1])
        })
      scope.reserved = reader.byte(.scopeReserved)
      scopes.append(scope)
      start = end
    }
    return scopes
  }
}
