import Synchronization
import VTdFormats
import VTdUnit

/// The unit's registers as QEMU lets software reach them: also two registers of 32 bits in one
/// access of 64, which the specification does not know (11.2), and with the bits of QEMU's
/// registers where those are not the specification's.
struct UnitRegisterPort {
  /// For each aligned 64 bits, whether one register fills them (or a part of a wider one).
  private let isWhole: [Bool]
  private let isQEMU: Bool
  /// IQA reads as it was when the queue was switched on.
  private var queueBase: UInt64 = 0
  /// The upper half of IEDATA, which QEMU keeps and the specification reserves.
  private var completionDataHigh: UInt32 = 0
  /// Hears what the unit itself is asked.
  var observer: (any MachineObserver)?

  /// QEMU's region ends with the fault record, not with the page.
  static func byteCount(_ configuration: UnitConfiguration) -> Int {
    configuration.registers.map { $0.offset + $0.width / 8 }.max() ?? 0
  }

  init(_ configuration: UnitConfiguration, isQEMU: Bool) {
    self.isQEMU = isQEMU
    var isWhole = [Bool](repeating: false, count: (Self.byteCount(configuration) + 7) / 8)
    for register in configuration.registers where register.width >= 64 && register.offset % 8 == 0 {
      for index in register.offset / 8..<(register.offset + register.width / 8) / 8 {
        isWhole[index] = true
      }
    }
    self.isWhole = isWhole
  }

  mutating func reset() {
    queueBase = 0
    completionDataHigh = 0
  }

  private func isWhole(_ offset: Int) -> Bool {
    offset / 8 < isWhole.count && isWhole[offset / 8]
  }

  @inline(__always)
  func read(_ unit: RemappingUnit, _ offset: Int, width: Int) -> UInt64 {
    if width == 4 { return UInt64(read32(unit, offset)) }
    if isWhole(offset), !(isQEMU && Self.readsDiffer(offset)) {
      let value = unit.read64(offset)
      observer?.registerRead(value, at: offset, width: 8)
      return value
    }
    return UInt64(read32(unit, offset + 4)) << 32 | UInt64(read32(unit, offset))
  }

  mutating func write(_ unit: RemappingUnit, _ value: UInt64, _ offset: Int, width: Int) {
    if width == 4 {
      write32(unit, UInt32(truncatingIfNeeded: value), offset)
    } else if isWhole(offset) {
      observer?.registerWritten(value, at: offset, width: 8)
      unit.write64(value, at: offset)
    } else {
      write32(unit, UInt32(truncatingIfNeeded: value), offset)
      write32(unit, UInt32(truncatingIfNeeded: value >> 32), offset + 4)
    }
  }

  // MARK: QEMU's own bits

  private static func readsDiffer(_ offset: Int) -> Bool {
    offset == RegisterOffset.ccmd || offset == RegisterOffset.iqa
  }

  /// SID and FM of CCMD, which cannot be read back.
  private static let lostOfCommand =
    BitField<ContextCommand>.sourceID.mask | BitField<ContextCommand>.functionMask.mask

  private func read32(_ unit: RemappingUnit, _ offset: Int) -> UInt32 {
    let value = unit.read32(offset)
    observer?.registerRead(UInt64(value), at: offset, width: 4)
    guard isQEMU else { return value }
    switch offset {
    case RegisterOffset.ccmd: return value & ~UInt32(truncatingIfNeeded: Self.lostOfCommand)
    case RegisterOffset.ccmd + 4:
      return value & ~UInt32(truncatingIfNeeded: Self.lostOfCommand >> 32)
    case RegisterOffset.iqa: return UInt32(truncatingIfNeeded: queueBase) | value & 0xfff
    case RegisterOffset.iqa + 4: return UInt32(truncatingIfNeeded: queueBase >> 32)
    case RegisterOffset.iedata: return value | completionDataHigh
    default: return value
    }
  }

  private mutating func write32(_ unit: RemappingUnit, _ value: UInt32, _ offset: Int) {
    guard isQEMU else { return put(unit, value, offset) }
    switch offset {
    // Message addresses have 32 bits, whatever ECAP.EIM says.
    case RegisterOffset.feuaddr, RegisterOffset.ieuaddr: break
    case RegisterOffset.iedata:
      completionDataHigh = value & 0xffff_0000
      put(unit, value, offset)
    case RegisterOffset.gcmd:
      let wasOn = isQueueOn(unit)
      put(unit, value, offset)
      if !wasOn && isQueueOn(unit) { queueBase = unit.read64(RegisterOffset.iqa).pageStart }
    default: put(unit, value, offset)
    }
  }

  private func put(_ unit: RemappingUnit, _ value: UInt32, _ offset: Int) {
    observer?.registerWritten(UInt64(value), at: offset, width: 4)
    unit.write32(value, at: offset)
  }

  private func isQueueOn(_ unit: RemappingUnit) -> Bool {
    GlobalStatus(rawValue: unit.read32(RegisterOffset.gsts))[flag: .queuedInvalidation]
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
