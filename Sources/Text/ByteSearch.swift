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
