import Foundation
import SessionRecording
import TestSupport
import Testing
import VTdFormats

/// What QEMU 7.2.22 wrote of its unit: a client of the qtest protocol set tables up, edu read and wrote, and
/// a read of 0x7000 was refused.
@Suite("Scenarios of an emulator's logs")
struct EmulatorImportTests {
  /// The words that the client wrote into memory.
  private static let memory: [(address: Int, word: UInt64)] = [
    (0x100000, 0x101001), (0x101d00, 0x102001), (0x101d08, 0x102), (0x102000, 0x103003),
    (0x103000, 0x104003), (0x104000, 0x105003), (0x105008, 0x200003), (0x105010, 0x201001),
  ]

  @Test("a trace and an image of memory give the refused read again, with the guest's own tables")
  func trace() throws {
    let folder = try TemporaryFolder()
    var image = Data(count: 4 << 20)
    for (address, word) in Self.memory {
      for byte in 0..<8 { image[address + byte] = UInt8(truncatingIfNeeded: word >> (byte * 8)) }
    }
    let path = folder.url.appending(path: "memory.raw").path
    try image.write(to: URL(filePath: path))
    let scenario = folder.url.appending(path: "trace.yaml").path
    let made = try Tool.dmar(
      "import", "Tests/Golden/emulator/unit.trace", path, "-o", scenario)
    #expect(made.status == 0, "\(made.errorText)")
    let lines = try Tool.dmar("replay", scenario).outputText
    #expect(
      lines.contains(
        "[DMA Read NO_PASID] Request device [0000:00:1a.0] fault addr 0x7000 [fault reason 0x06]"))
    #expect(lines.contains("pte level: 2, pte value: 0x0000000000105003"))
  }

  @Test("without an image the tables are named as missing")
  func withoutImage() throws {
    let made = try Tool.dmar("import", "Tests/Golden/emulator/unit.trace")
    #expect(made.status == 1)
    #expect(made.errorText.contains("a trace does not tell what memory held"))
  }

  @Test("the log of a qtest session gives the same session on this machine")
  func session() throws {
    let folder = try TemporaryFolder()
    let scenario = folder.url.appending(path: "session.yaml").path
    let made = try Tool.dmar("import", "Tests/Golden/emulator/session.qtest", "-o", scenario)
    // The session waited for edu's timer by the wall clock, which no log holds.
    #expect(made.status == 1)
    #expect(made.errorText.contains("requests are answered otherwise"))
    let text = try String(contentsOfFile: scenario, encoding: .utf8)
    #expect(text.contains("\"00:1a.0\""))
    #expect(text.contains("offset: 0x20, value: 0x100000"))
  }

  @Test(
    "lines of a trace, with and without a prefix",
    arguments: [
      (
        "vtd_reg_write addr 0x20 size 0x8 value 0x100000",
        .registerWritten(offset: 0x20, size: 8, value: 0x10_0000)
      ),
      (
        "8230@1700000000.123456:vtd_inv_desc invalidate desc type iotlb high 0x0 low 0x12",
        .descriptor(high: 0, low: 0x12)
      ),
      (
        "vtd_dmar_fault sid 0xd0 fault 6 addr 0x7000 write 0",
        .fault(
          SourceID(bus: 0, device: 0x1a, function: 0), reason: 6, IOVA(rawValue: 0x7000),
          isWrite: false)
      ),
      (
        "vtd_dmar_translate dev 00:1a.00 iova 0x1000 -> gpa 0x200000 mask 0xfff",
        .translated(SourceID(bus: 0, device: 0x1a, function: 0), IOVA(rawValue: 0x1000))
      ),
      ("vtd_frr_new index 0 high 0x40ffff06000000d0 low 0x7000", .recorded),
      ("vtd_reg_write addr 0x1000 size 0x8 value 0x0", nil),
      ("a word vtd_reg_write addr 0x20 size 0x8 value 0x0", nil),
      ("vtd_dmar_translate dev 00:3a.00 iova 0x1000 -> gpa 0x0 mask 0x0", nil),
    ] as [(String, EmulatorEvent?)])
  func event(line: String, event: EmulatorEvent?) {
    let bytes = Array(line.utf8)
    #expect(bytes.withUnsafeBytes { EmulatorEvent($0) } == event)
  }
}
