internal import VTdFormats
import VTdUnit
import Wording

/// A register as it was read; printing it reads as `dmar decode` does.
public struct LabRegister: Hashable, Sendable, CustomStringConvertible {
  /// The specification's name, without `_REG`.
  public let name: String
  /// Byte offset from the unit's register base.
  public let offset: Int
  /// 32 or 64 bits.
  public let width: Int
  /// What was read, from bit 0 on.
  public let value: UInt64

  public var description: String {
    let text = "\(name) 0x\(hex(value, digits: width / 4))"
    guard let layout = Layouts.all.first(where: { $0.kind == name.lowercased() }) else {
      return text
    }
    return DecodedValue(
      name: name, bitWidth: width, words: [value], fields: layout.decode([value])
    ).lines.joined(separator: "\n")
  }
}

// Registers by name, so that nothing is written that the register would not take.
extension Lab {
  /// A register of the unit, by the specification's name: `GSTS`, `FSTS`, `CAP`.
  ///
  /// - Throws: ``LabError/register(_:known:)``.
  public func read(_ name: String) throws(LabError) -> LabRegister {
    let row = try register(name)
    let value = row.width == 32 ? UInt64(unit.read32(row.offset)) : unit.read64(row.offset)
    return LabRegister(name: row.name, offset: row.offset, width: row.width, value: value)
  }

  /// Writes a register, with one access of its own width.
  ///
  /// - Throws: ``LabError`` where there is no such register or the value does not fit. What the
  ///   register's fields do with the value is the unit's matter.
  public func write(_ name: String, _ value: UInt64) throws(LabError) {
    let row = try register(name)
    if row.access == .readOnly {
      throw .unit("\(row.name) is read only; \(Self.hint(row.name))")
    }
    if row.width == 32 {
      guard let word = UInt32(exactly: value) else {
        throw .wide(register: row.name, bits: row.width)
      }
      unit.write32(word, at: row.offset)
    } else {
      unit.write64(value, at: row.offset)
    }
  }

  private static func hint(_ name: String) -> String {
    name == "GSTS" ? "commands are written to GCMD" : "it shows what the unit is or does"
  }

  private func register(_ name: String) throws(LabError) -> RegisterDescription {
    let all = preset.unit.registers.filter { $0.width <= 64 }
    let wanted = name.uppercased()
    guard let row = all.first(where: { $0.name.uppercased() == wanted }) else {
      throw .register(name, known: all.map(\.name))
    }
    return row
  }
}
