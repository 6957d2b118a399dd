public import PCI
import VTdFormats

/// One device that a structure is about (VT-d specification 5.0, 8.3.1).
public struct DeviceScope: Hashable, Sendable {
  /// What kind of device it is: an open set, for the next specification adds to it.
  public struct Kind: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// A PCI function that is not a bridge.
    public static let endpoint = Kind(rawValue: 1)
    /// A bridge and everything below it.
    public static let subHierarchy = Kind(rawValue: 2)
    /// An I/O interrupt controller; the enumeration id is its APIC id.
    public static let ioapic = Kind(rawValue: 3)
    /// A timer that sends messages; the enumeration id is its HPET number.
    public static let hpet = Kind(rawValue: 4)
    /// A device of the ACPI name space; the enumeration id is the number in its ANDD.
    public static let namespaceDevice = Kind(rawValue: 5)

    /// The name in a description, and in YAML.
    static let names: [(kind: Kind, name: String, key: String)] = [
      (.endpoint, "PCI Endpoint Device", "endpoint"),
      (.subHierarchy, "PCI Sub-hierarchy", "sub-hierarchy"),
      (.ioapic, "IOAPIC", "ioapic"),
      (.hpet, "MSI Capable HPET", "hpet"),
      (.namespaceDevice, "ACPI Name-space Device", "acpi"),
    ]

    /// The specification's name; nil for a kind that it does not have.
    public var name: String? { Self.names.first { $0.kind == self }?.name }
    /// The word that YAML has for it, or the number.
    public var key: String {
      Self.names.first { $0.kind == self }?.key ?? "0x" + hex(UInt64(rawValue), digits: 2)
    }

    /// The kind with YAML's word `key`.
    public init?(key: String) {
      guard let entry = Self.names.first(where: { $0.key == key }) else { return nil }
      self = entry.kind
    }
  }

  /// One step of the path.
  public struct Hop: Hashable, Sendable {
    /// A whole byte in the table, of which a PCI device number needs five bits.
    public var device: UInt8
    /// Likewise, and three.
    public var function: UInt8

    /// A step of a path.
    public init(device: UInt8, function: UInt8) {
      self.device = device
      self.function = function
    }
  }

  /// What the scope names: an endpoint, a bridge with all behind it, an IOAPIC, an HPET.
  public var kind: Kind
  /// Properties of an integrated device, in a SIDP; otherwise reserved.
  public var flags: UInt8
  /// Bytes that the specification reserves, kept as they stood.
  public var reserved: UInt8
  /// The id of an IOAPIC, an HPET or a namespace device; 0 for others.
  public var enumerationID: UInt8
  /// The bus on which the path's first step is.
  public var startBus: UInt8
  /// The device, or the bridges down to it and the device at the end.
  public var path: [Hop]

  /// A scope; its length follows from the path.
  public init(
    _ kind: Kind, flags: UInt8 = 0, enumerationID: UInt8 = 0, startBus: UInt8 = 0, path: [Hop]
  ) {
    self.kind = kind
    self.flags = flags
    reserved = 0
    self.enumerationID = enumerationID
    self.startBus = startBus
    self.path = path
  }

  /// A scope of one step: the function at `address`.
  public init(_ kind: Kind, enumerationID: UInt8 = 0, at address: PCIAddress) {
    self.init(
      kind, enumerationID: enumerationID, startBus: address.bus,
      path: [Hop(device: address.device, function: address.function)])
  }

  /// The properties that a SIDP's scope may have.
  static let propertyNames: [(bit: UInt8, name: String)] = [
    (1 << 0, "REQ_WO_PASID_NESTED_NOTALLOWED"), (1 << 1, "REQ_WO_PASID_PWSNP_NOTALLOWED"),
    (1 << 2, "REQ_WO_PASID_PGSNP_NOTALLOWED"), (1 << 3, "ATC_HARDENED"),
    (1 << 4, "ATC_REQUIRED"),
  ]

  /// Where the path leads, bus numbers of bridges being those of `topology`.
  ///
  /// The last step need not exist: IOAPICs and timers seldom are functions, and a slot can be
  /// empty. Nil where a step before it is not a bridge, so that the bus of the next one is unknown,
  /// or where a number is too large for PCI.
  public func address(in topology: PCITopology, segment: UInt16) -> PCIAddress? {
    var bus = startBus
    for (index, hop) in path.enumerated() {
      guard hop.device <= 0x1f, hop.function <= 7 else { return nil }
      let address = PCIAddress(
        segment: UInt32(segment), bus: bus, device: hop.device, function: hop.function)
      if index == path.count - 1 { return address }
      guard let buses = topology[address]?.bridgeBuses else { return nil }
      bus = buses.secondary
    }
    return nil
  }
}

extension DeviceScope: CustomStringConvertible {
  /// Kind and path: `endpoint 00:02.0`, `ioapic 2 at f0:1f.0`, `endpoint 00:1c.0/00.0`.
  public var description: String {
    let steps = path.map { "\(hex(UInt64($0.device), digits: 2)).\(hex(UInt64($0.function)))" }
    let place = "\(hex(UInt64(startBus), digits: 2)):\(steps.joined(separator: "/"))"
    switch kind {
    case .ioapic, .hpet, .namespaceDevice: return "\(kind.key) \(enumerationID) at \(place)"
    default: return "\(kind.key) \(place)"
    }
  }
}
