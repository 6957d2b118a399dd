public import PCI
import Text
import VTdFormats

/// One pass over a table that collects what is wrong with it.
struct TableChecker {
  let table: DMARTable
  let surroundings: TableSurroundings
  private(set) var findings: [TableFinding] = []

  private var offset = 0
  private var structure = "DMAR"
  private var units: [HardwareUnit] = []
  private var regions: [ReservedMemory] = []
  private var segmentsCovered: Set<UInt16> = []
  private var scopeOwners: [ScopeKey: UInt64] = [:]
  private let unitBases: Set<UInt64>
  /// What firmware's map reserves, by address, with neighbours joined.
  private let map: [ClosedRange<UInt64>]?
  private var overlapCount = 0
  /// How many units, regions and overlaps are kept: Linux has room for 1,024 units. A table of many
  /// megabytes must not be compared with itself.
  private static let mostOverlaps = 1024

  /// What makes two scopes name the same thing.
  private struct ScopeKey: Hashable {
    let segment: UInt16
    let kind: DeviceScope.Kind
    let enumerationID: UInt8
    let startBus: UInt8
    let path: [DeviceScope.Hop]
  }

  init(table: DMARTable, surroundings: TableSurroundings) {
    self.table = table
    self.surroundings = surroundings
    unitBases = Set(table.units.map { $0.registerBase })
    map = surroundings.reservedMemory.map(Self.joined)
  }

  mutating func check() {
    if table.units.isEmpty { note(.noUnit) }
    if table.reserved.contains(where: { $0 != 0 }) { note(.reservedBits(field: "the table")) }
    let knownFlags = TableFlags.names.reduce(into: TableFlags()) { $0.insert($1.flag) }
    if !table.flags.isSubset(of: knownFlags) { note(.reservedBits(field: "Flags")) }

    offset = StructureLayout.table.fixedLength
    var highest: UInt16 = 0
    for structure in table.structures {
      let length = structure.bytes.count
      self.structure =
        structure.isOpaque ? "type \(structure.type)" : structure.layout.abbreviation
      if structure.type < highest { note(.order(structure.type, after: highest)) }
      highest = max(highest, structure.type)
      check(structure)
      if length > Int(UInt16.max) { note(.tooLong(limit: Int(UInt16.max))) }
      offset += length
    }
    checkReferences()
  }

  private mutating func note(_ kind: TableFinding.Kind, at place: Int? = nil) {
    findings.append(
      TableFinding(offset: place ?? offset, structure: structure, kind: kind))
  }

  private mutating func check(_ structure: RemappingStructure) {
    switch structure {
    case .unit(let unit): check(unit)
    case .reservedMemory(let region): check(region)
    case .rootPortATS(let ports):
      if ports.flags & ~RootPortATS.allPortsFlag != 0 || ports.reserved != 0 {
        note(.reservedBits(field: "Flags"))
      }
    case .socATC(let cache):
      if cache.flags & ~SoCATC.requiredFlag != 0 || cache.reserved != 0 {
        note(.reservedBits(field: "Flags"))
      }
    case .socProperties(let properties):
      if properties.reserved != 0 { note(.reservedBits(field: "Reserved")) }
    case .affinity(let affinity):
      if affinity.reserved != 0 { note(.reservedBits(field: "Reserved")) }
      if !unitBases.contains(affinity.registerBase) {
        note(.affinityOfNoUnit(affinity.registerBase))
      }
    case .namespaceDevice(let device):
      if device.reserved.contains(where: { $0 != 0 }) { note(.reservedBits(field: "Reserved")) }
      if device.nameBytes.last != 0 { note(.unterminatedName) }
    case .unknown(let type, _): note(.unknownType(type))
    }
    var place = offset + structure.layout.fixedLength
    for scope in structure.scopes {
      check(scope, of: structure, at: place)
      place += scope.bytes.count
    }
  }

  private mutating func check(_ unit: HardwareUnit) {
    if unit.flags & ~HardwareUnit.includePCIAllFlag != 0 { note(.reservedBits(field: "Flags")) }
    if let size = unit.registerSetSize {
      if unit.registerBase % size != 0 { note(.unalignedRegisters(unit.registerBase)) }
    } else {
      note(.reservedBits(field: "Size"))
    }
    if isBeyondHost(unit.registerBase) {
      note(.registersBeyond(bits: table.hostAddressWidth, unit.registerBase))
    }
    for other in units where overlapCount <= Self.mostOverlaps && overlap(unit, other) {
      noteOverlap(.overlappingRegisters(unit.registerBase, other.registerBase))
    }
    if unit.includesAll {
      if !segmentsCovered.insert(unit.segment).inserted {
        note(.secondIncludeAll(segment: unit.segment))
      }
    } else if segmentsCovered.contains(unit.segment) {
      note(.includeAllNotLast(segment: unit.segment))
    }
    if units.count < Self.mostOverlaps { units.append(unit) } else { endOverlaps() }
  }

  private mutating func noteOverlap(_ kind: TableFinding.Kind) {
    guard overlapCount < Self.mostOverlaps else { return endOverlaps() }
    overlapCount += 1
    note(kind)
  }

  /// Says once that no more overlaps are looked for.
  private mutating func endOverlaps() {
    guard overlapCount <= Self.mostOverlaps else { return }
    overlapCount = Self.mostOverlaps + 1
    note(.furtherOverlaps(limit: Self.mostOverlaps))
  }

  private func overlap(_ unit: HardwareUnit, _ other: HardwareUnit) -> Bool {
    let (low, high) = unit.registerBase <= other.registerBase ? (unit, other) : (other, unit)
    return high.registerBase - low.registerBase < low.registerSetSize ?? 0x1000
  }

  private mutating func check(_ region: ReservedMemory) {
    if region.reserved != 0 { note(.reservedBits(field: "Reserved")) }
    if region.scopes.isEmpty { note(.regionWithoutScope) }
    guard region.limit >= region.base else {
      note(.emptyRegion(base: region.base, limit: region.limit))
      return
    }
    // RMRR base and limit take whole pages (8.4): the limit is the last byte of one.
    if region.base.pageOffset != 0 || region.limit.pageOffset != Paging.pageSize - 1 {
      note(.unalignedRegion(base: region.base, limit: region.limit))
    }
    if isBeyondHost(region.limit) {
      note(.regionBeyond(bits: table.hostAddressWidth, region.limit))
    }
    let range = region.base...region.limit
    // Regions of different devices may be the same; partly the same is a mistake.
    for other in regions
    where other.segment == region.segment && overlapCount <= Self.mostOverlaps {
      let otherRange = other.base...other.limit
      if otherRange != range, otherRange.overlaps(range) {
        noteOverlap(.overlappingRegions(range, otherRange))
      }
    }
    if let map, !Self.isCovered(range, by: map) { note(.regionNotReserved(range)) }
    if regions.count < Self.mostOverlaps { regions.append(region) } else { endOverlaps() }
  }

  private static func joined(_ map: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
    var joined: [ClosedRange<UInt64>] = []
    for range in map.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let last = joined.last,
        range.lowerBound <= last.upperBound || range.lowerBound - 1 == last.upperBound
      else {
        joined.append(range)
        continue
      }
      joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }
    return joined
  }

  /// Whether the reserved ranges cover `range` without a gap: one of them, as they are joined.
  private static func isCovered(
    _ range: ClosedRange<UInt64>, by map: [ClosedRange<UInt64>]
  ) -> Bool {
    let count = map.countInFront { $0.lowerBound > range.lowerBound }
    return count > 0 && map[count - 1].upperBound >= range.upperBound
  }

  private func isBeyondHost(_ address: UInt64) -> Bool {
    table.hostAddressWidth < 64 && address >> UInt64(table.hostAddressWidth) != 0
  }

  private mutating func check(
    _ scope: DeviceScope, of structure: RemappingStructure, at place: Int
  ) {
    if scope.kind.name == nil { note(.unknownScope(scope.kind.rawValue), at: place) }
    if scope.path.isEmpty { note(.emptyPath, at: place) }
    if scope.bytes.count > Int(UInt8.max) { note(.tooLong(limit: Int(UInt8.max)), at: place) }
    for hop in scope.path where hop.device > 0x1f || hop.function > 7 {
      note(.impossibleStep(device: hop.device, function: hop.function), at: place)
    }
    let hasProperties: Bool = if case .socProperties = structure { true } else { false }
    if (scope.flags != 0 && !hasProperties) || scope.reserved != 0 {
      note(.reservedBits(field: "the device scope"), at: place)
    }
    if case .unit(let unit) = structure {
      let key = ScopeKey(
        segment: unit.segment, kind: scope.kind, enumerationID: scope.enumerationID,
        startBus: scope.startBus, path: scope.path)
      if let owner = scopeOwners[key], owner != unit.registerBase {
        note(.inTwoUnits(scope.description), at: place)
      }
      scopeOwners[key] = unit.registerBase
    }
    checkDevice(scope, segment: structure.segment ?? 0, at: place)
  }

  /// Checks a scope for PCI functions against the bus.
  private mutating func checkDevice(_ scope: DeviceScope, segment: UInt16, at place: Int) {
    guard let topology = surroundings.topology, !scope.path.isEmpty,
      scope.kind == .endpoint || scope.kind == .subHierarchy
    else { return }
    guard let address = scope.address(in: topology, segment: segment),
      let function = topology[address]
    else {
      note(.noSuchDevice(scope.description), at: place)
      return
    }
    if !scope.matchesHeader(of: function) {
      note(.wrongScopeType(address, isBridge: scope.kind == .endpoint), at: place)
    }
  }

  /// Name space devices: each one declared is used, each one used is declared.
  private mutating func checkReferences() {
    let declared = Set(table.namespaceDevices.map { $0.number })
    var used: Set<UInt8> = []
    for structure in table.structures {
      for scope in structure.scopes where scope.kind == .namespaceDevice {
        used.insert(scope.enumerationID)
      }
    }
    offset = 0
    structure = "DMAR"
    for number in used.subtracting(declared).sorted() { note(.undeclaredDevice(number)) }
    for number in declared.subtracting(used).sorted() { note(.unusedDevice(number)) }
  }
}

extension DeviceScope {
  /// Whether `function` is what the scope's kind says, as dmar_insert_dev_scope sees it: an
  /// endpoint has a device's header, a sub-hierarchy a bridge's, save non-transparent bridges
  /// (class 0680), which firmware may list as bridges though their header is a device's.
  public func matchesHeader(of function: PCIFunction) -> Bool {
    guard let layout = function.configuration.headerLayout else { return true }
    switch kind {
    case .endpoint: return layout == .device
    case .subHierarchy:
      return layout != .device || function.identity.classCode.baseAndSubclass == 0x0680
    default: return true
    }
  }
}
