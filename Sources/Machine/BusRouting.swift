internal import ACPITables
public import LinuxIOMMU
public import PCI
internal import VTdFormats
internal import VTdUnit

/// The way from devices to units: what is on the wires, and which unit gets what.
struct BusRouting {
  /// Every function that can send, those that the bus does not show included.
  private(set) var wires: PCITopology
  /// Functions that were there and are no more.
  private var removed: Set<PCIAddress> = []
  /// Nil where there is no table, so that a unit has its whole segment.
  private var platform: Platform?
  /// For each unit of the table, the index of the machine's unit with its registers.
  private let unitIndices: [Int?]
  private let segments: [UInt32]
  /// Units that are named for a function, where there is no table.
  private var named: [PCIAddress: Int] = [:]

  /// The device that sent last, if nothing but the device decides where its requests go: it sits
  /// right on the root complex, where no peer and no bridge comes between. Bursts of one device are
  /// what a machine spends its time on.
  private var straight: (device: PCIAddress, unit: Int)?

  init(_ configuration: Machine.Configuration) {
    wires = configuration.pci
    wires.overlay(configuration.hidden)
    platform = configuration.table.map { Platform(topology: configuration.pci, table: $0) }
    segments = configuration.units.map { $0.segment }
    for (index, unit) in configuration.units.enumerated() {
      for function in unit.covers where named[function] == nil { named[function] = index }
    }
    unitIndices = (configuration.table?.units ?? []).map { unit in
      configuration.units.firstIndex {
        $0.hardware.registerBase.rawValue == unit.registerBase
      }
    }
  }

  /// Which unit the kernel and the bus take for the function at `address`.
  func choice(for address: PCIAddress) -> UnitChoice {
    guard let platform else { return named[address].map { .index($0) } ?? .ofSegment }
    guard let index = platform.coverage(of: address).unit.flatMap({ unitIndices[$0] }) else {
      return .uncovered
    }
    return .index(index)
  }

  /// The index of the unit that gets a request which `requester` put on the bus.
  func unit(of requester: PCIAddress) -> Int? {
    switch choice(for: requester) {
    case .index(let index): index
    case .ofSegment: segments.firstIndex(of: requester.segment)
    case .uncovered: nil
    }
  }

  /// The unit at which every request of `device` arrives as it was sent, if that is known.
  func straightUnit(of device: PCIAddress) -> Int? {
    guard let straight, straight.device == device else { return nil }
    return straight.unit
  }

  /// The unit of `request`, which `dma` became.
  mutating func unit(of request: RootRequest, sentBy dma: DeviceDMA) -> Int? {
    let unit = unit(of: request.requester)
    if let unit, request.requester == dma.device, wires.isRoot(dma.device.onBus) {
      straight = (dma.device, unit)
    }
    return unit
  }

  /// The way of `dma`.
  ///
  /// A device that was never on the bus can still send, as a phantom does; one that was removed
  /// does not.
  mutating func route(_ dma: DeviceDMA) -> DMARoute {
    if wires[dma.device] == nil, !removed.contains(dma.device) {
      wires.add(
        InventedFunction(at: dma.device, classCode: PCIClass(rawValue: 0)).function)
    }
    return wires.route(
      BusRequest(
        from: dma.device, claiming: dma.claimedID, address: dma.address.rawValue, pasid: dma.pasid))
  }

  /// Takes a function and what is below it off the wires.
  mutating func remove(_ address: PCIAddress) {
    straight = nil
    removed.insert(address)
    removed.formUnion(wires.remove(address).map { $0.address })
    platform?.topology.remove(address)
  }
}

extension Machine {
  /// Which unit covers the function at `address`, for the kernel's look-up.
  public func unitChoice(for address: PCIAddress) -> UnitChoice { routing.choice(for: address) }

  /// The unit that covers the function at `address`.
  public func unit(covering address: PCIAddress) -> NamedUnit? {
    routing.unit(of: address).map { units[$0] }
  }

  /// What requests of a function pass on their way up to the root complex, the nearest first.
  public func hops(from address: PCIAddress) -> [BusHop] { routing.wires.hops(from: address) }

  /// The unit at which `dma` arrives, and as what; nil, with an event, where it meets none.
  func arrival(of dma: DeviceDMA) -> (unit: NamedUnit, source: SourceID, pasid: PASID?)? {
    if let witness = tap.witness { witness(.sends(dma)) }
    if let index = routing.straightUnit(of: dma.device) {
      return (units[index], dma.claimedID ?? dma.device.sourceID, dma.pasid)
    }
    switch routing.route(dma) {
    case .root(let request):
      guard let index = routing.unit(of: request, sentBy: dma) else {
        record(.untranslated(request.sourceID, dma.address))
        return nil
      }
      return (units[index], request.sourceID, request.pasid)
    case let route:
      record(.offTheWay(dma.device, dma.address, route))
      return nil
    }
  }
}
