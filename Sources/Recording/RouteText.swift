package import PCI

/// The way of a request over the bus, in words.
package enum RouteText {
  /// What becomes of the request of a device without a unit.
  package static let untranslated = "no unit covers the device: it reaches memory untranslated"

  /// Where the request went instead of to a unit, and why.
  package static func describe(_ route: DMARoute) -> String {
    switch route {
    case .noFunction: "not sent: the function is gone"
    case .busMasteringDisabled: "not sent: Bus Master Enable is clear"
    case .stoppedByBridge(let bridge):
      "stopped at \(bridge.shortDescription): Bus Master Enable is clear"
    case .refused(let port, let control):
      "refused at \(port.shortDescription): \(name(of: control))"
    case .peer(let peer, let turned) where turned.onBus == peer.onBus:
      "taken by the peer \(peer.shortDescription), no unit saw it"
    case .peer(let peer, let turned):
      "taken by the peer \(peer.shortDescription), turned at \(turned.shortDescription), "
        + "no unit saw it"
    case .root(let request): "reaches the root complex as \(request.sourceID)"
    }
  }

  private static func name(of control: AccessControl) -> String {
    var names: [String] = []
    for known in AccessControl.names where control.contains(known.bit) { names.append(known.name) }
    return names.joined(separator: ", ")
  }
}
