public import VTdFormats

/// What the CPU or a device does to the hardware, as another machine could repeat it.
public enum HardwareAccess: Hashable, Sendable {
  /// Bytes from this address on.
  case writeMemory(PhysicalAddress, [UInt8])
  /// The CPU read bytes of memory.
  case readMemory(PhysicalAddress, count: Int)
  /// The CPU wrote a register of a unit, 32 or 64 bits.
  case writeRegister(unit: String, offset: Int, value: UInt64, isWide: Bool)
  /// The CPU read a register of a unit, 32 or 64 bits.
  case readRegister(unit: String, offset: Int, isWide: Bool)
  /// A DMA, and where in memory the bytes went that it says it writes.
  case dma(DeviceDMA, landed: [Piece])
  /// A device asked for a page.
  case pageRequest
  /// A unit was reset.
  case resetUnit(String)
  /// Microseconds.
  case wait(UInt64)

  /// Bytes in memory.
  public struct Piece: Hashable, Sendable {
    /// Where it landed.
    public let address: PhysicalAddress
    /// What was written.
    public let bytes: [UInt8]
  }
}
