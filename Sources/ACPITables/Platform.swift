public import PCI
public import VTdFormats

/// A machine as remapping sees it: its bus, its table, and what its units can do.
public struct Platform: Hashable, Sendable {
  /// The PCI bus.
  public var topology: PCITopology
  /// The DMAR table.
  public var table: DMARTable
  /// In the table's order, which is the order of their names.
  public private(set) var units: [PlatformUnit]

  /// A bus and the table that speaks of it.
  public init(topology: PCITopology, table: DMARTable) {
    self.topology = topology
    self.table = table
    units = table.units.enumerated().map { PlatformUnit(index: $0.offset, definition: $0.element) }
  }

  /// Adds what a boot line says of a unit's registers (`dmar0: reg_base_addr fed90000 ver 1:0 cap
  /// … ecap …`).
  ///
  /// - Returns: whether the table has a unit there.
  @discardableResult
  public mutating func learn(registerBase: UInt64, registers: UnitRegisters) -> Bool {
    guard let index = units.firstIndex(where: { $0.definition.registerBase == registerBase }) else {
      return false
    }
    units[index].registers = registers
    return true
  }
}

/// One unit of a platform.
public struct PlatformUnit: Hashable, Sendable {
  /// Its place among the table's units.
  public let index: Int
  /// What the table says of the unit.
  public let definition: HardwareUnit
  /// What its registers said at boot, where that is known.
  public internal(set) var registers: UnitRegisters?

  /// Linux' name for it, `dmar0`: units are numbered as the table lists them.
  public var name: String { "dmar\(index)" }
}

/// A unit's registers that never change.
public struct UnitRegisters: Hashable, Sendable {
  /// Major in bits 7:4, minor in 3:0.
  public var version: UInt32
  /// CAP_REG.
  public var capability: UInt64
  /// ECAP_REG.
  public var extendedCapability: UInt64

  /// What a unit's registers say of it.
  public init(version: UInt32, capability: UInt64, extendedCapability: UInt64) {
    self.version = version
    self.capability = capability
    self.extendedCapability = extendedCapability
  }
}

/// How a unit comes to cover a function.
public enum Coverage: Hashable, Sendable {
  /// A device scope names it.
  case named(unit: Int)
  /// A device scope names a bridge above it.
  case below(PCIAddress, unit: Int)
  /// The unit covers what no other of the segment does.
  case includeAll(unit: Int)
  /// No unit does: its DMA is not remapped.
  case none
  /// Several do, which no table should say. Linux takes the first.
  case ambiguous([Int])

  /// The unit that counts, as an index into ``Platform/units``.
  public var unit: Int? {
    switch self {
    case .named(let unit), .below(_, let unit), .includeAll(let unit): unit
    case .none: nil
    case .ambiguous(let units): units.first
    }
  }
}

extension Platform {
  /// Which unit covers the function at `address`, by the rules of the kernel's device_to_iommu.
  ///
  /// A virtual function goes by its physical one, and what a Volume Management Device hides by
  /// that device. Scopes are looked up in the bus as it is now, so a function that is plugged in
  /// later is found too.
  public func coverage(of address: PCIAddress) -> Coverage {
    CoverageFinder(self).coverage(of: address)
  }

  /// The coverage of every function, in bus order.
  public func coverages() -> [(address: PCIAddress, coverage: Coverage)] {
    let finder = CoverageFinder(self)
    return topology.functions.map { ($0.address, finder.coverage(of: $0.address)) }
  }

  /// The unit that gets a request: the one that covers the function which put the request's id on
  /// the bus. The id itself may be no function's: a bridge's secondary bus, a phantom function.
  public func unit(for request: RootRequest) -> PlatformUnit? {
    coverage(of: request.requester).unit.map { units[$0] }
  }

  /// The requester ids of IOAPICs and timers, which are not functions, with their unit.
  public var interruptSources: [InterruptSource] {
    units.flatMap { unit in
      unit.definition.scopes.compactMap { scope in
        guard scope.kind == .ioapic || scope.kind == .hpet,
          let address = scope.address(in: topology, segment: unit.definition.segment)
        else { return nil }
        return InterruptSource(
          kind: scope.kind, enumerationID: scope.enumerationID, sourceID: address.sourceID,
          unit: unit.index)
      }
    }
  }
}

/// An IOAPIC or a timer: something that sends messages and is not a PCI function.
public struct InterruptSource: Hashable, Sendable {
  /// IOAPIC or HPET.
  public let kind: DeviceScope.Kind
  /// The APIC id or the timer's number.
  public let enumerationID: UInt8
  /// The source-id that its interrupts carry.
  public let sourceID: SourceID
  /// An index into ``Platform/units``.
  public let unit: Int
}

/// Scopes looked up once, for the coverage of many functions.
private struct CoverageFinder {
  private struct Target {
    let unit: Int
    let address: PCIAddress
    /// The buses below it, if it is a bridge.
    let below: BridgeBuses?
  }

  private let platform: Platform
  private let targets: [Target]
  private let physicalFunctions: PhysicalFunctions

  init(_ platform: Platform) {
    self.platform = platform
    physicalFunctions = PhysicalFunctions(platform.topology)
    // Linux puts each unit in front of those before it (dmar_register_drhd_unit), so of two that
    // name one device the later wins; units that include all come last, in their order.
    targets = platform.units.reversed().flatMap { unit in
      unit.definition.scopes.compactMap { scope -> Target? in
        guard scope.kind == .endpoint || scope.kind == .subHierarchy,
          let address = scope.address(
            in: platform.topology, segment: unit.definition.segment),
          let function = platform.topology[address], scope.matchesHeader(of: function)
        else { return nil }
        return Target(unit: unit.index, address: address, below: function.bridgeBuses)
      }
    }
  }

  func coverage(of address: PCIAddress) -> Coverage {
    let topology = platform.topology
    let real = topology.realRequester(of: address)?.address ?? address
    let owner = physicalFunctions.owner(of: real) ?? real
    var found: [Coverage] = []
    for target in targets where target.address.segment == owner.segment {
      if target.address == owner {
        found.append(.named(unit: target.unit))
      } else if let below = target.below, below.contains(owner.bus) {
        found.append(.below(target.address, unit: target.unit))
      }
    }
    var units: [Int] = []
    for unit in found.compactMap({ $0.unit }) where !units.contains(unit) { units.append(unit) }
    if units.count > 1 { return .ambiguous(units) }
    if let first = found.first { return first }
    let all = platform.units.first {
      $0.definition.includesAll && UInt32($0.definition.segment) == owner.segment
    }
    return all.map { .includeAll(unit: $0.index) } ?? .none
  }
}
