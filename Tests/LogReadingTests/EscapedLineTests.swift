import KernelLog
import LogReading
import Testing

/// Several lines that stand on one, or one whose words stand on several.
@Suite("Lines inside of lines") struct EscapedLineTests {
  static let plain = "[   10.000100] \(HostileTests.fault.dropLast())"

  private func records(_ events: [LogEvent]) -> [LogEvent] {
    events.filter { if case .fault = $0.kind { true } else { false } }
  }

  private func log(_ count: Int, fault place: Int) -> [String] {
    (0..<count).map { number in
      number == place ? Self.plain : "[    9.000000] usb 1-4: new high-speed USB device number 7"
    }
  }

  @Test("a fault far behind the longest line is found in one string of JSON", arguments: [1, 2])
  func longString(_ faults: Int) throws {
    var lines = log(4000, fault: 3000)
    if faults > 1 { lines[3990] = Self.plain.replacing("10.000100", with: "11.000100") }
    let text = "{\"body\": \"" + lines.joined(separator: "\\n") + "\"}\n"
    let found = records(events(in: Array(text.utf8), piece: 1 << 18))
    #expect(found.count == faults)
    #expect(found.first?.time?.uptime == 10_000_100)
  }

  @Test("many records in one string are all read")
  func manyRecords() {
    let lines = (0..<500).map { Self.plain.replacing("10.000100", with: "10.000\(100 + $0)") }
    let text = "{\"body\": \"" + lines.joined(separator: "\\r\\n") + "\"}\n"
    let found = records(events(in: Array(text.utf8), piece: 1 << 18))
    #expect(found.count == 500)
    #expect(Set(found.map { $0.time?.uptime }).count == 500)
  }

  @Test("a line that is encoded for the web gives its lines, a percent sign does not")
  func percent() {
    let encoded = Self.plain.utf8.map { byte in
      byte == 0x20 || byte == 0x5b || byte == 0x5d || byte == 0x3a
        ? "%" + String(byte, radix: 16, uppercase: true)
        : String(decoding: [byte], as: UTF8.self)
    }.joined()
    let found = records(events(in: Array("log=\(encoded)%0A&x=1\n".utf8), piece: 1 << 16))
    #expect(found.count == 1)
    #expect(found.first?.time?.uptime == 10_000_100)
    let other = "[   10.000100] 5% 6%2 %d %x 7%20 \(HostileTests.fault)"
    #expect(records(events(in: Array(other.utf8), piece: 1 << 16)).count == 1)
  }

  @Test("one word a line, among other lines")
  func words() {
    let words = Self.plain.split(separator: " ").joined(separator: "\n")
    let text = "Read off a picture:\n\(words)\n\(words)\nand that is all.\n\(Self.plain)\n"
    let found = records(events(in: Array(text.utf8), piece: 1 << 16))
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.time?.uptime == 10_000_100 })
    #expect(found.first?.lines.lowerBound == 2)
  }

  @Test("names that stand one on a line stay lines of their own")
  func names() {
    let text = "dmar0\ndmar1\nDMAR:\nand more words\n\(HostileTests.fault)"
    #expect(records(events(in: Array(text.utf8), piece: 1 << 16)).count == 1)
  }
}
