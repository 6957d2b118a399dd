internal import LinuxIOMMU
internal import VTdUnit

/// A unit's registers as a bus port.
final class RegisterPort: UnitPort {
  private let name: String
  private let unit: RemappingUnit
  private let tap: AccessTap
  /// Where nothing answers, the bus gives all ones.
  var answers: Bool

  init(_ unit: RemappingUnit, named name: String, tap: AccessTap, answers: Bool) {
    self.name = name
    self.unit = unit
    self.tap = tap
    self.answers = answers
  }

  func read32(at offset: Int) -> UInt32 {
    tap.begin(.readRegister(unit: name, offset: offset, isWide: false))
    let value = answers ? unit.read32(offset) : .max
    tap.end(UInt64(value))
    return value
  }

  func read64(at offset: Int) -> UInt64 {
    tap.begin(.readRegister(unit: name, offset: offset, isWide: true))
    let value = answers ? unit.read64(offset) : .max
    tap.end(value)
    return value
  }

  func write32(_ value: UInt32, at offset: Int) {
    tap.begin(.writeRegister(unit: name, offset: offset, value: UInt64(value), isWide: false))
    if answers { unit.write32(value, at: offset) }
    tap.end()
  }

  func write64(_ value: UInt64, at offset: Int) {
    tap.begin(.writeRegister(unit: name, offset: offset, value: value, isWide: true))
    if answers { unit.write64(value, at: offset) }
    tap.end()
  }
}
