internal import VTdFormats

/// The I/O APIC of the ICH9 (82093AA data sheet, version 0x20 with an EOI register): 24 lines, each
/// with an entry that says which message it becomes.
struct IOAPIC {
  static let base: UInt64 = 0xfec0_0000
  static let size: UInt64 = 0x1000

  private enum Offset {
    static let select: UInt64 = 0x00
    static let window: UInt64 = 0x10
    static let endOfInterrupt: UInt64 = 0x40
  }

  private enum Index {
    static let identification: UInt8 = 0
    static let version: UInt8 = 1
    static let arbitration: UInt8 = 2
    static let entries: UInt8 = 0x10
  }

  private enum Entry {
    static let vector: UInt64 = 0xff
    static let remoteIRR: UInt64 = 1 << 14
    static let levelTriggered: UInt64 = 1 << 15
    static let masked: UInt64 = 1 << 16
    /// Delivery status and remote IRR belong to the hardware.
    static let readOnly: UInt64 = 1 << 12 | remoteIRR
    static let deliveryModeShift: UInt64 = 8
    /// The destination's mode, or bit 15 of the index whose other bits are 63:49.
    static let destinationModeShift: UInt64 = 11
    static let indexShift: UInt64 = 49
    /// Bits 48 and up also carry the index of a remapped interrupt, whose format bit is 48.
    static let destinationShift: UInt64 = 56
    static let remappable: UInt64 = 1 << 48
  }

  private static let version: UInt32 = 0x0017_0020

  private(set) var lines = [Bool](repeating: false, count: 24)
  private var entries = [UInt64](repeating: Entry.masked, count: 24)
  private var pending: UInt32 = 0
  private var select: UInt8 = 0
  private var identification: UInt32 = 0

  /// A message to the processors.
  struct Message: Hashable {
    let address: UInt32
    let data: UInt32
  }

  mutating func reset() { self = IOAPIC() }

  func read(_ offset: UInt64) -> UInt32 {
    switch offset {
    case Offset.select: return UInt32(select)
    case Offset.window:
      switch select {
      case Index.identification, Index.arbitration: return identification << 24
      case Index.version: return Self.version
      default:
        guard let (line, shift) = entry else { return 0 }
        return UInt32(truncatingIfNeeded: entries[line] >> shift)
      }
    default: return 0
    }
  }

  /// Whether a message may be waiting now.
  mutating func write(_ value: UInt32, _ offset: UInt64) -> Bool {
    switch offset {
    case Offset.select: select = UInt8(truncatingIfNeeded: value)
    case Offset.window:
      if select == Index.identification { identification = value >> 24 & 0xf }
      guard let (line, shift) = entry else { return false }
      let half = UInt64(0xffff_ffff) << shift
      let old = entries[line]
      let new = old & ~half | UInt64(value) << shift
      entries[line] = new & ~Entry.readOnly | old & Entry.readOnly
      if entries[line] & Entry.levelTriggered == 0 { entries[line] &= ~Entry.remoteIRR }
      return true
    case Offset.endOfInterrupt:
      let vector = UInt64(value & 0xff)
      for line in entries.indices where entries[line] & Entry.vector == vector {
        entries[line] &= ~Entry.remoteIRR
      }
      return true
    default: break
    }
    return false
  }

  /// The entry that the window shows, and which half of it.
  private var entry: (line: Int, shift: UInt64)? {
    guard select >= Index.entries else { return nil }
    let line = Int(select - Index.entries) / 2
    return line < entries.count ? (line, select & 1 == 0 ? 0 : 32) : nil
  }

  mutating func drive(_ line: Int, _ level: Bool) {
    lines[line] = level
    // The timer's line 0 is wired to entry 2.
    let bit = UInt32(1) << UInt32(line == 0 ? 2 : line)
    let isLevel = entries[line == 0 ? 2 : line] & Entry.levelTriggered != 0
    if level {
      pending |= bit
    } else if isLevel {
      pending &= ~bit
    }
  }

  /// The next message that a pending, unmasked line becomes.
  mutating func takeMessage() -> Message? {
    for line in entries.indices where pending >> UInt32(line) & 1 != 0 {
      let entry = entries[line]
      guard entry & Entry.masked == 0 else { continue }
      if entry & Entry.levelTriggered != 0 {
        guard entry & Entry.remoteIRR == 0 else { continue }
        entries[line] |= Entry.remoteIRR
      } else {
        pending &= ~(1 << UInt32(line))
      }
      return Self.message(entry)
    }
    return nil
  }

  /// The entry as a write to the interrupt range (VT-d specification 5.1.5.1 for remappable ones).
  private static func message(_ entry: UInt64) -> Message {
    var data = InterruptMessageData(rawValue: 0)
    data[.vector] = entry & Entry.vector
    data[.deliveryMode] = entry >> Entry.deliveryModeShift
    data[flag: .triggerMode] = entry & Entry.levelTriggered != 0
    let modeOrIndexBit = entry >> Entry.destinationModeShift & 1
    if entry & Entry.remappable != 0 {
      let index = UInt16(truncatingIfNeeded: modeOrIndexBit << 15 | entry >> Entry.indexShift)
      return Message(address: RemappableAddress(handle: index).rawValue, data: data.rawValue)
    }
    data[flag: .level] = true
    var address = CompatibilityAddress()
    address[inPlace: .range] = UInt64.interruptRange.lowerBound
    address[.destination] = entry >> Entry.destinationShift
    address[flag: .destinationMode] = modeOrIndexBit != 0
    return Message(address: address.rawValue, data: data.rawValue)
  }
}
