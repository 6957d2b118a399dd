import KernelLog
import LogReading
import Testing
import VTdFormats

/// What happens to a log between the machine and us must not change what is read from it.
@Suite struct ManglingTests {
  typealias Case = FaultLineTests.Case

  /// The record as a log shows it, a prefix before each of its lines.
  static func lines(_ printed: Case, prefix: String) -> [String] {
    printed.text.split(separator: "\n").map { prefix + $0 }
  }

  static func check(
    _ log: String, _ printed: Case, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = faults(events(in: log))
    #expect(found.count == 1, "\(what): \(log)", sourceLocation: sourceLocation)
    guard let fault = found.first else { return }
    #expect(fault.line == printed.line, "\(what): \(log)", sourceLocation: sourceLocation)
  }

  @Test("a fault line is read back in its generation", arguments: FaultLineTests.printed)
  func roundTrip(_ printed: Case) throws {
    let found = faults(events(in: printed.text))
    #expect(found.count == 1)
    let fault = try #require(found.first)
    #expect(fault.line == printed.line)
    // I4 and I5 are the same line.
    let isTwin =
      printed.generation == .f5 && fault.generation == .f4 && printed.text.contains("INTR")
    #expect(fault.generation == printed.generation || isTwin)
    #expect(fault.line?.text(printed.generation) == printed.text)
  }

  @Test(
    "a prefix of any logger is passed over",
    arguments: [
      "[   27.498868] ", "[Thu Oct 22 08:54:51 2020] ", "[  +0.000011] ", "[  +0,000002] ",
      "<6>[    3.341682] ", "<3> [209.526605] ", "<0>[  264.914880][    T1] ",
      "[ 2403.441830][    C0] ", "May 30 17:35:46 localhost kernel: [  278.999480] ",
      "aug 23 18:04:17 taz kernel: ",
      "2014-04-25T09:37:53.595431+01:00 kvmhost kernel:     8.490167] ",
      "[2017-10-23 09:08:16.318] [    0.000000] ",
      "316668 Jul 19 02:14:20 z-u18 kernel: [  108.969526] ", "01:46:35 ",
      "[    0.938401] kernel: ", "kernel: [ 2402.642685][  T607] ", "6,1234,5678901,-;", "",
    ])
  func prefixes(prefix: String) {
    for printed in FaultLineTests.printed {
      let log = Self.lines(printed, prefix: prefix).joined(separator: "\n") + "\n"
      Self.check(log, printed, prefix)
    }
  }

  @Test(
    "the uptime is taken from a prefix",
    arguments: [
      ("[   27.498868] ", 27_498_868), ("<0>[  264.914880][    T1] ", 264_914_880),
      ("May 30 17:35:46 localhost kernel: [  278.999480] ", 278_999_480),
      ("2014-04-25T09:37:53.595431+01:00 kvmhost kernel:     8.490167] ", 8_490_167),
      ("[2017-10-23 09:08:16.318] [    0.000001] ", 1), ("<3> [209.526605] ", 209_526_605),
      ("6,1234,5678901,-;", 5_678_901),
    ] as [(String, UInt64)])
  func uptime(prefix: String, microseconds: UInt64) {
    let found = events(in: prefix + "DMAR: DRHD: handling fault status reg 2\n")
    #expect(found.map(\.time?.uptime) == [microseconds])
  }

  @Test(
    "a line may be broken at any place, behind quote marks and indented",
    arguments: FaultLineTests.printed)
  func broken(_ printed: Case) {
    let lines = Self.lines(printed, prefix: "[   12.345678] ")
    let quotes = ["", "> ", "> > ", ">>> ", "\t", "      "]
    for (number, line) in lines.enumerated() {
      let bytes = Array(line.utf8)
      // Behind the tag's first letters; a tag that is torn in two is nobody's.
      let first = line.contains("[DMA") || line.contains("INTR") ? 15 + 12 : 15 + 6
      for place in first..<bytes.count {
        for quote in quotes {
          var broken = lines.map { quote + $0 }
          broken[number] =
            quote + String(decoding: bytes[..<place], as: UTF8.self) + "\n" + quote
            + String(decoding: bytes[place...], as: UTF8.self)
          let log =
            "\(quote)DMAR: DRHD: handling fault status reg 2\n"
            + broken.joined(separator: "\n") + "\n\(quote)[   13.000000] usb 1-1: new device\n"
          let found = faults(events(in: log))
          #expect(found.count == 1, "\(log)")
          if found.first?.line != printed.line { Issue.record("\(log) read as \(found)") }
        }
      }
    }
  }

  @Test("quoted-printable with soft breaks and HTML are decoded", arguments: FaultLineTests.printed)
  func encodings(_ printed: Case) {
    let lines = Self.lines(printed, prefix: "[   12.345678] ")
    let header = "Content-Transfer-Encoding: quoted-printable\n\n"
    for place in stride(from: 28, to: 70, by: 7) {
      let encoded = lines.map { line -> String in
        let bytes = Array(line.utf8)
        guard bytes.count > place else { return line }
        return String(decoding: bytes[..<place], as: UTF8.self) + "=\n"
          + String(decoding: bytes[place...], as: UTF8.self)
      }
      Self.check(header + encoded.joined(separator: "\n") + "\n", printed, "soft break")
    }
    let blanks = lines.joined(separator: "\n").split(
      separator: " ", omittingEmptySubsequences: false)
    Self.check(header + blanks.joined(separator: "=C2=A0") + "\n", printed, "no-break spaces")
    Self.check(blanks.joined(separator: "\u{a0}") + "\n", printed, "no-break spaces")
    Self.check(
      "<pre>" + lines.joined(separator: "<br>\n") + "</pre>\n", printed, "HTML")
    Self.check(
      "&gt; " + lines.joined(separator: "<br>\n&gt; ") + "<br>\n", printed, "quoted HTML")
    Self.check("\u{1b}[31m" + lines.joined(separator: "\u{1b}[0m\r\n") + "\r\n", printed, "colours")
  }

  @Test("journalctl -o json is read", arguments: FaultLineTests.printed)
  func journal(_ printed: Case) {
    let log = printed.text.split(separator: "\n").map {
      "{\"__REALTIME_TIMESTAMP\":\"1603349691000000\",\"_TRANSPORT\":\"kernel\","
        + "\"_SOURCE_MONOTONIC_TIMESTAMP\":\"12345678\",\"MESSAGE\":\"\($0)\"}"
    }.joined(separator: "\n")
    let found = events(in: log)
    Self.check(log, printed, "journal")
    #expect(found.first?.time?.uptime == 12_345_678)
  }

  @Test("reading in pieces of any size gives the same events")
  func pieces() {
    let log = FaultLineTests.printed.map {
      Self.lines($0, prefix: "[    1.000000] ").joined(separator: "\n")
    }
    .joined(separator: "\n[    1.500000] something else\n")
    let bytes = Array(log.utf8)
    let whole = events(in: bytes)
    #expect(faults(whole).count == FaultLineTests.printed.count)
    for piece in [1, 7, 64, 1000] { #expect(events(in: bytes, piece: piece) == whole) }
  }

  @Test(
    "what is not a fault does not become one",
    arguments: [
      #"pr_err("[%s NO_PASID] Request device [%02x:%02x.%d] fault addr 0x%llx [fault reason 0x%02x] %s\n","#,
      "DMAR: [DMA Read] Request device [ : : . ] fault addr",
      "DMAR: [DMA Read] Request device", "[DMA Read] is what the log says about device 00:02.0",
      "AMD-Vi: Event logged [IO_PAGE_FAULT device=02:00.0 domain=0x000b address=0xfd00 flags=0x0010]",
      "arm-smmu 9050000.iommu: Unhandled context fault: fsr=0x402, iova=0x0, fsynr=0x1, cb=0",
      "DMAR: [DMA Read] Request device [zz:00.0] fault addr 0x0 [fault reason 0x06] x",
      "DMAR: [DMA Read] Request device [00:20.0] fault addr 0x0 [fault reason 0x06] x",
      "DMAR: [DMA Read] Request device [00:02.9] fault addr 0x0 [fault reason 0x06] x",
    ])
  func notFaults(line: String) {
    #expect(faults(events(in: line + "\n")).isEmpty)
  }

  struct Slip: CustomTestStringConvertible {
    let log: String
    let expected: String
    let printed: UInt8?
    var testDescription: String { log }
  }

  @Test(
    "slips of a hand are read and reported",
    arguments: [
      Slip(
        log:
          "DMAR : [DMA Write NO_PASID] Request device [07.00.1] fault addr\n0xfffe0000 [fault reason 0x82] Present bit in contect entry is clear",
        expected: "Write 07:00.1 fffe0000 0x02", printed: 0x82),
      Slip(
        log:
          "DMAR: [DMA read] Request Device [5e:00.0]fault addr 0 [fault reason 06] PTE Read access is not set",
        expected: "Read 5e:00.0 0 0x06", printed: nil),
      Slip(
        log:
          "[DMA Read] Request device [86:05.6] fault addr 0 [fault reason 06] PTE Read access is not set",
        expected: "Read 86:05.6 0 0x06", printed: nil),
      Slip(
        log:
          "DMAR: [DMA Write] Requst device [00:14.0] fault adr fff00000 [fault reson 05] PTE Write access is not set",
        expected: "Write 00:14.0 fff00000 0x05", printed: nil),
      Slip(
        log:
          "DMAR: [DMA Read] Request device [00:02.0] fault addr 1000 [fault reason 59] SM: Present bit in PASID Table Entry is clear",
        expected: "Read 00:02.0 1000 0x59", printed: nil),
      Slip(
        log:
          "DMAR: [DMA Read] Request device [00:02.0] fault addr 1000 [fault reason 12] non-zero reserved fields in PTE",
        expected: "Read 00:02.0 1000 0x0c", printed: nil),
      Slip(
        log:
          "(XEN) [   37.201160] [VT-D]DMAR:[DMA Write] Request device [0000:00:1e.6] fault addr 0\n(XEN) [   37.201163] [VT-D]DMAR: reason 02 - Present bit in context entry is clear",
        expected: "Write 00:1e.6 0 0x02", printed: nil),
      Slip(
        log:
          "(XEN) [VT-D]DMAR:[DMA Read] Request device [0000:00:02.0] fault addr 8e43c000, iommu reg = ffff82c00021d000\n(XEN) [VT-D]DMAR: reason 06 - PTE Read access is not set",
        expected: "Read 00:02.0 8e43c000 0x06", printed: nil),
      Slip(
        log:
          "DMAR: handling fault status reg 3> DMAR: [DMA Write] Request device [03:00.0] fault addr ff000 [fault reason 05] PTE Write access is not set",
        expected: "Write 03:00.0 ff000 0x05", printed: nil),
      Slip(
        log:
          "DMAR: [DMA Read NO_PASID] Request device [81:00.0] fault addr 0xffffd000 [fault reason 0x59] SM: Present bit in PA$",
        expected: "Read 81:00.0 ffffd000 0x59", printed: nil),
      Slip(
        log:
          "DMAR: [DMA Read] Request device [7a:02.0] PASID 2 fault addr 7f81c968d000 [fault reason 113]",
        expected: "Read 7a:02.0 7f81c968d000 0x71", printed: nil),
      Slip(
        log:
          "DMAR: [DMA Read NO_PASID] Request device [0000:81:00.0] fault addr 0xffffd000 [fault reason 0x06] PTE Read access is not set",
        expected: "Read 81:00.0 ffffd000 0x06", printed: nil),
    ])
  func slips(_ slip: Slip) throws {
    let found = faults(events(in: slip.log + "\n"))
    #expect(found.map(notation) == [slip.expected])
    #expect(found.first?.printedReason == slip.printed)
  }

  @Test("other lines between the two lines of an old record are passed over and counted")
  func interleaved() throws {
    let log = """
      [    1.000000] DMAR:[DMA Write] Request device [05:01.0] fault addr ffbfe000 
      [    1.000001] usb 1-1: new high-speed USB device
      [    1.000002] DMAR:[fault reason 02] Present bit in context entry is clear

      """
    let found = events(in: log)
    #expect(faults(found).map(notation) == ["Write 05:01.0 ffbfe000 0x02"])
    #expect(found.first?.repairs == [.skippedForeignLines(1)])
    #expect(found.first?.lines == 1...3)
  }

  @Test("a record between two lines of another kind is joined only as far as it goes")
  func joinedLines() throws {
    let log =
      "DMAR: DRHD: handling fault status reg 2\nDMAR: [DMA Read] Request device [02:00.0] fault addr ffffc030b000 [fault\nreason 06] PTE Read access is not set\n"
    let found = events(in: log)
    #expect(found.map(\.lines) == [1...1, 2...3])
    #expect(found.last?.repairs == [.joinedLines(2)])
  }
}
