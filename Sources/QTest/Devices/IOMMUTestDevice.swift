/// QEMU's `iommu-testdev` (1b36:0005): one DMA, checked by the device itself.
///
/// | offset | register |
/// |---|---|
/// | 0x00 | TRIGGER: a read runs the DMA and gives 0 |
/// | 0x04, 0x08 | IOVA, low and high |
/// | 0x0c | LEN in bytes |
/// | 0x10 | RESULT |
/// | 0x14 | DOORBELL: bit 0 arms or disarms |
/// | 0x18 | ATTRS: memory attributes of the DMA |
/// | 0x1c, 0x20 | physical address of the same bytes, low and high |
///
/// A trigger writes a pattern to the IOVA, reads it back at the physical address past the remapping
/// unit, and leaves in RESULT what became of it.
public final class IOMMUTestDevice: PCIDevice {
  private enum Register {
    static let trigger: UInt64 = 0x00
    static let iovaLow: UInt64 = 0x04
    static let iovaHigh: UInt64 = 0x08
    static let length: UInt64 = 0x0c
    static let result: UInt64 = 0x10
    static let doorbell: UInt64 = 0x14
    static let attributes: UInt64 = 0x18
    static let physicalLow: UInt64 = 0x1c
    static let physicalHigh: UInt64 = 0x20
  }

  private enum Result {
    static let idle: UInt32 = 0xffff_ffff
    static let armed: UInt32 = 0xffff_fffe
    static let done: UInt32 = 0
    static let badLength: UInt32 = 0xdead_0001
    static let writeFailed: UInt32 = 0xdead_0002
    static let readFailed: UInt32 = 0xdead_0003
    static let differs: UInt32 = 0xdead_0004
    static let notArmed: UInt32 = 0xdead_0005
    static let badAttributes: UInt32 = 0xdead_0006
  }

  /// The attributes of a DMA: bit 0 secure, bits 2:1 the address space, bit 3 whether they count.
  private struct Attributes {
    static let afterReset: UInt32 = 0x2
    let rawValue: UInt32

    /// Where both count, secure goes with space 0 and no other.
    var agree: Bool {
      let isSecure = rawValue & 1 != 0
      let space = rawValue >> 1 & 3
      return rawValue & 8 == 0 || space > 1 || isSecure == (space == 0)
    }
  }

  private static let pattern: UInt32 = 0x1234_5678
  /// Bytes that one trigger holds at once; longer transfers go in pieces.
  private static let pieceSize: UInt64 = 1 << 16

  private var iova: UInt64 = 0
  private var physical: UInt64 = 0
  private var length: UInt32 = 0
  private var result = Result.idle
  private var isArmed = false
  private var attributes = Attributes.afterReset

  /// A device after reset.
  public init() {}

  /// Vendor, device, class and regions of QEMU's `iommu-testdev`.
  public let layout = DeviceLayout(
    vendorID: 0x1b36, deviceID: 0x0005, regions: [.init(bar: 0, size: 4096)])

  /// What a read of the device's region gives.
  public func read(bar: Int, offset: UInt64, width: Int, port: DevicePort) -> UInt64 {
    switch offset {
    case Register.trigger:
      result = trigger(port)
      isArmed = false
      return 0
    case Register.iovaLow: return iova & 0xffff_ffff
    case Register.iovaHigh: return iova >> 32
    case Register.length: return UInt64(length)
    case Register.result: return UInt64(result)
    case Register.doorbell: return isArmed ? 1 : 0
    case Register.attributes: return UInt64(attributes)
    case Register.physicalLow: return physical & 0xffff_ffff
    case Register.physicalHigh: return physical >> 32
    default: return 0
    }
  }

  /// What a write to the device's region does.
  public func write(
    _ value: UInt64, bar: Int, offset: UInt64, width: Int, port: DevicePort
  ) {
    let word = UInt32(truncatingIfNeeded: value)
    switch offset {
    case Register.iovaLow: iova = iova & ~0xffff_ffff | UInt64(word)
    case Register.iovaHigh: iova = UInt64(word) << 32 | iova & 0xffff_ffff
    case Register.length: length = word
    case Register.result: result = word
    case Register.doorbell:
      isArmed = word & 1 != 0
      result = isArmed ? Result.armed : Result.idle
    case Register.attributes: attributes = word
    case Register.physicalLow: physical = physical & ~0xffff_ffff | UInt64(word)
    case Register.physicalHigh: physical = UInt64(word) << 32 | physical & 0xffff_ffff
    default: break
    }
  }

  /// The device is as after power-on.
  public func reset(port: DevicePort) {
    iova = 0
    physical = 0
    length = 0
    result = Result.idle
    isArmed = false
    attributes = Attributes.afterReset
  }

  private func trigger(_ port: DevicePort) -> UInt32 {
    guard isArmed else { return Result.notArmed }
    guard length > 0 else { return Result.badLength }
    guard Attributes(rawValue: attributes).agree else { return Result.badAttributes }
    let pieces = Self.pieces(of: UInt64(length))
    for piece in pieces {
      guard port.write(Self.bytes(of: piece), to: iova &+ piece.lowerBound) else {
        return Result.writeFailed
      }
    }
    var differs = false
    for piece in pieces {
      let address = physical &+ piece.lowerBound
      guard let bytes = port.readPhysical(address, count: piece.count) else {
        return Result.readFailed
      }
      differs = differs || bytes != Self.bytes(of: piece)
    }
    return differs ? Result.differs : Result.done
  }

  private static func pieces(of length: UInt64) -> [Range<UInt64>] {
    stride(from: 0, to: length, by: Int(pieceSize)).map { $0..<min($0 + pieceSize, length) }
  }

  /// The pattern over and over, little endian, from the start of the transfer.
  private static func bytes(of piece: Range<UInt64>) -> [UInt8] {
    piece.map { UInt8(truncatingIfNeeded: pattern >> UInt32($0 % 4 * 8)) }
  }
}
