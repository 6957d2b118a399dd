/// The PCI Express capability (PCI Express Base 5.0, 7.5.3).
extension ConfigurationField {
  static let expressVersion = ConfigurationField("Capability Version", 0x02, 0..<4)
  static let expressPortType = ConfigurationField("Device/Port Type", 0x02, 4..<8)
  static let phantomFunctionBits = ConfigurationField("Phantom Functions Supported", 0x04, 3..<5)
  static let phantomFunctionsEnable = ConfigurationField("Phantom Functions Enable", 0x08, 9..<10)
}

/// What a PCI Express function is, from the bus' point of view.
public enum ExpressPortType: UInt8, Hashable, Sendable, CaseIterable {
  /// A device.
  case endpoint = 0
  /// A device with habits of conventional PCI, such as I/O space.
  case legacyEndpoint = 1
  /// A port of the root complex.
  case rootPort = 4
  /// The port of a switch that leads towards the root.
  case upstreamPort = 5
  /// A port of a switch that leads away from the root.
  case downstreamPort = 6
  /// A bridge to conventional PCI below it.
  case expressToPCIBridge = 7
  /// A bridge from conventional PCI to Express below it.
  case pciToExpressBridge = 8
  /// A device inside the root complex, behind no port.
  case rootComplexEndpoint = 9
  /// What collects the events of devices inside the root complex.
  case eventCollector = 10

  /// The name that the specification gives it.
  public var name: String {
    switch self {
    case .endpoint: "Endpoint"
    case .legacyEndpoint: "Legacy Endpoint"
    case .rootPort: "Root Port"
    case .upstreamPort: "Upstream Port"
    case .downstreamPort: "Downstream Port"
    case .expressToPCIBridge: "PCIe-to-PCI Bridge"
    case .pciToExpressBridge: "PCI-to-PCIe Bridge"
    case .rootComplexEndpoint: "Root Complex Integrated Endpoint"
    case .eventCollector: "Root Complex Event Collector"
    }
  }
}

/// A function's PCI Express capability.
public struct ExpressCapability: Hashable, Sendable {
  /// Nil for one of the reserved encodings.
  public let portType: ExpressPortType?
  /// The capability's own version.
  public let version: UInt8
  /// How many of the function number's low bits the function may use as its own, 0 to 3: it then
  /// sends requests as functions that do not exist.
  public let phantomFunctionBits: UInt8
  /// Whether it may do so now.
  public let phantomFunctionsEnabled: Bool

  init?(_ space: ConfigurationSpace) {
    guard let base = space.capability(.express)?.offset,
      let type = space[.expressPortType, at: base], let version = space[.expressVersion, at: base]
    else { return nil }
    portType = ExpressPortType(rawValue: UInt8(truncatingIfNeeded: type))
    self.version = UInt8(truncatingIfNeeded: version)
    phantomFunctionBits = UInt8(
      truncatingIfNeeded: space[.phantomFunctionBits, at: base] ?? 0)
    phantomFunctionsEnabled = space[.phantomFunctionsEnable, at: base] == 1
  }
}

extension ConfigurationSpace {
  /// The PCI Express capability; nil for a conventional function, and where it is not known.
  public var express: ExpressCapability? { ExpressCapability(self) }
}
