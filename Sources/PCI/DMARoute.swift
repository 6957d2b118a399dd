public import VTdFormats

/// A memory request that a function wants to send, before the bus has seen it.
public struct BusRequest: Hashable, Sendable {
  /// The function that sends it.
  public let sender: PCIAddress
  /// The id that it uses where it is not its own: a phantom function's.
  public let claimedID: SourceID?
  /// The address on the bus.
  public let address: UInt64
  /// The PASID that the request carries.
  public let pasid: PASID?
  /// Whether it claims to be translated already (ATS).
  public let isTranslated: Bool

  /// A request as the function sends it.
  public init(
    from sender: PCIAddress, claiming claimedID: SourceID? = nil, address: UInt64,
    pasid: PASID? = nil, isTranslated: Bool = false
  ) {
    self.sender = sender
    self.claimedID = claimedID
    self.address = address
    self.pasid = pasid
    self.isTranslated = isTranslated
  }
}

/// Where a request ends up.
public enum DMARoute: Hashable, Sendable {
  /// No function is there (any more): nothing is sent.
  case noFunction
  /// The function's Bus Master Enable is clear: it sends nothing.
  case busMasteringDisabled
  /// This bridge's Bus Master Enable is clear: it does not pass requests up.
  case stoppedByBridge(PCIAddress)
  /// Access control refused it at this port.
  case refused(by: PCIAddress, AccessControl)
  /// A peer takes it below the root complex: no unit sees it. `turned` is where it left the way up:
  /// the port, the conventional bus' bridge, or the sender's own device.
  case peer(PCIAddress, turned: PCIAddress)
  /// It reaches the root complex, and the unit there, with this id.
  case root(RootRequest)
}

/// A request as the root complex sees it.
public struct RootRequest: Hashable, Sendable {
  /// The segment in which the request arrives.
  public let segment: UInt32
  /// The source-id that it carries by then: a bridge may have put its own in.
  public let sourceID: SourceID
  /// The function that put the id on the bus: the unit is found by it.
  public let requester: PCIAddress
  /// Bridges to conventional buses know no PASIDs.
  public let pasid: PASID?
  /// Whether the device had translated the address itself.
  public let isTranslated: Bool
}

extension PCITopology {
  /// The way of `request` through the bus.
  ///
  /// Between devices right on the root complex, and between its root ports, requests go to the
  /// unit: root complexes with remapping route them that way, and no register says otherwise.
  public func route(
    _ request: BusRequest, accessControl state: AccessControlState = .asConfigured
  ) -> DMARoute {
    guard let function = self[request.sender] else { return .noFunction }
    // Where the bit is not known the function is given the benefit of the doubt.
    if function.configuration.busMasterEnabled == false { return .busMasteringDisabled }

    let isolation = Isolation(state: state)
    if let sibling = sibling(of: function, taking: request, isolation) {
      return .peer(sibling, turned: function.address)
    }

    let requester = realRequester(of: function.address) ?? function
    var travelling = RootRequest(
      segment: requester.address.segment,
      sourceID: requester.address == function.address
        ? request.claimedID ?? function.sourceID : requester.sourceID,
      requester: requester.address, pasid: request.pasid, isTranslated: request.isTranslated)
    var below = function
    for bridge in path(to: function.address).reversed() {
      if bridge.configuration.busMasterEnabled == false {
        return .stoppedByBridge(bridge.address)
      }
      if let end = turn(at: bridge, from: below, travelling, request, isolation) { return end }
      // What a Volume Management Device hides goes by that device's id whatever is below it.
      if requester.address == function.address, let owned = ownedRequester(of: bridge) {
        travelling = RootRequest(
          segment: bridge.address.segment, sourceID: owned, requester: bridge.address, pasid: nil,
          isTranslated: false)
      }
      below = bridge
    }
    return .root(travelling)
  }

  /// Another function of the sender's device that takes the request inside the device.
  private func sibling(
    of function: PCIFunction, taking request: BusRequest, _ isolation: Isolation
  ) -> PCIAddress? {
    guard let express = function.configuration.express, !isRoot(function.address.onBus),
      express.portType == .endpoint || express.portType == .legacyEndpoint
    else { return nil }
    let services = function.configuration.accessControlServices
    if let services, redirects(isolation.control(services), request) { return nil }
    return slot(of: function.address).first {
      $0.address != function.address && $0.takes(request.address)
    }?.address
  }

  /// Whether `bridge` (or the bus right below it) ends the way up of a request that comes from
  /// `below`, and how.
  private func turn(
    at bridge: PCIFunction, from below: PCIFunction, _ travelling: RootRequest,
    _ request: BusRequest, _ isolation: Isolation
  ) -> DMARoute? {
    switch bridge.configuration.express?.portType {
    case .rootPort, .downstreamPort:
      let control = bridge.configuration.accessControlServices.map(isolation.control) ?? []
      if control.contains(.translationBlocking), travelling.isTranslated {
        return .refused(by: bridge.address, .translationBlocking)
      }
      if control.contains(.sourceValidation),
        let buses = bridge.bridgeBuses, !buses.contains(travelling.sourceID.bus),
        travelling.segment == bridge.address.segment
      {
        return .refused(by: bridge.address, .sourceValidation)
      }
      // Ports of one switch turn requests to each other round, unless told to send them up.
      guard bridge.configuration.express?.portType == .downstreamPort,
        !redirects(control, request), let peer = peer(of: bridge, taking: request.address)
      else { return nil }
      return .peer(peer, turned: bridge.address)
    case .upstreamPort, .pciToExpressBridge:
      return nil
    default:
      // A conventional bus is shared: whoever the address belongs to takes it.
      return peer(of: below, taking: request.address).map { .peer($0, turned: bridge.address) }
    }
  }

  private func redirects(_ control: AccessControl, _ request: BusRequest) -> Bool {
    control.contains(.requestRedirect)
      && !(request.isTranslated && control.contains(.directTranslated))
  }

  /// The function that takes `address` among the neighbours of `function` on its bus, or below
  /// one of them. A neighbouring bridge that passes the address down without anybody there to
  /// take it still keeps it from going up.
  private func peer(of function: PCIFunction, taking address: UInt64) -> PCIAddress? {
    for neighbour in functions(on: function.address.onBus)
    where neighbour.address != function.address {
      if neighbour.takes(address) { return neighbour.address }
      guard neighbour.passesDown(address) else { continue }
      var taker = neighbour.address
      var bridge = neighbour
      // Each step goes to a higher bus, so this ends.
      while let buses = bridge.bridgeBuses {
        let below = functions(
          on: PCIBus(segment: bridge.address.segment, number: buses.secondary))
        if let end = below.first(where: { $0.takes(address) }) { return end.address }
        guard let next = below.first(where: { $0.passesDown(address) }) else { return taker }
        taker = next.address
        bridge = next
      }
      return taker
    }
    return nil
  }
}

extension PCIFunction {
  /// Whether the function answers at the memory address.
  func takes(_ address: UInt64) -> Bool {
    configuration[.memorySpaceEnable] != 0 && regions.contains { $0.contains(address) }
  }

  /// Whether it is a bridge that passes the memory address down.
  func passesDown(_ address: UInt64) -> Bool {
    configuration[.memorySpaceEnable] != 0
      && configuration.memoryWindows.contains { $0.contains(address) }
  }
}
