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

  /// Eight places are looked at together: a needle may begin where its first byte and, as far behind it
  /// as that, its last one stand, the case's bit aside.
  private static func find(
    _ wanted: UnsafeBufferPointer<UInt8>, in bytes: [UInt8], from start: Int
  ) -> Int? {
    guard let first = wanted.first, let end = wanted.last, start >= 0 else { return nil }
    let last = bytes.count - wanted.count
    let firsts = eight(first | caseBit)
    let ends = eight(end | caseBit)
    let reach = wanted.count - 1
    var position = start
    return bytes.withUnsafeBytes { bytes in
      let text = bytes.assumingMemoryBound(to: UInt8.self)
      while last - position >= 7 {
        let difference =
          ((word(bytes, position) | eight(caseBit)) ^ firsts)
          | ((word(bytes, position + reach) | eight(caseBit)) ^ ends)
        // The highest bit of each byte that is zero. A byte above such a one may be noted as well.
        var places = (difference &- eight(1)) & ~difference & eight(0x80)
        while places != 0 {
          let place = position + places.trailingZeroBitCount >> 3
          if isSame(text, place, wanted) { return place }
          places &= places &- 1
        }
        position += 8
      }
      while position <= last {
        if isSame(text, position, wanted) { return position }
        position += 1
      }
      return nil
    }
  }

  /// What tells a small letter from a capital one.
  private static let caseBit: UInt8 = 0x20

  private static func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ place: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }

  private static func isSame(
    _ text: UnsafeBufferPointer<UInt8>, _ position: Int, _ wanted: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    wanted.indices.allSatisfy {
      ASCII.lowercased(text[position + $0]) == ASCII.lowercased(wanted[$0])
    }
  }

  /// Whether a byte stands somewhere in `bytes`. Without a way out the loop looks at many in one go,
  /// which is more than made good where most lines do not hold it.
  package static func holds(_ wanted: UInt8, in bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { holds(wanted, in: $0) }
  }

  package static func holds(_ wanted: UInt8, in bytes: UnsafeRawBufferPointer) -> Bool {
    var found: UInt8 = 0
    for byte in bytes { found |= byte == wanted ? 1 : 0 }
    return found != 0
  }

  /// Two letters in a row, small ones, or marks.
  package struct Pair {
    fileprivate let first: UInt8
    fileprivate let second: UInt8

    package init(_ first: Unicode.Scalar, _ second: Unicode.Scalar) {
      self.first = UInt8(ascii: first) | caseBit
      self.second = UInt8(ascii: second) | caseBit
    }
  }

  /// Whether one of two pairs stands somewhere in `bytes`, without regard to case: a first look that may
  /// say so of other marks too, for lines of which few hold either.
  package static func holds(_ one: Pair, or other: Pair, in bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var found: UInt8 = 0
      for at in 0..<max(bytes.count - 1, 0) {
        let (first, second) = (bytes[at] | caseBit, bytes[at + 1] | caseBit)
        found |= (first == one.first ? 1 : 0) & (second == one.second ? 1 : 0)
        found |= (first == other.first ? 1 : 0) & (second == other.second ? 1 : 0)
      }
      return found != 0
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
      guard let first = wanted.first, bytes[start] == first else { return wanted.isEmpty }
      for index in wanted.indices where bytes[start + index] != wanted[index] { return false }
      return true
    }
  }
}
