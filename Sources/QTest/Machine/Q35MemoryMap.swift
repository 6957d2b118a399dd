import PhysicalMemory
import VTdFormats

/// Where a Q35 machine has memory.
enum Q35MemoryMap {
  /// Display memory and, up to 1 MiB, what firmware would open; closed as after power-on.
  static let legacyHole: Range<UInt64> = 0xa_0000..<0x10_0000
  static let fourGibibytes: UInt64 = 1 << 32
  /// Below 4 GiB there is memory up to here at most ...
  private static let largestLow: UInt64 = 0xb000_0000
  /// ... and where there is more than that in all, only up to here.
  private static let lowOfLarge: UInt64 = 0x8000_0000

  static func size(reaching end: UInt64) -> UInt64 {
    if end > fourGibibytes { return lowOfLarge + (end - fourGibibytes) }
    return min(end, largestLow - (1 << 20))
  }

  static func ranges(of size: UInt64) -> [PhysicalMemory.Range] {
    let low = size >= largestLow ? lowOfLarge : size
    var parts: [Range<UInt64>] = [0..<min(low, legacyHole.lowerBound)]
    if low > legacyHole.upperBound { parts.append(legacyHole.upperBound..<low) }
    if size > low { parts.append(fourGibibytes..<fourGibibytes + (size - low)) }
    var ranges = parts.map {
      PhysicalMemory.Range(
        base: PhysicalAddress(rawValue: $0.lowerBound), size: UInt64($0.upperBound - $0.lowerBound))
    }
    // Where firmware is: it can be read, and is not memory for anybody who writes.
    if low > 0xc_0000 {
      ranges.append(
        .init(base: PhysicalAddress(rawValue: 0xc_0000), size: 0x4_0000, isReadOnly: true))
    }
    return ranges
  }
}

extension Q35Configuration {
  /// Whether there is memory, from the first of `count` bytes to the last.
  public func hasMemory(at address: UInt64, count: UInt64) -> Bool {
    Q35MemoryMap.ranges(of: memorySize).contains { range in
      !range.isReadOnly && address >= range.base.rawValue && count <= range.size
        && address - range.base.rawValue <= range.size - count
    }
  }

  /// First byte behind all memory.
  public var memoryEnd: UInt64 {
    Q35MemoryMap.ranges(of: memorySize).map { $0.base.rawValue + $0.size }.max() ?? 0
  }

  /// Bytes of memory in a machine whose memory reaches up to `end`, as far as it can: there is none
  /// between 2.75 GiB and 4 GiB.
  public static func memorySize(reaching end: UInt64) -> UInt64 {
    Q35MemoryMap.size(reaching: end)
  }
}

/// Something that answers at a range of memory addresses.
struct MappedRegion {
  enum Kind {
    /// Registers of the remapping unit.
    case unit
    case ioapic
    case localAPIC
    /// Configuration space by memory address (PCI Express Base Specification 5.0, 7.2.2).
    case enhancedConfiguration
    /// A region of the device in a slot.
    case device(slot: Int, bar: Int)
  }

  let kind: Kind
  let base: UInt64
  let size: UInt64
  /// Widths of single accesses.
  let widths: ClosedRange<Int>

  @inline(__always)
  func contains(_ address: UInt64) -> Bool { address &- base < size }
}
