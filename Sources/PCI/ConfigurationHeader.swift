/// The first 64 bytes of configuration space (PCI Local Bus Specification 3.0, 6.1; PCI-to-PCI
/// Bridge Architecture 1.2, 3.2; PC Card Standard 8.0 for CardBus bridges).
extension ConfigurationField {
  // Every function.
  /// Who made the function.
  public static let vendorID = ConfigurationField("Vendor ID", 0x00, 0..<16)
  /// Which of the vendor's functions it is.
  public static let deviceID = ConfigurationField("Device ID", 0x02, 0..<16)
  /// It answers in I/O space.
  public static let ioSpaceEnable = ConfigurationField("I/O Space Enable", 0x04, 0..<1)
  /// It answers in memory space.
  public static let memorySpaceEnable = ConfigurationField("Memory Space Enable", 0x04, 1..<2)
  /// It may send requests: without it no DMA and no message leaves the function.
  public static let busMasterEnable = ConfigurationField("Bus Master Enable", 0x04, 2..<3)
  /// It does not assert its interrupt pin.
  public static let interruptDisable = ConfigurationField("Interrupt Disable", 0x04, 10..<11)
  /// The command register.
  public static let command = ConfigurationField("Command", 0x04, 0..<16)
  /// It has a list of capabilities.
  public static let capabilitiesList = ConfigurationField("Capabilities List", 0x06, 4..<5)
  /// The status register.
  public static let status = ConfigurationField("Status", 0x06, 0..<16)
  /// The revision of the device.
  public static let revisionID = ConfigurationField("Revision ID", 0x08, 0..<8)
  /// Base class, subclass and programming interface.
  public static let classCode = ConfigurationField("Class Code", 0x08, 8..<32)
  /// Which of the three header layouts follows.
  public static let headerLayout = ConfigurationField("Header Layout", 0x0e, 0..<7)
  /// The device has further functions.
  public static let multiFunction = ConfigurationField("Multi-Function Device", 0x0e, 7..<8)

  // Header layout 0: devices.
  /// Who built the board.
  public static let subsystemVendorID = ConfigurationField("Subsystem Vendor ID", 0x2c, 0..<16)
  /// Which of that vendor's boards it is.
  public static let subsystemID = ConfigurationField("Subsystem ID", 0x2e, 0..<16)

  // Header layouts 1 (PCI-to-PCI) and 2 (CardBus): the three bus numbers share their places.
  /// The bus that a bridge stands on.
  public static let primaryBus = ConfigurationField("Primary Bus Number", 0x18, 0..<8)
  /// The bus right behind a bridge.
  public static let secondaryBus = ConfigurationField("Secondary Bus Number", 0x19, 0..<8)
  /// The last bus behind a bridge.
  public static let subordinateBus = ConfigurationField("Subordinate Bus Number", 0x1a, 0..<8)

  // Header layouts 0 and 1, then 2.
  /// Where the list of capabilities begins.
  public static let capabilitiesPointer = ConfigurationField("Capabilities Pointer", 0x34, 0..<8)
  /// Where the list of capabilities of a CardBus bridge begins.
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

  /// The three numbers of a bridge.
  public init(primary: UInt8, secondary: UInt8, subordinate: UInt8) {
    self.primary = primary
    self.secondary = secondary
    self.subordinate = subordinate
  }

  /// Whether `number` is below the bridge.
  public func contains(_ number: UInt8) -> Bool { number >= secondary && number <= subordinate }
}

extension ConfigurationSpace {
  /// Who made the function; nil where it could not be read.
  public var vendorID: UInt16? { self[.vendorID].map { UInt16(truncatingIfNeeded: $0) } }
  /// Which of the vendor's functions it is; nil where it could not be read.
  public var deviceID: UInt16? { self[.deviceID].map { UInt16(truncatingIfNeeded: $0) } }
  /// Base class, subclass and programming interface.
  public var classCode: PCIClass? { self[.classCode].map { PCIClass(rawValue: $0) } }
  /// The command register; nil where it could not be read.
  public var command: UInt16? { self[.command].map { UInt16(truncatingIfNeeded: $0) } }
  /// The status register; nil where it could not be read.
  public var status: UInt16? { self[.status].map { UInt16(truncatingIfNeeded: $0) } }

  /// Whether the function may start transactions of its own, DMA and MSI alike.
  public var busMasterEnabled: Bool? { self[.busMasterEnable].map { $0 != 0 } }

  /// Whether the device has more functions than this one. Only function 0 has to say so.
  public var isMultiFunction: Bool? { self[.multiFunction].map { $0 != 0 } }

  /// The layout of the header; nil where it could not be read or is another one than these three.
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
