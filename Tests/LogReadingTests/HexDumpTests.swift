import LogReading
import Testing

/// A log that somebody printed as bytes.
@Suite("Dumps of a log's bytes")
struct HexDumpTests {
  private static func read(_ text: String) -> (events: Int, reader: LogReader) {
    var reader = LogReader()
    var events = 0
    Array(text.utf8).withUnsafeBytes { reader.read($0) { _ in events += 1 } }
    reader.finish { _ in events += 1 }
    return (events, reader)
  }

  @Test(
    "pieces of lines beside the bytes are no lines of a kernel, so that a dump is no log without faults",
    arguments: [
      "00000000  5b 20 20 20 20 31 2e 30  5d 20 44 4d 41 52 3a 20  |[    1.0] DMAR: |\n",
      "00000000: 5b20 2020 2031 2e30 5d20 444d 4152 3a20  [    1.0] DMAR: \n",
      "0000000   [                   1   .   0   ]       D   M   A   R   :    \n",
    ])
  func dumps(_ line: String) {
    let (events, reader) = Self.read(line)
    #expect(events == 0)
    #expect(reader.kernelLineCount == 0)
    #expect(reader.isBinary)
  }

  @Test("a log that begins with a number is read")
  func numbers() {
    let (events, reader) = Self.read(
      "0000000001 kernel: DMAR: [DMA Write] Request device [00:1a.0] fault addr 0x1000 "
        + "[fault reason 05] PTE Write access is not set\n")
    #expect(events == 1)
    #expect(!reader.isBinary)
  }
}
