import Synchronization
import VTdFormats
import VTdUnit

/// The unit's registers as QEMU lets software reach them: also two registers of 32 bits in one
/// access of 64, which the specification does not know (11.2).
struct UnitRegisters {
  /// For each aligned 64 bits, whether one register fills them (or a part of a wider one).
  private let isWhole: [Bool]

  /// QEMU's region ends with the fault record, not with the page.
  static func byteCount(_ configuration: UnitConfiguration) -> Int {
    configuration.registers.map { $0.offset + $0.width / 8 }.max() ?? 0
  }

  init(_ configuration: UnitConfiguration) {
    var isWhole = [Bool](repeating: false, count: (Self.byteCount(configuration) + 7) / 8)
    for register in configuration.registers where register.width >= 64 && register.offset % 8 == 0 {
      for index in register.offset / 8..<(register.offset + register.width / 8) / 8 {
        isWhole[index] = true
      }
    }
    self.isWhole = isWhole
  }

  private func isWhole(_ offset: Int) -> Bool {
    offset / 8 < isWhole.count && isWhole[offset / 8]
  }

  @inline(__always)
  func read(_ unit: RemappingUnit, _ offset: Int, width: Int) -> UInt64 {
    if width == 4 { return UInt64(unit.read32(offset)) }
    if isWhole(offset) { return unit.read64(offset) }
    return UInt64(unit.read32(offset + 4)) << 32 | UInt64(unit.read32(offset))
  }

  @inline(__always)
  func write(_ unit: RemappingUnit, _ value: UInt64, _ offset: Int, width: Int) {
    if width == 4 {
      unit.write32(UInt32(truncatingIfNeeded: value), at: offset)
    } else if isWhole(offset) {
      unit.write64(value, at: offset)
    } else {
      unit.write32(UInt32(truncatingIfNeeded: value), at: offset)
      unit.write32(UInt32(truncatingIfNeeded: value >> 32), at: offset + 4)
    }
  }
}

/// Messages of the unit until the machine delivers them.
///
/// The unit sends them inside the call that caused them, from any thread; the machine looks here
/// after each call.
final class MessageBox: Sendable {
  private let waiting = Mutex<[InterruptMessage]>([])

  func put(_ message: InterruptMessage) { waiting.withLock { $0.append(message) } }

  func take() -> InterruptMessage? {
    waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
