import TestSupport
import Testing
import Text

@Suite("Words in the bytes of a line")
struct ByteSearchTests {
  private static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
  }

  private static func naive(_ needle: [UInt8], _ text: [UInt8], from start: Int) -> Int? {
    let (needle, text) = (lowercased(needle), lowercased(text))
    return text.indices.first { $0 >= start && text[$0...].starts(with: needle) }
  }

  @Test("a word is found at its first place, without regard to case", arguments: 0..<200)
  func random(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed))
    // Bytes that differ by the case's bit alone, and others.
    let bytes = Array("aA@`[{dD:;\u{1a}0".utf8) + [0x80, 0xa0, 0xff]
    for _ in 0..<50 {
      let text = (0..<random.next(below: 60)).map { _ in bytes[random.next(below: bytes.count)] }
      let needle = (0..<1 + random.next(below: 4)).map { _ in
        bytes[random.next(below: bytes.count)]
      }
      #expect(
        ByteSearch.find(needle, in: text) == Self.naive(needle, text, from: 0),
        "\(needle) in \(text)")
    }
  }

  @Test("the search begins where it is told to")
  func start() {
    let text = Array("[DMA Read] [dma Write] [DMA".utf8)
    for start in 0...text.count + 1 {
      #expect(
        ByteSearch.find("[Dma ", in: text, from: start)
          == Self.naive(Array("[DMA ".utf8), text, from: start), "from \(start)")
    }
    #expect(ByteSearch.find("", in: text) == nil)
    #expect(ByteSearch.find("DMA", in: [], from: 0) == nil)
    #expect(ByteSearch.find("DMA", in: text, from: -1) == nil)
    #expect(ByteSearch.contains(exactly: "dma W", in: text))
    #expect(!ByteSearch.contains(exactly: "DMA W", in: text))
  }
}
