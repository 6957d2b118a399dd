import VTdFormats

/// The registers' bits: value, what software may write, what a written 1 clears.
///
/// It knows widths and masks, and nothing of what a register does. Software and hardware write
/// through different functions: ``write(_:at:width:)`` obeys the masks, the subscripts do not.
struct RegisterFile {
  /// Every register, by offset.
  let table: [RegisterDescription]
  private var values: [UInt32]
  private let writeMasks: [UInt32]
  private let clearMasks: [UInt32]
  /// For each 32-bit word the row of `table` it belongs to, or -1.
  private let rows: [Int16]

  init(_ configuration: UnitConfiguration) {
    table = configuration.registers
    let end = table.map { $0.offset + $0.width / 8 }.max() ?? 0
    let words = (end + 4095) / 4096 * 1024
    var writeMasks = [UInt32](repeating: 0, count: words)
    var clearMasks = writeMasks
    var rows = [Int16](repeating: -1, count: words)
    for (row, register) in table.enumerated() {
      for word in 0..<register.width / 32 {
        let index = register.offset / 4 + word
        let shift = UInt64(word % 2 * 32)
        writeMasks[index] = UInt32(truncatingIfNeeded: register.writeMask[word / 2] >> shift)
        clearMasks[index] =
          UInt32(truncatingIfNeeded: register.writeOneToClearMask[word / 2] >> shift)
        rows[index] = Int16(row)
      }
    }
    values = [UInt32](repeating: 0, count: words)
    self.writeMasks = writeMasks
    self.clearMasks = clearMasks
    self.rows = rows
    reset(configuration)
  }

  /// Every register at its reset value.
  mutating func reset(_ configuration: UnitConfiguration) {
    for index in values.indices { values[index] = 0 }
    for register in table where register.reset != 0 {
      self[quad: register.offset, width: register.width] = register.reset
    }
    self[RegisterOffset.ver] = configuration.version.rawValue
    self[quad: RegisterOffset.cap] = configuration.capability.rawValue
    self[quad: RegisterOffset.ecap] = configuration.extendedCapability.rawValue
  }

  /// Bytes of the region, a multiple of 4 KiB.
  var byteCount: Int { values.count * 4 }

  /// The register that an access of `width` bits at `offset` reaches; nil if there is none, or if
  /// the access is not one that the specification allows (11.2): aligned, 32 bits, or 64 bits of a
  /// register that is at least as wide.
  func register(at offset: Int, width: Int) -> RegisterDescription? {
    guard offset >= 0, offset % (width / 8) == 0, offset / 4 < rows.count else { return nil }
    let row = rows[offset / 4]
    guard row >= 0 else { return nil }
    let register = table[Int(row)]
    return register.width >= width ? register : nil
  }

  /// 32 bits, as hardware sees them.
  subscript(offset: Int) -> UInt32 {
    get { values[offset / 4] }
    set { values[offset / 4] = newValue }
  }

  /// 64 bits, as hardware sees them; the lower 32 of a register that is no wider.
  subscript(quad offset: Int, width width: Int = 64) -> UInt64 {
    get { UInt64(self[offset]) | (width > 32 ? UInt64(self[offset + 4]) << 32 : 0) }
    set {
      self[offset] = UInt32(truncatingIfNeeded: newValue)
      if width > 32 { self[offset + 4] = UInt32(truncatingIfNeeded: newValue >> 32) }
    }
  }

  /// A register of 32 bits as its fields.
  subscript<Image: RegisterImage>(image offset: Int) -> Image where Image.RawValue == UInt32 {
    get { Image(rawValue: self[offset]) }
    set { self[offset] = newValue.rawValue }
  }

  /// A register of 64 bits as its fields.
  subscript<Image: RegisterImage>(image offset: Int) -> Image where Image.RawValue == UInt64 {
    get { Image(rawValue: self[quad: offset]) }
    set { self[quad: offset] = newValue.rawValue }
  }

  /// A fault record, whose first byte is at `offset`.
  subscript(record offset: Int) -> FaultRecord {
    get { FaultRecord(low: self[quad: offset], high: self[quad: offset + 8]) }
    set {
      self[quad: offset] = newValue.low
      self[quad: offset + 8] = newValue.high
    }
  }

  /// A write by software: replaces what is writable, clears what a 1 clears, leaves the rest.
  mutating func write(_ value: UInt64, at offset: Int, width: Int) {
    for word in 0..<width / 32 {
      let index = offset / 4 + word
      let part = UInt32(truncatingIfNeeded: value >> UInt64(word * 32))
      values[index] =
        ((values[index] & ~writeMasks[index]) | (part & writeMasks[index]))
        & ~(part & clearMasks[index])
    }
  }
}
