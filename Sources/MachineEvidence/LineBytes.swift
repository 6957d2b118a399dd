#if canImport(Glibc)
  import Glibc
#elseif !hasFeature(Embedded)
  import Darwin
#endif

import Text

/// A line's bytes in a buffer, with the questions that readers of events ask. Every place is an
/// offset from the line's beginning; what lies outside reads as zero.
struct LineBytes {
  let base: UnsafeRawPointer
  let count: Int

  init(_ base: UnsafeRawPointer, _ count: Int) {
    self.base = base
    self.count = count
  }

  @inline(__always)
  subscript(_ place: Int) -> UInt8 {
    place >= 0 && place < count ? base.load(fromByteOffset: place, as: UInt8.self) : 0
  }

  /// Whether `literal` stands at `place`.
  @inline(__always)
  func has(_ literal: StaticString, at place: Int) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard place >= 0, place <= count - length else { return false }
    let text = base + place
    let wanted = UnsafeRawPointer(literal.utf8Start)
    // The compiler knows the length, so this becomes at most two loads on each side.
    switch length {
    case 8...16:
      return Self.eight(text) == Self.eight(wanted)
        && Self.eight(text + length - 8) == Self.eight(wanted + length - 8)
    case 4..<8:
      return Self.four(text) == Self.four(wanted)
        && Self.four(text + length - 4) == Self.four(wanted + length - 4)
    default: return memcmp(text, wanted, length) == 0
    }
  }

  @inline(__always)
  private static func eight(_ bytes: UnsafeRawPointer) -> UInt64 {
    bytes.loadUnaligned(as: UInt64.self)
  }

  @inline(__always)
  private static func four(_ bytes: UnsafeRawPointer) -> UInt32 {
    bytes.loadUnaligned(as: UInt32.self)
  }

  /// The first place of `literal` from `start` on.
  func find(_ literal: StaticString, from start: Int = 0) -> Int? {
    let length = literal.utf8CodeUnitCount
    guard length > 0, start >= 0 else { return nil }
    let first = Int32(literal.utf8Start.pointee)
    var at = start
    while at <= count - length,
      let found = memchr(base + at, first, count - length - at + 1)
    {
      let place = UnsafeRawPointer(found) - base
      if memcmp(base + place, literal.utf8Start, length) == 0 { return place }
      at = place + 1
    }
    return nil
  }

  /// The place behind the blanks from `place` on.
  func skipBlanks(_ place: Int) -> Int {
    var at = place
    while ASCII.isBlank(self[at]) { at += 1 }
    return at
  }

  /// A hex number without prefix; at most 16 digits.
  @inline(__always)
  func hexNumber(at place: Int) -> (value: UInt64, end: Int)? {
    var value: UInt64 = 0
    var at = place
    while at - place < 16, let digit = Hexadecimal.digit(self[at]) {
      value = value << 4 | UInt64(digit)
      at += 1
    }
    return at > place ? (value, at) : nil
  }

  /// The same as `hexNumber`, eight digits at a time; nil also where the line ends within 16 bytes.
  @inline(__always)
  func quickHexNumber(at place: Int) -> (value: UInt64, end: Int)? {
    guard place >= 0, place <= count - 16 else { return nil }
    let first = Self.eight(base + place)
    let length = Self.hexLength(first)
    if length == 0 { return nil }
    if length < 8 { return (UInt64(Self.pack(first << UInt64(64 - 8 * length))), place + length) }
    let second = Self.eight(base + place + 8)
    let rest = Self.hexLength(second)
    let high = UInt64(Self.pack(first))
    if rest == 0 { return (high, place + 8) }
    let low = UInt64(Self.pack(second << UInt64(64 - 8 * rest)))
    return (high << UInt64(4 * rest) | low, place + 8 + rest)
  }

  /// The same as `decimalNumber`; nil also for eight digits or more, and where the line ends within
  /// eight bytes.
  @inline(__always)
  func quickDecimalNumber(at place: Int) -> (value: UInt64, end: Int)? {
    guard place >= 0, place <= count - 8 else { return nil }
    let word = Self.eight(base + place)
    let length = Self.length(Self.digits(word))
    guard length > 0, length < 8 else { return nil }
    // Zeros come before the digits; each step joins neighbours: tens, hundreds, ten thousands.
    var value = word << UInt64(64 - 8 * length) & 0x0f0f_0f0f_0f0f_0f0f
    value = (value &* 2561) >> 8 & 0x00ff_00ff_00ff_00ff
    value = (value &* 6_553_601) >> 16 & 0x0000_ffff_0000_ffff
    value = (value &* 42_949_672_960_001) >> 32
    return (value, place + length)
  }

  /// The highest bit of each of eight bytes that is a decimal digit.
  @inline(__always)
  private static func digits(_ word: UInt64) -> UInt64 {
    let low = word & 0x7f7f_7f7f_7f7f_7f7f
    return (low &+ 0x5050_5050_5050_5050) & ~(low &+ 0x4646_4646_4646_4646) & ~word
      & 0x8080_8080_8080_8080
  }

  /// The number of hex digits that eight bytes begin with.
  @inline(__always)
  private static func hexLength(_ word: UInt64) -> Int {
    let low = (word | 0x2020_2020_2020_2020) & 0x7f7f_7f7f_7f7f_7f7f
    let letters =
      (low &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(low &+ 0x1919_1919_1919_1919) & ~word
      & 0x8080_8080_8080_8080
    return length(digits(word) | letters)
  }

  /// How many bytes have their highest bit set before the first that has not.
  @inline(__always)
  private static func length(_ bits: UInt64) -> Int {
    (bits ^ 0x8080_8080_8080_8080).trailingZeroBitCount >> 3
  }

  /// Sixteen hex digits at once, as `%016llx` prints them; nil where there are fewer.
  @inline(__always)
  func wideHexNumber(at place: Int) -> UInt64? {
    guard place >= 0, place <= count - 16 else { return nil }
    let high = (base + place).loadUnaligned(as: UInt64.self)
    let low = (base + place + 8).loadUnaligned(as: UInt64.self)
    guard Self.isHex(high), Self.isHex(low) else { return nil }
    return UInt64(Self.pack(high)) << 32 | UInt64(Self.pack(low))
  }

  /// Whether eight characters look like hex digits by their high bits. Some other characters pass
  /// too, but the kernel prints only hex digits in these places.
  @inline(__always)
  private static func isHex(_ word: UInt64) -> Bool {
    let digits = word & 0xf0f0_f0f0_f0f0_f0f0
    // 0x30 for a digit, 0x60 or 0x40 for a letter: bits 4 and 6 exclude each other, 7 is clear.
    return digits & 0x8080_8080_8080_8080 == 0
      && (digits >> 6 ^ digits >> 4) & 0x0101_0101_0101_0101 == 0x0101_0101_0101_0101
  }

  @inline(__always)
  private static func pack(_ word: UInt64) -> UInt32 {
    let letters = word >> 6 & 0x0101_0101_0101_0101
    var value = (word & 0x0f0f_0f0f_0f0f_0f0f) &+ letters &* 9
    value = value.byteSwapped
    value = (value | value >> 4) & 0x00ff_00ff_00ff_00ff
    value = (value | value >> 8) & 0x0000_ffff_0000_ffff
    return UInt32(truncatingIfNeeded: value | value >> 16)
  }

  /// A decimal number; at most 18 digits.
  @inline(__always)
  func decimalNumber(at place: Int) -> (value: UInt64, end: Int)? {
    var value: UInt64 = 0
    var at = place
    while at - place < 18, ASCII.isDigit(self[at]) {
      value = value &* 10 &+ UInt64(self[at] & 0xf)
      at += 1
    }
    return at > place ? (value, at) : nil
  }

  /// The text between two places.
  func text(_ start: Int, _ end: Int) -> String {
    let low = min(max(start, 0), count)
    let high = min(max(end, low), count)
    return String(
      decoding: UnsafeRawBufferPointer(start: base + low, count: high - low), as: UTF8.self)
  }
}
