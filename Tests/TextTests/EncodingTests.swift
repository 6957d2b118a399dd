import Testing
import Text

@Suite("Base64, hexadecimal and gzip")
struct EncodingTests {
  static let pairs = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]

  @Test("The examples of RFC 4648 section 10 go both ways", arguments: pairs)
  func base64(_ plain: String, _ encoded: String) {
    var encoder = Base64.Encoder()
    var output: [UInt8] = []
    Array(plain.utf8).withUnsafeBytes { encoder.append($0, to: &output) }
    encoder.finish(to: &output)
    #expect(String(decoding: output, as: UTF8.self) == encoded)
    var decoder = Base64.Decoder()
    let decoded = encoded.utf8.compactMap { decoder.take($0) }
    #expect(String(decoding: decoded, as: UTF8.self) == plain)
  }

  @Test("Hex digits of both cases are read, and lower case is written")
  func hexadecimal() {
    #expect("09afAF".utf8.map { Hexadecimal.digit($0) } == [0, 9, 10, 15, 10, 15])
    #expect("g/:@`".utf8.allSatisfy { Hexadecimal.digit($0) == nil })
    var output: [UInt8] = []
    Hexadecimal.append(0xbeef, digits: 6, to: &output)
    #expect(String(decoding: output, as: UTF8.self) == "00beef")
  }

  /// `printf 'DMAR DMAR DMAR DMAR\n' | gzip -n`
  static let packed: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x73, 0xf1, 0x75, 0x0c, 0x52, 0x70,
    0x41, 0x21, 0xb8, 0x00, 0xbe, 0xd4, 0x7b, 0x61, 0x14, 0x00, 0x00, 0x00,
  ]

  @Test("A packed text is unpacked, and a cut one is told from it")
  func gzip() throws {
    var unpacker = Gunzip(Self.packed)
    var text: [UInt8] = []
    try unpacker.unpack { text += $0 }
    #expect(String(decoding: text, as: UTF8.self) == "DMAR DMAR DMAR DMAR\n")
    var cut = Gunzip(Array(Self.packed.prefix(14)))
    #expect(throws: Gunzip.Failure.truncated) { try cut.unpack { _ in } }
  }
}
