/// Looking for words in the bytes of a line.
package enum ByteSearch {
  /// The first place of `needle` in `bytes` at or after `start`, without regard to case.
  package static func find(
    _ needle: StaticString, in bytes: [UInt8], from start: Int = 0
  ) -> Int? {
    needle.withUTF8Buffer { find($0, in: bytes, from: start) }
  }

  /// The same for words that are data.
  package static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    needle.withUnsafeBufferPointer { find($0, in: bytes, from: 0) }
  }

  private static func find(
    _ wanted: UnsafeBufferPointer<UInt8>, in bytes: [UInt8], from start: Int
  ) -> Int? {
    guard wanted.count > 0, bytes.count >= wanted.count, start >= 0 else { return nil }
    // The rarest of a needle's bytes, roughly: most texts end at it.
    let rarest = wanted.indices.max { rarity(wanted[$0]) < rarity(wanted[$1]) } ?? 0
    let (lower, upper) = cases(wanted[rarest])
    var position = start
    let last = bytes.count - wanted.count
    return bytes.withUnsafeBufferPointer { text in
      while position <= last {
        let byte = text[position + rarest]
        if byte == lower || byte == upper, isSame(text, position, wanted) { return position }
        position += 1
      }
      return nil
    }
  }

  private static func isSame(
    _ text: UnsafeBufferPointer<UInt8>, _ position: Int, _ wanted: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    wanted.indices.allSatisfy {
      ASCII.lowercased(text[position + $0]) == ASCII.lowercased(wanted[$0])
    }
  }

  /// Both cases of a letter; another byte twice.
  private static func cases(_ byte: UInt8) -> (lower: UInt8, upper: UInt8) {
    let lower = ASCII.lowercased(byte)
    return (lower, ASCII.isLowerCase(lower) ? lower & ~0x20 : lower)
  }

  /// How seldom a byte is in a log: small letters and blanks are frequent.
  private static func rarity(_ byte: UInt8) -> Int {
    switch ASCII.lowercased(byte) {
    case UInt8(ascii: " "), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "a"),
      UInt8(ascii: "n"), UInt8(ascii: "o"), UInt8(ascii: "r"), UInt8(ascii: "s"),
      UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "c"), UInt8(ascii: ":"):
      0
    case UInt8(ascii: "a")...UInt8(ascii: "p"), UInt8(ascii: "u"), UInt8(ascii: "0"): 1
    default: 2
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

  /// Whether `needle` stands at `place`, without regard to case.
  package static func hasWord(_ needle: StaticString, in bytes: [UInt8], at place: Int) -> Bool {
    needle.withUTF8Buffer { wanted in
      guard bytes.count - place >= wanted.count else { return false }
      return bytes.withUnsafeBufferPointer { isSame($0, place, wanted) }
    }
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
