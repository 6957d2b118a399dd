/// The first 64 bytes of configuration space (PCI Local Bus Specification 3.0, 6.1; PCI-to-PCI
/// Bridge Architecture 1.2, 3.2; PC Card Standard 8.0 for CardBus bridges).
extension ConfigurationField {
  // Every function.
  public static let vendorID = ConfigurationField("Vendor ID", 0x00, 0..<16)
  public static let deviceID = ConfigurationField("Device ID", 0x02, 0..<16)
  public static let ioSpaceEnable = ConfigurationField("I/O Space Enable", 0x04, 0..<1)
  public static let memorySpaceEnable = ConfigurationField("Memory Space Enable", 0x04, 1..<2)
  public static let busMasterEnable = ConfigurationField("Bus Master Enable", 0x04, 2..<3)
  public static let interruptDisable = ConfigurationField("Interrupt Disable", 0x04, 10..<11)
  public static let command = ConfigurationField("Command", 0x04, 0..<16)
  public static let capabilitiesList = ConfigurationField("Capabilities List", 0x06, 4..<5)
  public static let status = ConfigurationField("Status", 0x06, 0..<16)
  public static let revisionID = ConfigurationField("Revision ID", 0x08, 0..<8)
  public static let classCode = ConfigurationField("Class Code", 0x08, 8..<32)
  public static let headerLayout = ConfigurationField("Header Layout", 0x0e, 0..<7)
  public static let multiFunction = ConfigurationField("Multi-Function Device", 0x0e, 7..<8)

  // Header layout 0: devices.
  public static let subsystemVendorID = ConfigurationField("Subsystem Vendor ID", 0x2c, 0..<16)
  public static let subsystemID = ConfigurationField("Subsystem ID", 0x2e, 0..<16)

  // Header layouts 1 (PCI-to-PCI) and 2 (CardBus): the three bus numbers share their places.
  public static let primaryBus = ConfigurationField("Primary Bus Number", 0x18, 0..<8)
  public static let secondaryBus = ConfigurationField("Secondary Bus Number", 0x19, 0..<8)
  public static let subordinateBus = ConfigurationField("Subordinate Bus Number", 0x1a, 0..<8)

  // Where the list of capabilities begins.
  public static let capabilitiesPointer = ConfigurationField("Capabilities Pointer", 0x34, 0..<8)
  public static let cardBusCapabilitiesPointer =
    ConfigurationField("Capabilities Pointer", 0x14, 0..<8)
}

/// What the second part of the header holds.
public enum HeaderLayout: Hashable, Sendable {
  /// 0: a device.
  case device
  /// 1: a PCI-to-PCI bridge; all ports of root complexes and switches are that too.
  case bridge
  /// 2: a CardBus bridge.
  case cardBusBridge
  /// A value that no specification has given a meaning.
  case reserved(UInt8)
}

/// The buses of a bridge, as firmware or the kernel numbered them.
public struct BridgeBuses: Hashable, Sendable {
  /// The bus that the bridge itself sits on.
  public let primary: UInt8
  /// The bus right below it.
  public let secondary: UInt8
  /// The last bus below it.
  public let subordinate: UInt8

  public init(primary: UInt8, secondary: UInt8, subordinate: UInt8) {
    self.primary = primary
    self.secondary = secondary
    self.subordinate = subordinate
  }

  /// Whether `number` is below the bridge.
  public func contains(_ number: UInt8) -> Bool { number >= secondary && number <= subordinate }
}

extension ConfigurationSpace {
  public var vendorID: UInt16? { self[.vendorID].map { UInt16(truncatingIfNeeded: $0) } }
  public var deviceID: UInt16? { self[.deviceID].map { UInt16(truncatingIfNeeded: $0) } }
  /// Base class, subclass and programming interface.
  public var classCode: PCIClass? { self[.classCode].map { PCIClass(rawValue: $0) } }
  public var command: UInt16? { self[.command].map { UInt16(truncatingIfNeeded: $0) } }
  public var status: UInt16? { self[.status].map { UInt16(truncatingIfNeeded: $0) } }

  /// Whether the function may start transactions of its own, DMA and MSI alike.
  public var busMasterEnabled: Bool? { self[.busMasterEnable].map { $0 != 0 } }

  /// Whether the device has more functions than this one. Only function 0 has to say so.
  public var isMultiFunction: Bool? { self[.multiFunction].map { $0 != 0 } }

  public var headerLayout: HeaderLayout? {
    switch self[.headerLayout] {
    case nil: nil
    case 0: .device
    case 1: .bridge
    case 2: .cardBusBridge
    case .some(let value): .reserved(UInt8(truncatingIfNeeded: value))
    }
  }

  /// The bus numbers of a PCI-to-PCI or CardBus bridge; nil for everything else.
  public var bridgeBuses: BridgeBuses? {
    guard headerLayout == .bridge || headerLayout == .cardBusBridge,
      let primary = self[.primaryBus], let secondary = self[.secondaryBus],
      let subordinate = self[.subordinateBus]
    else { return nil }
    return BridgeBuses(
      primary: UInt8(truncatingIfNeeded: primary), secondary: UInt8(truncatingIfNeeded: secondary),
      subordinate: UInt8(truncatingIfNeeded: subordinate))
  }
}
