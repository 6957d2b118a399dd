import Foundation
import Rebuild
import Testing

/// A log without a DMAR table, about more units than one.
@Suite("Several units")
struct SeveralUnitsTests {
  private static func fault(_ device: String, _ address: Int, _ dump: [String] = []) -> String {
    let lines =
      [
        "DRHD: handling fault status reg 2",
        "[DMA Write NO_PASID] Request device [\(device)] fault addr 0x\(address)000 "
          + "[fault reason 0x05] PTE Write access is not set",
      ] + dump
    return lines.map { "DMAR: \($0)\n" }.joined()
  }

  private static func driverLines(_ yaml: String) -> [String] {
    Rebuilding.lines(of: yaml).compactMap { line in
      line.range(of: "DMAR: ").map { String(line[$0.lowerBound...]) }
    }
  }

  @Test("faults of two segments come back from units of their segments, though the bus is the same")
  func segments() {
    let log =
      Self.fault("0001:03:00.0", 1) + Self.fault("0000:03:00.0", 2) + Self.fault("0001:03:00.0", 3)
    let rebuilt = Rebuilding.rebuild("Linux version 7.2.13 (build@host) #1 SMP\n" + log)
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    #expect(rebuilt.yaml.contains("segment: 1"))
    #expect(
      Self.driverLines(rebuilt.yaml).joined(separator: "\n") + "\n" == log, "\(rebuilt.yaml)")
  }

  @Test(
    "dumps that name two units come back from two, tables of three levels and of four among them")
  func dumps() {
    func dump(_ unit: Int, _ page: Int, context: String, level: Int) -> [String] {
      [
        "Dump dmar\(unit) table entries for IOVA 0x\(page)000", "root entry: 0x0000000003515001",
        "context entry: hi 0x000000000000\(context), low 0x0000000003537001",
        "pte level: \(level), pte value: 0x0000000000000000",
        "page table not present at level \(level - 1)",
      ]
    }
    let log =
      Self.fault("03:00.0", 1, dump(1, 1, context: "0102", level: 4))
      + Self.fault("00:02.0", 2, dump(0, 2, context: "0201", level: 3))
    let rebuilt = Rebuilding.rebuild("Linux version 6.1.0 (build@host) #1 SMP\n" + log)
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    #expect(rebuilt.yaml.contains("covers: [\"03:00.0\"]"), "\(rebuilt.yaml)")
    #expect(
      Self.driverLines(rebuilt.yaml).joined(separator: "\n") + "\n" == log, "\(rebuilt.yaml)")
  }

  @Test(
    "units of one machine are in the mode that their own faults show, and remap their own interrupts"
  )
  func modes() {
    let log =
      Self.fault("0000:00:1a.0", 1)
        + """
        DMAR: DRHD: handling fault status reg 2
        DMAR: [INTR-REMAP] Request device [0001:00:1a.0] fault index 0x3b [fault reason 0x26] \
        Blocked an interrupt request due to source-id verification failure
        DMAR: DRHD: handling fault status reg 2
        DMAR: [DMA Read PASID 0x2] Request device [0002:6a:01.0] fault addr 0x7fe0c9943000 \
        [fault reason 0x3a] SM: Non-zero reserved field set in Root Entry

        """
    let rebuilt = Rebuilding.rebuild("Linux version 7.3.0 (build@host) #1 SMP\n" + log)
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    #expect(!rebuilt.yaml.contains("quirks"), "no such machine is emulated\n\(rebuilt.yaml)")
    #expect(
      Self.driverLines(rebuilt.yaml).joined(separator: "\n") + "\n" == log, "\(rebuilt.yaml)")
  }
}
