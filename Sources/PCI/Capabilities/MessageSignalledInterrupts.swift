/// MSI (PCI 3.0, 6.8.1) and MSI-X (6.8.2): interrupts that are memory writes, which the remapping
/// unit sees as such.
extension ConfigurationField {
  static let msiEnable = ConfigurationField("MSI Enable", 0x02, 0..<1)
  static let msiCapable = ConfigurationField("Multiple Message Capable", 0x02, 1..<4)
  static let msiEnabledCount = ConfigurationField("Multiple Message Enable", 0x02, 4..<7)
  static let msi64 = ConfigurationField("64-bit Address Capable", 0x02, 7..<8)
  static let msiMaskable = ConfigurationField("Per-Vector Masking Capable", 0x02, 8..<9)
  static let msiAddress = ConfigurationField("Message Address", 0x04, 0..<32)
  static let msiUpperAddress = ConfigurationField("Message Upper Address", 0x08, 0..<32)
  static let msiData = ConfigurationField("Message Data", 0x08, 0..<16)
  static let msiDataAfterUpper = ConfigurationField("Message Data", 0x0c, 0..<16)

  static let msiXTableSize = ConfigurationField("Table Size", 0x02, 0..<11)
  static let msiXFunctionMask = ConfigurationField("Function Mask", 0x02, 14..<15)
  static let msiXEnable = ConfigurationField("MSI-X Enable", 0x02, 15..<16)
  static let msiXTableRegister = ConfigurationField("Table BIR", 0x04, 0..<3)
  static let msiXTableOffset = ConfigurationField("Table Offset", 0x04, 3..<32)
}

/// The MSI capability: one message, or several with consecutive data.
public struct MSI: Hashable, Sendable {
  /// Whether the device sends messages in the place of pins.
  public let isEnabled: Bool
  /// How many vectors the function can use: 1 to 32.
  public let vectors: Int
  /// How many it may use now.
  public let enabledVectors: Int
  /// Whether the address has 64 bits.
  public let is64Bit: Bool
  /// Whether each message can be held back.
  public let isMaskable: Bool
  /// Where the device writes.
  public let address: UInt64
  /// What it writes, for the first message.
  public let data: UInt16
}

/// The MSI-X capability: a table of messages in the device's memory.
public struct MSIX: Hashable, Sendable {
  /// Whether the device sends messages in the place of pins.
  public let isEnabled: Bool
  /// Whether all messages are held back.
  public let isMasked: Bool
  /// Entries of the table: 1 to 2,048.
  public let vectors: Int
  /// The base address register behind which the table lies, and where.
  public let tableRegister: UInt8
  /// Where the table begins in its region, in bytes.
  public let tableOffset: UInt32
}

extension ConfigurationSpace {
  /// The MSI capability; nil where the function has none or it could not be read.
  public var msi: MSI? {
    guard let base = capability(.msi)?.offset, let enabled = self[.msiEnable, at: base],
      let low = self[.msiAddress, at: base], let is64Bit = self[.msi64, at: base].map({ $0 == 1 }),
      let capable = self[.msiCapable, at: base], let count = self[.msiEnabledCount, at: base],
      let data = self[is64Bit ? .msiDataAfterUpper : .msiData, at: base]
    else { return nil }
    let high = is64Bit ? self[.msiUpperAddress, at: base] ?? 0 : 0
    return MSI(
      isEnabled: enabled == 1,
      // 6 and 7 are reserved encodings; no more than 32 messages exist.
      vectors: 1 << min(Int(capable), 5), enabledVectors: 1 << min(Int(count), 5),
      is64Bit: is64Bit, isMaskable: self[.msiMaskable, at: base] == 1,
      address: UInt64(high) << 32 | UInt64(low), data: UInt16(truncatingIfNeeded: data))
  }

  /// The MSI-X capability; nil where the function has none or it could not be read.
  public var msiX: MSIX? {
    guard let base = capability(.msiX)?.offset, let enabled = self[.msiXEnable, at: base],
      let size = self[.msiXTableSize, at: base], let register = self[.msiXTableRegister, at: base],
      let offset = self[.msiXTableOffset, at: base]
    else { return nil }
    return MSIX(
      isEnabled: enabled == 1, isMasked: self[.msiXFunctionMask, at: base] == 1,
      vectors: Int(size) + 1, tableRegister: UInt8(truncatingIfNeeded: register),
      tableOffset: offset << 3)
  }
}
