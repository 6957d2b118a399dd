import KernelLog
import LogReading
import Testing
import Text

/// Input that was never meant for us ends in bounded memory, without a trap.
@Suite struct HostileTests {
  static let fault =
    "DMAR: [DMA Read] Request device [00:02.0] fault addr 1000 [fault reason 06] PTE Read access is not set\n"

  @Test("a line of 8 MiB is cut, and what follows it is read")
  func longLine() {
    var bytes = [UInt8](repeating: 0x41, count: 8 << 20)
    bytes.append(0x0a)
    bytes += Array(Self.fault.utf8)
    let found = events(in: bytes, piece: 1 << 16)
    #expect(faults(found).count == 1)
    #expect(found.last?.lines == 2...2)
  }

  @Test("a fault far inside a line without end is still found")
  func faultInsideLongLine() {
    // Behind the attentive beginning of an input, where lines are searched for words.
    var bytes: [UInt8] = []
    for _ in 0..<40_000 { bytes += Array("x\n".utf8) }
    bytes += [UInt8](repeating: 0x41, count: 1 << 17)
    bytes += Array((" " + Self.fault).utf8)
    #expect(faults(events(in: bytes)).count == 1)
  }

  /// A text too long to stand in a test's name.
  struct Endless: CustomTestStringConvertible {
    let what: String
    let text: String
    var testDescription: String { what }

    init(_ what: String, _ text: String) {
      self.what = what
      self.text = text
    }
  }

  static let endless: [Endless] = [
    Endless("quote marks", String(repeating: "> ", count: 100_000)),
    Endless("bars", String(repeating: "|", count: 100_000)),
    Endless("brackets", String(repeating: "[", count: 100_000)),
    Endless(
      "a number",
      "DMAR: [DMA Read] Request device [00:02.0] fault addr 0x"
        + String(repeating: "f", count: 100_000)),
    Endless(
      "a device", "DMAR: [DMA Read] Request device [" + String(repeating: "0:", count: 50_000)),
    Endless("a reason", "DMAR: [fault reason " + String(repeating: "9", count: 100_000) + "]"),
    Endless("tags", String(repeating: "DMAR: [DMA Read] ", count: 5_000)),
    Endless("entities", String(repeating: "&gt;", count: 50_000)),
    Endless("HTML tags", String(repeating: "<br>", count: 50_000)),
    Endless("quoted-printable", String(repeating: "=3D", count: 50_000)),
    Endless("escapes", "{\"MESSAGE\":\"" + String(repeating: "\\u00", count: 50_000)),
    Endless("numbers in JSON", "{\"MESSAGE\":[" + String(repeating: "9999999999,", count: 20_000)),
    Endless("reasons", String(repeating: "[fault reason", count: 5_000)),
    Endless(
      "a suppressed count", "dmar_fault: 99999999999999999999999999 callbacks suppressed"),
    Endless(
      "a time",
      "[99999999999999999999.999999999999999999] DMAR: DRHD: handling fault status reg ffffffffffffffffff"
    ),
    Endless("a sequence", "6,99999999999999999999,99999999999999999999,-;DMAR: x"),
    Endless(
      "a dependency chain",
      "WARNING: possible circular locking dependency detected"
        + String(repeating: "\n-> #1 (a){++++}:\n f+0x1/0x2", count: 2_000)),
    Endless(
      "a bus tree", "-[0000:00]-" + String(repeating: "+-01.0-[01]-", count: 20_000)),
    Endless(
      "a part in base64",
      "Content-Transfer-Encoding: base64\n\n" + String(repeating: "QUFBQUFB", count: 8_000)
        + "\n--x"),
  ]

  @Test(
    "something without end is read to its end, and what follows is read too", arguments: endless)
  func withoutEnd(_ endless: Endless) {
    #expect(faults(events(in: endless.text + "\n")).isEmpty)
    #expect(
      faults(events(in: endless.text + "\n\n\n\n\n\n\n\n\n\n\n" + Self.fault)).count == 1)
  }

  @Test("no cut of a real line traps, and a cut line never has a wrong reason")
  func truncations() {
    for printed in FaultLineTests.printed {
      let bytes = Array(printed.text.utf8)
      for end in 0...bytes.count {
        for fault in faults(events(in: Array(bytes[..<end]))) {
          // A cut inside `[fault reason 113]` leaves no reason; behind it, the right one.
          #expect(fault.reason == nil || fault.reason == printed.line.reason)
        }
      }
    }
  }

  @Test("any bytes are read without a trap, alone and between real lines")
  func noise() {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    let real = FaultLineTests.printed.map { Array($0.text.utf8) }
    for round in 0..<600 {
      var bytes = real[round % real.count]
      for _ in 0..<Int(next() % 12 + 1) {
        let place = Int(next() % UInt64(max(bytes.count, 1)))
        switch next() % 4 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: next())
        case 1: bytes.insert(UInt8(truncatingIfNeeded: next()), at: place)
        case 2: bytes.remove(at: place)
        default: bytes.insert(contentsOf: real[Int(next() % UInt64(real.count))], at: place)
        }
        if bytes.isEmpty { bytes = [0x0a] }
      }
      _ = events(in: bytes)
    }
  }

  @Test("lines behind the attentive beginning keep their numbers")
  func lineNumbers() {
    var text = ""
    for number in 1...60_000 {
      if number % 7_001 == 0 {
        text += Self.fault
      } else {
        text += "[\(number)] Rx on eth0 is Daily ADDRCONF WAN\n"
      }
    }
    let found = events(in: Array(text.utf8), piece: 100_003).filter {
      if case .fault = $0.kind { true } else { false }
    }
    #expect(found.map(\.lines.lowerBound) == (1...8).map { $0 * 7_001 })
  }

  @Test("the limiter's line before a status far inside a log is read")
  func suppressedFarInside() {
    var text = String(repeating: "usb 1-1: new device\n", count: 20_000)
    text +=
      "dmar_fault: 29 callbacks suppressed\nDMAR: DRHD: handling fault status reg 3\n" + Self.fault
    let kinds = events(in: text).map(\.kind)
    #expect(kinds.contains(.suppressed(function: "dmar_fault", count: 29)))
  }

  @Test("a packed log is unpacked to what was packed")
  func gzip() throws {
    // `printf 'DMAR: DRHD: handling fault status reg 2\n' | gzip -n`, stored by hand as a block.
    let text = Array("DMAR: DRHD: handling fault status reg 2\n".utf8)
    var packed: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]
    packed += [UInt8(text.count), 0, ~UInt8(text.count), 0xff] + text
    packed += [0x17, 0xcf, 0xb2, 0x66, UInt8(text.count), 0, 0, 0]
    var unpacked: [UInt8] = []
    var unpacker = Gunzip(packed)
    try unpacker.unpack { unpacked += Array($0) }
    #expect(unpacked == text)
    for end in 0..<packed.count {
      var broken = Gunzip(Array(packed[..<end]))
      #expect(throws: Gunzip.Failure.self) { try broken.unpack { _ in } }
    }
  }
}
