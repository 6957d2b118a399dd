public import PCI

/// What configuration space says of a device.
public struct DeviceLayout: Sendable {
  /// A memory region behind a BAR.
  public struct Region: Sendable {
    /// Which of the six BARs.
    public let bar: Int
    /// Bytes, a power of 2, 16 or more.
    public let size: UInt64
    /// Widths of an access that the device takes, in bytes; narrower ones read 0 and write nothing,
    /// wider ones are split.
    public let widths: ClosedRange<Int>

    /// A region of `size` bytes that takes accesses of these widths, in bytes.
    public init(bar: Int, size: UInt64, widths: ClosedRange<Int> = 4...4) {
      self.bar = bar
      self.size = size
      self.widths = widths
    }
  }

  /// Who made the device.
  public let vendorID: UInt16
  /// Which device it is.
  public let deviceID: UInt16
  /// Base class, subclass, programming interface.
  public let classCode: UInt32
  /// Its revision.
  public let revision: UInt8
  /// The regions that it answers at.
  public let regions: [Region]
  /// Whether it has an MSI capability (one message, 64-bit address).
  public let hasMSI: Bool
  /// 1 to 4 for INTA# to INTD#; 0 for none.
  public let interruptPin: UInt8

  /// What configuration space says of a device.
  public init(
    vendorID: UInt16, deviceID: UInt16, classCode: UInt32 = PCIClass.unassigned.rawValue,
    revision: UInt8 = 0,
    regions: [Region], hasMSI: Bool = false, interruptPin: UInt8 = 0
  ) {
    self.vendorID = vendorID
    self.deviceID = deviceID
    self.classCode = classCode
    self.revision = revision
    self.regions = regions
    self.hasMSI = hasMSI
    self.interruptPin = interruptPin
  }
}
