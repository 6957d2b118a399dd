import TestSupport
import Testing

@testable import QTest
import Text

/// Whatever comes in, nothing traps, and the next request is served.
@Suite struct GarbageTests {
  private static let words = [
    "read", "write", "b64read", "b64write", "memset", "readl", "writeq", "inl", "outl", "outw",
    "clock_step", "clock_set", "irq_intercept_in", "set_irq_in", "ioapic", "unnamed-gpio-in", "0",
    "1", "4", "8", "17", "0xcf8", "0xcfc", "0x80000810", "0xe0000000", "0xfed90018", "0xfed90088",
    "0xfec00010", "0xfee00000", "0xffffffffffffffff", "-1", "0xc0000000", "0x0102", "AQID", "", "x",
  ]

  @Test("requests put together at random", arguments: 1...20)
  func requests(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    let conversation = try Conversation(arguments: ["-device", "edu", "-device", "iommu-testdev"])
    conversation.enable()
    conversation.enable(0x10, at: 0xe010_0000)
    for _ in 0..<200 {
      let words = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        Self.words.randomElement(using: &generator) ?? ""
      }
      // Gibibytes are served, and take their time.
      let lengths = ["0x80000810", "0xe0", "0xfe", "0xc0"]
      if words.count > 2, lengths.contains(where: words[2].hasPrefix) { continue }
      let line = words.joined(separator: " ")
      let lines = conversation.lines(line)
      #expect(lines.last?.isEmpty == false, "\(line)")
    }
    #expect(conversation.ask("endianness") == "OK little")
  }

  @Test("bytes at random", arguments: 1...20)
  func bytes(seed: UInt64) throws {
    var generator = SplitMix(state: seed)
    let conversation = try Conversation()
    var session = QTestSession()
    for _ in 0..<20 {
      let bytes = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &generator) }
      _ = session.consume(bytes, conversation.machine)
      _ = try? JSONReader.value(bytes)
    }
    let reply = session.consume(Array("\nendianness\n".utf8), conversation.machine)
    #expect(String(decoding: reply, as: UTF8.self).hasSuffix("OK little\n"))
  }

  static let json: [(text: String, offset: Int)] = [
    ("{", 1), ("{\"a\"}", 4), ("{\"a\":}", 5), ("[1,]", 3), ("\"a", 2), ("\"\\u12g4\"", 5),
    ("{} {}", 3), ("1.5", 1), (String(repeating: "[", count: 100), 32), ("\"\n\"", 2), ("", 0),
  ]

  @Test("malformed JSON is refused at its place", arguments: json)
  func refuses(text: String, offset: Int) {
    do {
      _ = try JSONReader.value(Array(text.utf8))
      Issue.record("\(text) was read")
    } catch {
      #expect(error.offset == offset)
    }
  }
}
