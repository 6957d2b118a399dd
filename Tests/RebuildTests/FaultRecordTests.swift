import Rebuild
import Testing

/// Units of several fault records, whose status lines name the one that is used next.
@Suite("The record of a status line")
struct FaultRecordTests {
  private static func log(_ statuses: [String], hasTimes: Bool) -> String {
    statuses.enumerated().map { index, status in
      let texts = [
        "DMAR: DRHD: handling fault status reg \(status)",
        "DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x\(index + 1)000 "
          + "[fault reason 0x06] PTE Read access is not set",
      ]
      return texts.map { (hasTimes ? "[   \(index + 1)0.000000] " : "") + $0 + "\n" }.joined()
    }.joined()
  }

  @Test("a context entry that a crash kernel took over is named where its dump hides it")
  func takenOver() throws {
    let rebuilt = Rebuilding.rebuild(
      """
      [    3.000000] DMAR: DRHD: handling fault status reg 2
      [    3.000001] DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x1000 [fault reason 0x05] PTE Write access is not set
      [    3.000002] DMAR: Dump dmar0 table entries for IOVA 0x1000
      [    3.000003] DMAR: root entry: 0x0000000008102001
      [    3.000004] DMAR: context table is not present

      """)
    #expect(rebuilt.faultCount == 1)
    let left = try #require(rebuilt.leftOut.first)
    #expect(rebuilt.leftOut.count == 1 && left.line == 5)
    #expect(left.reason.hasPrefix("the kernel hides a context entry that it took over"))
  }

  @Test(
    "comes back, with what the log leaves out before it",
    arguments: [
      ["2", "102", "202"], ["102"], ["702", "2"], ["2", "302", "602"], ["902", "2", "f02"],
      ["302", "2", "302"],
    ], [true, false])
  func records(_ statuses: [String], hasTimes: Bool) {
    let log = Self.log(statuses, hasTimes: hasTimes)
    let rebuilt = Rebuilding.rebuild(log)
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    let lines = Rebuilding.lines(of: rebuilt.yaml).map { $0.drop { $0 != "]" }.dropFirst(2) }
    let wanted = Self.log(statuses, hasTimes: false).split(separator: "\n")
    #expect(lines == wanted, "\(rebuilt.yaml)")
  }

  @Test("needs no assumption where the records follow each other")
  func plain() {
    let rebuilt = Rebuilding.rebuild(Self.log(["2", "102", "202"], hasTimes: true))
    #expect(!rebuilt.yaml.contains("offset: 0x38"))
    let gap = Rebuilding.rebuild(Self.log(["2", "202"], hasTimes: true))
    #expect(gap.yaml.contains("as many faults before as use the records"))
  }
}
