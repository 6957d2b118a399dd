public import VTdFormats

/// A function that a request passes on its way up to the root complex.
public struct BusHop: Hashable, Sendable {
  /// A bridge, or the Volume Management Device that hides the sender.
  public let address: PCIAddress
  /// The id that it puts in place of the request's own; nil for one that passes requests on as they are.
  public let sourceID: SourceID?
}

extension PCITopology {
  /// What requests of the function at `address` pass on their way up, the nearest first; empty for a
  /// function right on the root complex, and where no function is.
  public func hops(from address: PCIAddress) -> [BusHop] {
    guard let function = self[address] else { return [] }
    let bridges = path(to: address).reversed()
    if let requester = realRequester(of: address), requester.address != function.address {
      return bridges.map { BusHop(address: $0.address, sourceID: nil) }
        + [BusHop(address: requester.address, sourceID: requester.sourceID)]
    }
    return bridges.map { BusHop(address: $0.address, sourceID: ownedRequester(of: $0)) }
  }
}
