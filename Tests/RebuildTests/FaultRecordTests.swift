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
