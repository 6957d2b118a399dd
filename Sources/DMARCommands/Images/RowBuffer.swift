/// A buffer for rows of text. An image has millions of rows, so that speed matters: numbers are
/// turned into digits eight at a time, and a row needs no allocation.
struct RowBuffer: ~Copyable {
  /// The largest number of bytes of a row, with the bytes that storing eight digits at once writes
  /// beyond its end.
  private static let longestRow = 512
  private static let longestText = 128
  private static let size = 1 << 17

  private let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
  private var count = 0

  deinit { base.deallocate() }

  /// Sends the rows so far, if there is no room for another one.
  @inline(__always)
  mutating func makeRoom(_ send: (UnsafeRawBufferPointer) -> Void) {
    if count > Self.size - Self.longestRow { empty(send) }
  }

  /// Sends the rows so far and empties the buffer.
  mutating func empty(_ send: (UnsafeRawBufferPointer) -> Void) {
    send(UnsafeRawBufferPointer(start: base, count: count))
    count = 0
  }

  @inline(__always)
  mutating func put(_ text: StaticString) {
    base.advanced(by: count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  /// Appends a text, of a long one the beginning. A row may have one such text, or it gets too
  /// long.
  @inline(__always)
  mutating func putName(_ text: String) {
    for byte in text.utf8.prefix(Self.longestText) {
      base.advanced(by: count).storeBytes(of: byte, as: UInt8.self)
      count += 1
    }
  }

  /// Appends `0x` and the digits, with blanks after them up to `width` characters, at most 24.
  @inline(__always)
  mutating func putCell(_ value: UInt64, width: Int) {
    let start = count
    for place in stride(from: 0, to: 24, by: 8) { store(Self.blanks, at: start &+ place) }
    putHex(value)
    count = start &+ width
  }

  /// Appends `0x` and the digits.
  @inline(__always)
  mutating func putHex(_ value: UInt64) {
    put("0x")
    let digits = max(1, 16 - value.leadingZeroBitCount / 4)
    if digits > 8 {
      putDigits(UInt32(truncatingIfNeeded: value >> 32), digits - 8)
      putDigits(UInt32(truncatingIfNeeded: value), 8)
    } else {
      putDigits(UInt32(truncatingIfNeeded: value), digits)
    }
  }

  /// Appends the last 1 to 8 digits of a value. The store always writes eight bytes; those after
  /// the digits are blanks.
  @inline(__always)
  private mutating func putDigits(_ value: UInt32, _ digits: Int) {
    let shift = UInt64(64 - 8 * digits)
    store(Self.text(value) >> shift | Self.blanks & ~(UInt64.max >> shift), at: count)
    count += digits
  }

  @inline(__always)
  mutating func putDecimal(_ value: UInt64) {
    var digits = 1
    var power: UInt64 = 10
    while digits < 20, value >= power {
      digits += 1
      let next = power.multipliedReportingOverflow(by: 10)
      if next.overflow { break }
      power = next.partialValue
    }
    var rest = value
    for place in stride(from: digits - 1, through: 0, by: -1) {
      base.advanced(by: count).storeBytes(
        of: UInt8(truncatingIfNeeded: rest % 10) | 0x30, toByteOffset: place, as: UInt8.self)
      rest /= 10
    }
    count += digits
  }

  @inline(__always)
  private func store(_ word: UInt64, at place: Int) {
    base.advanced(by: place).storeBytes(of: word.littleEndian, as: UInt64.self)
  }

  /// Eight blanks.
  private static var blanks: UInt64 { 0x2020_2020_2020_2020 }

  /// Eight hex digits, the first of them in the lowest byte.
  @inline(__always)
  private static func text(_ value: UInt32) -> UInt64 {
    var word = UInt64(value)
    word = (word | word << 16) & 0x0000_ffff_0000_ffff
    word = (word | word << 8) & 0x00ff_00ff_00ff_00ff
    word = (word | word << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let letters = (word &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return (word &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).byteSwapped
  }
}
