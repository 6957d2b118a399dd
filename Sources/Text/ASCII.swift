/// Kinds of ASCII characters in bytes of text.
///
/// A character is written as `UInt8(ascii: "x")` where it stands alone. Without `@usableFromInline` other
/// rooms would call its functions, though each says that it is inlined.
@usableFromInline package enum ASCII {
  @inlinable package static var newline: UInt8 { UInt8(ascii: "\n") }
  @inlinable package static var tab: UInt8 { UInt8(ascii: "\t") }
  @inlinable package static var space: UInt8 { UInt8(ascii: " ") }
  @inlinable package static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
  /// What begins a terminal's control sequence.
  @inlinable package static var escape: UInt8 { UInt8(ascii: "\u{1b}") }

  /// A blank or a tab.
  @inlinable @inline(__always)
  package static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  /// What JSON, mail and YAML call white space: a blank, a tab or the end of a line.
  @inlinable @inline(__always)
  package static func isWhiteSpace(_ byte: UInt8) -> Bool {
    isBlank(byte) || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  @inlinable @inline(__always)
  package static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  @inlinable @inline(__always)
  package static func isUpperCase(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
  }

  @inlinable @inline(__always)
  package static func isLowerCase(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }

  @inlinable @inline(__always)
  package static func isLetter(_ byte: UInt8) -> Bool {
    isUpperCase(byte) || isLowerCase(byte)
  }

  /// The lower-case letter of an upper-case one; any other byte as it is.
  @inlinable @inline(__always)
  package static func lowercased(_ byte: UInt8) -> UInt8 {
    isUpperCase(byte) ? byte | 0x20 : byte
  }
}
