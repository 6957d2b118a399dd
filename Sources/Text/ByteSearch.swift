/// Looking for words in the bytes of a line.
package enum ByteSearch {
  /// The first place of `needle` in `bytes` at or after `start`, without regard to case.
  package static func find(
    _ needle: StaticString, in bytes: [UInt8], from start: Int = 0
  ) -> Int? {
    needle.withUTF8Buffer { wanted in
      guard let first = wanted.first, bytes.count >= wanted.count, start >= 0 else { return nil }
      let lowerFirst = ASCII.lowercased(first)
      var position = start
      let last = bytes.count - wanted.count
      return bytes.withUnsafeBufferPointer { text in
        while position <= last {
          if ASCII.lowercased(text[position]) == lowerFirst {
            var length = 1
            while length < wanted.count,
              ASCII.lowercased(text[position + length]) == ASCII.lowercased(wanted[length])
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

  package static func contains(_ needle: StaticString, in bytes: [UInt8]) -> Bool {
    find(needle, in: bytes) != nil
  }

  /// As `contains`, with regard to case.
  package static func contains(exactly needle: StaticString, in bytes: [UInt8]) -> Bool {
    var from = 0
    while let place = find(needle, in: bytes, from: from) {
      if hasPrefix(needle, in: bytes, at: place) { return true }
      from = place + 1
    }
    return false
  }

  package static func hasPrefix(
    _ needle: StaticString, in bytes: [UInt8], at start: Int = 0
  ) -> Bool {
    needle.withUTF8Buffer { wanted in
      guard bytes.count - start >= wanted.count else { return false }
      for index in wanted.indices where bytes[start + index] != wanted[index] { return false }
      return true
    }
  }
}
