import KernelLog
import Testing
import VTdFormats

@Suite struct FaultLineTests {
  struct Case: CustomTestStringConvertible {
    let generation: FaultLineGeneration
    let line: FaultLine
    let text: String
    var testDescription: String { "\(generation.rawValue) \(text.prefix(60))" }
  }

  static func dma(
    _ access: FaultLine.Access, _ source: UInt16, _ address: UInt64, _ reason: UInt8,
    pasid: UInt32? = nil
  ) -> FaultLine {
    FaultLine(
      request: .dma(
        access: access, pasid: pasid.map(PASID.init(rawValue:)), address: IOVA(rawValue: address)),
      source: SourceID(rawValue: source), reason: reason)
  }

  static func interrupt(_ source: UInt16, _ index: UInt16, _ reason: UInt8) -> FaultLine {
    FaultLine(
      request: .interrupt(index: index), source: SourceID(rawValue: source), reason: reason)
  }

  /// Printed by real kernels (the versions are those of the reports).
  static let printed: [Case] = [
    // Ubuntu 12.10
    Case(
      generation: .f1, line: dma(.write, 0x0508, 0xffbf_e000, 2),
      text: "DMAR:[DMA Write] Request device [05:01.0] fault addr ffbfe000 \n"
        + "DMAR:[fault reason 02] Present bit in context entry is clear"),
    // 3.11
    Case(
      generation: .f2, line: dma(.read, 0x0100, 0x4_1a6a_a000, 1),
      text: "dmar: DMAR:[DMA Read] Request device [01:00.0] fault addr 41a6aa000 \n"
        + "DMAR:[fault reason 01] Present bit in root entry is clear"),
    // 4.4
    Case(
      generation: .f3, line: dma(.write, 0x0400, 0x8_0edd_1000, 5),
      text: "DMAR: DMAR:[DMA Write] Request device [04:00.0] fault addr 80edd1000 \n"
        + "DMAR:[fault reason 05] PTE Write access is not set"),
    // 5.3-rc2
    Case(
      generation: .f4, line: dma(.read, 0x0901, 0xfff0_0000, 2),
      text: "DMAR: [DMA Read] Request device [09:00.1] fault addr fff00000 "
        + "[fault reason 02] Present bit in context entry is clear"),
    // 5.4
    Case(
      generation: .f5, line: dma(.read, 0x0102, 0xbdf6_f000, 6),
      text: "DMAR: [DMA Read] Request device [01:00.2] PASID ffffffff fault addr bdf6f000 "
        + "[fault reason 06] PTE Read access is not set"),
    // 5.11-rc
    Case(
      generation: .f5, line: dma(.read, 0x7a10, 0x7f81_c968_d000, 0x71, pasid: 2),
      text: "DMAR: [DMA Read] Request device [7a:02.0] PASID 2 fault addr 7f81c968d000 "
        + "[fault reason 113] SM: Present bit in first-level paging entry is clear"),
    // 5.14-rc
    Case(
      generation: .f6, line: dma(.read, 0x0010, 0x70ad_5000, 7),
      text: "DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x70ad5000 "
        + "[fault reason 0x07] Next page table ptr is invalid"),
    // 6.1.192
    Case(
      generation: .f7, line: dma(.write, 0x00d0, 0x100_0000, 5),
      text: "DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x1000000 "
        + "[fault reason 0x05] PTE Write access is not set"),
    Case(
      generation: .f7, line: dma(.read, 0x6a08, 0x7fe0_c994_3000, 0x3a, pasid: 2),
      text: "DMAR: [DMA Read PASID 0x2] Request device [6a:01.0] fault addr 0x7fe0c9943000 "
        + "[fault reason 0x3a] SM: Non-zero reserved field set in Root Entry"),
    // 7.3.4
    Case(
      generation: .f8, line: dma(.write, 0x00d0, 0x4000, 0x71),
      text: "DMAR: [DMA Write NO_PASID] Request device [0000:00:1a.0] fault addr 0x4000 "
        + "[fault reason 0x71] SM: Present bit in first-level paging entry is clear"),
    // 4.x
    Case(
      generation: .f3, line: interrupt(0xf0f8, 0, 37),
      text: "DMAR: INTR-REMAP: Request device [[f0:1f.0] fault index 0\n"
        + "INTR-REMAP:[fault reason 37] Blocked a compatibility format interrupt request"),
    // 5.10-rc
    Case(
      generation: .f4, line: interrupt(0x4202, 0x1600, 37),
      text: "DMAR: [INTR-REMAP] Request device [42:00.2] fault index 1600 "
        + "[fault reason 37] Blocked a compatibility format interrupt request"),
    Case(
      generation: .f5, line: interrupt(0x0088, 0x3b, 38),
      text: "DMAR: [INTR-REMAP] Request device [00:11.0] fault index 3b [fault reason 38] "
        + "Blocked an interrupt request due to source-id verification failure"),
    Case(
      generation: .f6, line: interrupt(0xe200, 0xa00, 0x25),
      text: "DMAR: [INTR-REMAP] Request device [0xe2:0x00.0] fault index 0xa00 "
        + "[fault reason 0x25] Blocked a compatibility format interrupt request"),
    // 6.1.192
    Case(
      generation: .f7, line: interrupt(0xffff, 0x80, 0x22),
      text: "DMAR: [INTR-REMAP] Request device [ff:1f.7] fault index 0x80 "
        + "[fault reason 0x22] Present field in the IRTE entry is clear"),
  ]

  @Test("since 7.2 a line names the unit's segment, in DMA and interrupt lines alike")
  func segments() {
    var line = Self.dma(.read, 0x0300, 0xffff_d000, 6)
    line.segment = 1
    #expect(line.text(.f8).contains("Request device [0001:03:00.0] fault addr 0xffffd000 "))
    #expect(line.text(.f7).contains("Request device [03:00.0] fault addr 0xffffd000 "))
    line = Self.interrupt(0xffff, 0x100, 0x22)
    #expect(
      line.text(.f8)
        == "DMAR: [INTR-REMAP] Request device [0000:ff:1f.7] fault index 0x100 "
        + "[fault reason 0x22] Present field in the IRTE entry is clear")
  }

  @Test("each generation prints a fault as the kernels of its time did", arguments: printed)
  func generation(_ expected: Case) {
    #expect(expected.line.text(expected.generation) == expected.text)
  }

  @Test("an interrupt reason makes an interrupt line with the index of bits 63:48")
  func interruptRecord() {
    let line = FaultLine(
      reason: 0x25, isRead: false, pasid: nil, source: SourceID(rawValue: 0xf0f8),
      faultInfo: 0x0123_0000_0000_0000)
    #expect(line.request == .interrupt(index: 0x123))
  }

  @Test("a code that no table knows is a DMA line with the page and the word Unknown")
  func unknownRecord() {
    let line = FaultLine(
      reason: 0x27, isRead: true, pasid: PASID(rawValue: 5), source: SourceID(rawValue: 0x0010),
      faultInfo: 0x1234_5678)
    #expect(
      line.text(.f7)
        == "DMAR: [DMA Read PASID 0x5] Request device [00:02.0] fault addr 0x12345000 "
        + "[fault reason 0x27] Unknown")
  }

  @Test(
    "a reason that a kernel's tables lack prints Unknown",
    arguments: [
      (.first, 0x0c, "non-zero reserved fields in PTE"), (.first, 0x0d, "Unknown"),
      (.legacy, 0x0d, "PCE for translation request specifies blocking"),
      (.legacy, 0x59, "Unknown"), (.legacy, 0x26, FaultLineTests.sourceCheck),
      (.scalable, 0x59, "SM: Present bit in PASID Table Entry is clear"),
      (.scalable, 0x33, "Unknown"), (.scalable, 0x37, "Unknown"), (.scalable, 0x0e, "Unknown"),
      (.scalable, 0x27, "Unknown"), (.scalable, 0x2f, "Unknown"), (.scalable, 0x88, "Unknown"),
      (.scalable, 0x91, "Unknown"), (.scalable, 0xff, "Unknown"),
      (.scalable, 0x90, FaultLineTests.accessedDirty),
    ] as [(FaultReasonTable, UInt8, String)])
  func reason(table: FaultReasonTable, code: UInt8, text: String) {
    #expect(table.text(code) == text)
  }

  static let sourceCheck = "Blocked an interrupt request due to source-id verification failure"
  static let accessedDirty =
    "SM: A/D bit update needed in first-level entry when set up in no snoop"

  @Test("the three tables hold 14, 7 and 46 texts")
  func counts() {
    let codes = FaultReasonTable.codes
    #expect(codes.filter { $0 < 0x20 }.count == 14)
    #expect(codes.filter { (0x20..<0x30).contains($0) }.count == 7)
    #expect(codes.filter { $0 >= 0x30 }.count == 46)
    #expect(Set(codes.map { FaultReasonTable.scalable.text($0) }).count == codes.count)
  }

  @Test(
    "the status line has the prefix of its generation and hex without 0x",
    arguments: [
      (.f1, 0x2, "DRHD: handling fault status reg 2"),
      (.f2, 0x3, "dmar: DRHD: handling fault status reg 3"),
      (.f4, 0x602, "DMAR: DRHD: handling fault status reg 602"),
      (.f7, 0x40, "DMAR: DRHD: handling fault status reg 40"),
    ] as [(FaultLineGeneration, UInt32, String)])
  func status(generation: FaultLineGeneration, value: UInt32, text: String) {
    let line = DriverLine.status(FaultStatusLine(status: value))
    #expect(line.text(LineGenerations(faults: generation)) == text)
  }

  @Test("the limiter's line names the function")
  func suppressed() {
    let line = DriverLine.suppressed(SuppressedLine(count: 131_757))
    #expect(line.text() == "dmar_fault: 131757 callbacks suppressed")
  }
}
