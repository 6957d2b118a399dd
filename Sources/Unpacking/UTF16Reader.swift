/// Converts UTF-16 text to UTF-8 and drops its byte-order mark.
struct UTF16Reader {
  /// The first byte of a unit whose second has not come yet.
  private var half: UInt8?
  /// Whether the high byte comes first; nil before the mark.
  private var isBigEndian: Bool?
  /// A high surrogate whose low surrogate has not come yet.
  private var high: UInt16?

  mutating func take(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for byte in bytes {
      guard let first = half else {
        half = byte
        continue
      }
      half = nil
      guard let isBigEndian else {
        self.isBigEndian = first == 0xfe
        continue
      }
      let unit =
        isBigEndian ? UInt16(first) << 8 | UInt16(byte) : UInt16(byte) << 8 | UInt16(first)
      append(unit, &text)
    }
    text.withUnsafeBytes(body)
  }

  private mutating func append(_ unit: UInt16, _ text: inout [UInt8]) {
    if let first = high {
      high = nil
      if UTF16.isTrailSurrogate(unit) {
        let value = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(unit) - 0xdc00)
        append(Unicode.Scalar(value), &text)
        return
      }
      append(nil, &text)
    }
    if UTF16.isLeadSurrogate(unit) {
      high = unit
    } else if unit < 0x80 {
      text.append(UInt8(unit))
    } else {
      append(Unicode.Scalar(unit), &text)
    }
  }

  /// Appends a character; a surrogate without its partner becomes the replacement character.
  private func append(_ scalar: Unicode.Scalar?, _ text: inout [UInt8]) {
    text += Array(String(Character(scalar ?? "\u{fffd}")).utf8)
  }
}
