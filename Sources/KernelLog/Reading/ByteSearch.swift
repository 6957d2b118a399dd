/// Looking for words in the bytes of a line.
enum ByteSearch {
  /// The first place of `needle` in `bytes` at or after `start`, without regard to case.
  static func find(_ needle: StaticString, in bytes: [UInt8], from start: Int = 0) -> Int? {
    needle.withUTF8Buffer { wanted in
      guard let first = wanted.first, bytes.count >= wanted.count, start >= 0 else { return nil }
      let lowerFirst = TextCursor.lower(first)
      var position = start
      let last = bytes.count - wanted.count
      return bytes.withUnsafeBufferPointer { text in
        while position <= last {
          if TextCursor.lower(text[position]) == lowerFirst {
            var length = 1
            while length < wanted.count,
              TextCursor.lower(text[position + length]) == TextCursor.lower(wanted[length])
            {
              length += 1
            }
            if length == wanted.count { return position }
          }
          position += 1
        }
        return nil
      }
    }
  }

  static func contains(_ needle: StaticString, in bytes: [UInt8]) -> Bool {
    find(needle, in: bytes) != nil
  }

  static func hasPrefix(_ needle: StaticString, in bytes: [UInt8], at start: Int = 0) -> Bool {
    needle.withUTF8Buffer { wanted in
      guard bytes.count - start >= wanted.count else { return false }
      for index in wanted.indices where bytes[start + index] != wanted[index] { return false }
      return true
    }
  }
}
