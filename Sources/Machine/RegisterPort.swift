internal import LinuxIOMMU
internal import VTdUnit

/// A unit's registers as a bus port.
final class RegisterPort: UnitPort {
  private let name: String
  private let unit: RemappingUnit
  private let tap: AccessTap

  init(_ unit: Machine.Unit, tap: AccessTap) {
    name = unit.name
    self.unit = unit.hardware
    self.tap = tap
  }

  func read32(at offset: Int) -> UInt32 {
    tap.hear(.readRegister(unit: name, offset: offset, isWide: false))
    return unit.read32(offset)
  }

  func read64(at offset: Int) -> UInt64 {
    tap.hear(.readRegister(unit: name, offset: offset, isWide: true))
    return unit.read64(offset)
  }

  func write32(_ value: UInt32, at offset: Int) {
    tap.hear(.writeRegister(unit: name, offset: offset, value: UInt64(value), isWide: false))
    unit.write32(value, at: offset)
  }

  func write64(_ value: UInt64, at offset: Int) {
    tap.hear(.writeRegister(unit: name, offset: offset, value: value, isWide: true))
    unit.write64(value, at: offset)
  }
}
