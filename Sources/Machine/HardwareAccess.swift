public import VTdFormats

/// What the CPU or a device does to the hardware, as another machine could repeat it.
public enum HardwareAccess: Hashable, Sendable {
  /// Bytes from this address on.
  case writeMemory(PhysicalAddress, [UInt8])
  case readMemory(PhysicalAddress, count: Int)
  case writeRegister(unit: String, offset: Int, value: UInt64, isWide: Bool)
  case readRegister(unit: String, offset: Int, isWide: Bool)
  /// A DMA, and where in memory the bytes went that it says it writes.
  case dma(DeviceDMA, landed: [Piece])
  case pageRequest
  case resetUnit(String)
  /// Microseconds.
  case wait(UInt64)

  /// Bytes in memory.
  public struct Piece: Hashable, Sendable {
    public let address: PhysicalAddress
    public let bytes: [UInt8]
  }
}
