import VTdFormats

/// A class code: base class in bits 23:16, subclass in 15:8, programming interface in 7:0.
public struct PCIClass: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32

  /// Bits above the 24 of a class code are cut.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue & 0xff_ffff
  }

  /// What kind of function: 0x02 network, 0x03 display, 0x06 bridge.
  public var base: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 16) }
  /// The kind within its base class.
  public var subclass: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }
  /// The programming interface.
  public var interface: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

  /// Base class and subclass, the number that `lspci -n` prints.
  public var baseAndSubclass: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 8) }

  /// Base class and subclass as four hex digits.
  public var description: String { hex(UInt64(baseAndSubclass), digits: 4) }

  /// A class of no kind, for a function of which nothing is known.
  public static let unassigned = PCIClass(rawValue: 0xff_0000)
  /// A PCI-to-PCI bridge that decodes what its windows say.
  public static let bridge = PCIClass(rawValue: 0x06_0400)

  /// A host bridge, 0600.
  public var isHostBridge: Bool { baseAndSubclass == 0x0600 }
  /// A PCI-to-PCI bridge, 0604.
  public var isBridge: Bool { baseAndSubclass == 0x0604 }
  /// A display controller of any kind, base class 03.
  public var isDisplay: Bool { base == 0x03 }

  /// What the class is called (PCI Code and ID Assignment Specification 1.11, chapter 1), or nil
  /// for one that this table does not have.
  public var name: String? {
    Self.subclassNames[baseAndSubclass] ?? Self.baseNames[base]
  }

  private static let baseNames: [UInt8: String] = [
    0x00: "Unclassified device", 0x01: "Mass storage controller", 0x02: "Network controller",
    0x03: "Display controller", 0x04: "Multimedia controller", 0x05: "Memory controller",
    0x06: "Bridge", 0x07: "Communication controller", 0x08: "System peripheral",
    0x09: "Input device controller", 0x0a: "Docking station", 0x0b: "Processor",
    0x0c: "Serial bus controller", 0x0d: "Wireless controller", 0x0e: "Intelligent controller",
    0x0f: "Satellite communications controller", 0x10: "Encryption controller",
    0x11: "Signal processing controller", 0x12: "Processing accelerator",
    0x13: "Non-essential instrumentation", 0x40: "Coprocessor", 0xff: "Unassigned class",
  ]

  private static let subclassNames: [UInt16: String] = [
    0x0001: "VGA compatible unclassified device", 0x0100: "SCSI controller",
    0x0101: "IDE interface", 0x0104: "RAID controller", 0x0106: "SATA controller",
    0x0107: "Serial attached SCSI controller", 0x0108: "Non-volatile memory controller",
    0x0200: "Ethernet controller", 0x0207: "Infiniband controller", 0x0208: "Fabric controller",
    0x0280: "Network controller", 0x0300: "VGA compatible controller", 0x0302: "3D controller",
    0x0380: "Display controller", 0x0401: "Multimedia audio controller",
    0x0403: "Audio device", 0x0480: "Multimedia controller", 0x0500: "RAM memory",
    0x0580: "Memory controller", 0x0600: "Host bridge", 0x0601: "ISA bridge",
    0x0604: "PCI bridge", 0x0607: "CardBus bridge", 0x0680: "Bridge",
    0x0700: "Serial controller", 0x0780: "Communication controller", 0x0800: "PIC",
    0x0801: "DMA controller", 0x0805: "SD Host controller",
    0x0806: "IOMMU", 0x0807: "Root Complex Event Collector", 0x0880: "System peripheral",
    0x0c00: "FireWire (IEEE 1394)", 0x0c03: "USB controller", 0x0c04: "Fibre Channel",
    0x0c05: "SMBus", 0x0d11: "Bluetooth", 0x0d80: "Wireless controller",
    0x1080: "Encryption controller", 0x1101: "Performance counters",
    0x1180: "Signal processing controller",
  ]
}
