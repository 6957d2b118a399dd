import VTdFormats

/// The registers' bits: value, what software may write, what a written 1 clears.
///
/// It knows widths and masks, and nothing of what a register does. Software and hardware write
/// through different functions: ``write(_:at:width:)`` obeys the masks, the subscripts do not.
///
/// It owns its words by pointer, for an array would be asked at each access whether it is shared:
/// whoever made it calls ``deallocate()``. Offsets that hardware uses lie within the region.
struct RegisterFile: @unchecked Sendable {
  /// Every register, by offset.
  let table: [RegisterDescription]
  /// The region's 32-bit words.
  private let words: UnsafeMutablePointer<Word>
  private let count: Int

  fileprivate struct Word {
    var value: UInt32 = 0
    var writeMask: UInt32 = 0
    var clearMask: UInt32 = 0
    var site: RegisterSite?
  }

  init(_ configuration: UnitConfiguration) {
    table = configuration.registers
    let end = table.map { $0.offset + $0.width / 8 }.max() ?? 0
    count = (end + 4095) / 4096 * 1024
    words = .allocate(capacity: count)
    words.initialize(repeating: Word(), count: count)
    for (row, register) in table.enumerated() {
      for word in 0..<register.width / 32 {
        let shift = UInt64(word % 2 * 32)
        words[register.offset / 4 + word] = Word(
          writeMask: UInt32(truncatingIfNeeded: register.writeMask[word / 2] >> shift),
          clearMask: UInt32(truncatingIfNeeded: register.writeOneToClearMask[word / 2] >> shift),
          site: RegisterSite(register, row: row))
      }
    }
    reset(configuration)
  }

  func deallocate() { words.deallocate() }

  /// Every register at its reset value.
  mutating func reset(_ configuration: UnitConfiguration) {
    for index in 0..<count { words[index].value = 0 }
    for register in table where register.reset != 0 {
      self[quad: register.offset, width: register.width] = register.reset
    }
    self[RegisterOffset.ver] = configuration.version.rawValue
    self[quad: RegisterOffset.cap] = configuration.capability.rawValue
    self[quad: RegisterOffset.ecap] = configuration.extendedCapability.rawValue
  }

  /// Bytes of the region, a multiple of 4 KiB.
  var byteCount: Int { count * 4 }

  /// The register that an access of `width` bits at `offset` reaches; nil if there is none, or if
  /// the access is not one that the specification allows (11.2): aligned, 32 bits, or 64 bits of a
  /// register that is at least as wide.
  @inline(__always)
  func register(at offset: Int, width: Int) -> RegisterSite? {
    guard offset >= 0, offset & (width &>> 3 &- 1) == 0, offset &>> 2 < count,
      let site = words[offset &>> 2].site, Int(site.width) >= width
    else { return nil }
    return site
  }

  /// 32 bits, as hardware sees them.
  subscript(offset: Int) -> UInt32 {
    get { words[offset &>> 2].value }
    set { words[offset &>> 2].value = newValue }
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
  @inline(__always)
  mutating func write(_ value: UInt64, at offset: Int, width: Int) {
    words[offset &>> 2].write(UInt32(truncatingIfNeeded: value))
    if width > 32 { words[offset &>> 2 &+ 1].write(UInt32(truncatingIfNeeded: value >> 32)) }
  }
}

extension RegisterFile.Word {
  @inline(__always)
  fileprivate mutating func write(_ part: UInt32) {
    value = ((value & ~writeMask) | (part & writeMask)) & ~(part & clearMask)
  }
}

/// What an access needs to know of the register that it reaches. Trivial, unlike the description,
/// which every access would otherwise copy.
struct RegisterSite {
  /// The row of ``RegisterFile/table``.
  let row: Int16
  let width: Int16
  private let place: Int32
  let isWriteOnly: Bool

  var offset: Int { Int(place) }

  init(_ register: RegisterDescription, row: Int) {
    self.row = Int16(row)
    width = Int16(register.width)
    place = Int32(register.offset)
    isWriteOnly = register.access == .writeOnly
  }
}
