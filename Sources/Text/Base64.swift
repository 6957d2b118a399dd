/// Base64 (RFC 4648, section 4) piece by piece, in constant memory.
@usableFromInline package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  package static let padding = UInt8(ascii: "=")

  /// The six bits that a character of the alphabet stands for.
  @inlinable @inline(__always)
  package static func value(of character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  /// Turns bytes into text; up to two bytes wait for the next call.
  package struct Encoder {
    private var group: UInt32 = 0
    private var count = 0

    package init() {}

    package mutating func append(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
      for byte in bytes {
        group = group << 8 | UInt32(byte)
        count += 1
        if count == 3 { write(to: &output) }
      }
    }

    package mutating func finish(to output: inout [UInt8]) {
      guard count > 0 else { return }
      let missing = 3 - count
      group <<= UInt32(8 * missing)
      write(to: &output)
      for index in 1...missing { output[output.count - index] = padding }
    }

    private mutating func write(to output: inout [UInt8]) {
      for shift: UInt32 in [18, 12, 6, 0] {
        output.append(Base64.alphabet[Int(group >> shift & 0x3f)])
      }
      group = 0
      count = 0
    }
  }

  /// Turns text into bytes; what is not of the alphabet is passed over.
  package struct Decoder {
    @usableFromInline package var bits: UInt32 = 0
    @usableFromInline package var width = 0
    @usableFromInline package var isFinished = false

    package init() {}

    /// The byte that this character completes.
    @inlinable @inline(__always)
    package mutating func take(_ character: UInt8) -> UInt8? {
      if character == UInt8(ascii: "=") { isFinished = true }
      guard !isFinished, let value = value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      width += 6
      guard width >= 8 else { return nil }
      width -= 8
      let byte = UInt8(truncatingIfNeeded: bits >> UInt32(width))
      bits &= (1 << UInt32(width)) - 1
      return byte
    }
  }
}
