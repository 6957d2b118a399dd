/// Configuration space of one function with what software may change in it.
///
/// The rules of every function (PCI Local Bus Specification 3.0, 6.1 and 6.2): COMMAND, cache line
/// and interrupt line are writable, a BAR keeps the bits above its size, everything from 0x40 on
/// that no capability describes is scratch, as it is in QEMU.
public struct FunctionConfiguration: Sendable {
  /// One BAR.
  struct Region: Sendable {
    let bar: Int
    /// Bytes; a power of 2.
    let size: UInt64
    /// The low bits that say what kind it is: 1 I/O, 8 prefetchable.
    var kind: UInt32 = 0
  }

  private(set) var bytes = [UInt8](repeating: 0, count: 256)
  private var writable = [UInt8](repeating: 0, count: 256)
  private let initial: [UInt8]
  let regions: [Region]
  /// Where the MSI capability is; nil if there is none.
  let msiOffset: Int?

  enum Offset {
    static let command = 0x04
    static let bars = 0x10
    static let rom = 0x30
    static let capabilities = 0x34
    static let interruptLine = 0x3c
    static let header = 0x40
  }

  private enum CommandBits {
    static let memory: UInt8 = 1 << 1
    static let busMaster: UInt8 = 1 << 2
    /// I/O, memory, bus master; SERR# and interrupt disable in the upper byte.
    static let writable: [UInt8] = [0x07, 0x05]
  }

  /// The MSI capability with a 64-bit address (PCI Local Bus Specification 3.0, 6.8.1).
  private enum MSI {
    static let identifier: UInt8 = 0x05
    static let control = 2
    static let control64Bit: UInt8 = 0x80
    static let enable: UInt8 = 0x01
    static let address = 4
    static let upperAddress = 8
    static let data = 12
  }

  /// - Parameters:
  ///   - words: the first bytes by offset: header fields and capabilities that differ from zero.
  ///   - masks: what is writable where that is not all, from 0x40 on.
  init(
    words: [(offset: Int, value: UInt32)], regions: [Region] = [], romSize: UInt32 = 0,
    msiOffset: Int? = nil, masks: [(offset: Int, value: UInt32)] = []
  ) {
    self.regions = regions
    self.msiOffset = msiOffset
    var bytes = [UInt8](repeating: 0, count: 256)
    var writable = bytes
    for index in Offset.header..<256 { writable[index] = 0xff }
    for (offset, mask) in masks { Self.put(mask, in: &writable, at: offset) }
    writable.replaceSubrange(Offset.command..<Offset.command + 2, with: CommandBits.writable)
    writable[0x0c] = 0xff
    writable[Offset.interruptLine] = 0xff
    for (offset, value) in words { Self.put(value, in: &bytes, at: offset) }
    for region in regions {
      let offset = Offset.bars + 4 * region.bar
      Self.put(region.kind, in: &bytes, at: offset)
      Self.put(~UInt32(truncatingIfNeeded: region.size - 1), in: &writable, at: offset)
    }
    if romSize > 0 { Self.put(~(romSize - 1) | 1, in: &writable, at: Offset.rom) }
    if let msiOffset {
      writable[msiOffset] = 0
      writable[msiOffset + 1] = 0
      writable[msiOffset + MSI.control] = MSI.enable
      writable[msiOffset + MSI.control + 1] = 0
      writable[msiOffset + MSI.address] = 0xfc
    }
    self.bytes = bytes
    self.writable = writable
    initial = bytes
  }

  /// The space of a device that a user wrote.
  init(_ layout: DeviceLayout) {
    let subsystem: UInt32 = 0x1100_1af4
    var words: [(Int, UInt32)] = [
      (0x00, UInt32(layout.deviceID) << 16 | UInt32(layout.vendorID)),
      (0x08, layout.classCode << 8 | UInt32(layout.revision)), (0x2c, subsystem),
      (Offset.interruptLine, UInt32(layout.interruptPin) << 8),
    ]
    if layout.hasMSI {
      words.append((Offset.command, 0x0010_0000))
      words.append((Offset.capabilities, UInt32(Offset.header)))
      words.append(
        (Offset.header, UInt32(MSI.control64Bit) << 16 | UInt32(MSI.identifier)))
    }
    self.init(
      words: words, regions: layout.regions.map { Region(bar: $0.bar, size: $0.size) },
      msiOffset: layout.hasMSI ? Offset.header : nil)
  }

  mutating func reset() { bytes = initial }

  /// `width` bytes; ones where there is nothing.
  func read(_ offset: Int, width: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<width {
      let byte = offset + index < bytes.count ? bytes[offset + index] : 0xff
      value |= UInt32(byte) << UInt32(8 * index)
    }
    return value
  }

  /// Writes what is writable of `width` bytes.
  mutating func write(_ value: UInt32, _ offset: Int, width: Int) {
    for index in 0..<width where offset + index < bytes.count {
      let mask = writable[offset + index]
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
      bytes[offset + index] = bytes[offset + index] & ~mask | byte & mask
    }
  }

  private static func put(_ value: UInt32, in bytes: inout [UInt8], at offset: Int) {
    for index in 0..<4 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
    }
  }

  var isBusMaster: Bool { bytes[Offset.command] & CommandBits.busMaster != 0 }

  /// Where a memory region is mapped; nil where memory decoding is off, or where the address is 0
  /// or reaches the end of the 32 bits.
  func base(of region: Region) -> UInt64? {
    guard bytes[Offset.command] & CommandBits.memory != 0, region.kind & 1 == 0 else { return nil }
    let address = UInt64(read(Offset.bars + 4 * region.bar, width: 4)) & ~(region.size - 1)
    guard address != 0, address + region.size - 1 < UInt64(UInt32.max) else { return nil }
    return address
  }

  /// Whether the MSI capability is there and enabled.
  public var isMSIEnabled: Bool {
    msiOffset.map { bytes[$0 + MSI.control] & MSI.enable != 0 } ?? false
  }

  /// Where the MSI message goes, and what it says.
  var message: (address: UInt64, data: UInt32)? {
    guard isMSIEnabled, let offset = msiOffset else { return nil }
    let low = UInt64(read(offset + MSI.address, width: 4))
    let high = UInt64(read(offset + MSI.upperAddress, width: 4))
    return (high << 32 | low, read(offset + MSI.data, width: 2))
  }
}
