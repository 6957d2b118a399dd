/// Hex digits as bytes of text.
@usableFromInline package enum Hexadecimal {
  /// The value of a digit of either case; nil for any other character.
  @inlinable @inline(__always)
  package static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// The lower-case digit of a value below 16.
  @inlinable @inline(__always)
  package static func character(_ digit: UInt8) -> UInt8 {
    digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "a")
  }

  /// Lower-case digits of `value` without a prefix, padded with zeros to `digits`.
  package static func string(_ value: UInt64, digits: Int = 1) -> String {
    let text = String(value, radix: 16)
    return text.utf8.count >= digits
      ? text : String(repeating: "0", count: digits - text.utf8.count) + text
  }

  /// Appends `digits` digits of `value`.
  @inlinable @inline(__always)
  package static func append(_ value: UInt64, digits: Int, to output: inout [UInt8]) {
    var shift = UInt64(digits * 4)
    while shift > 0 {
      shift -= 4
      output.append(character(UInt8(truncatingIfNeeded: value >> shift) & 0xf))
    }
  }

  /// Appends two digits for each byte, in the order of memory.
  @inlinable
  package static func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    for byte in bytes {
      output.append(character(byte >> 4))
      output.append(character(byte & 0xf))
    }
  }
}
