import Rebuild
import Testing

/// Logs of page requests that the driver refused, and of nothing else.
@Suite("Refused page requests")
struct PageRequestTests {
  private static func lines(_ rebuilt: RebuiltScenario) -> [String] {
    Rebuilding.lines(of: rebuilt.yaml).compactMap { line in
      line.firstIndex(of: "]").map { String(line[$0...].dropFirst(2)) }
    }.filter { $0.contains("equest") }
  }

  @Test(
    "refused page requests come back with device, page, PASID, permissions and group",
    arguments: [
      // Without a PASID, before 7.2; with one that nobody has bound; a write, execution, privilege.
      (
        "6.1.0",
        [
          "IOMMU: dmar0: Page request without PASID",
          "dmar0: Invalid page request: 6a080001 00005005",
        ]
      ),
      ("6.1.0", ["dmar0: Invalid page request: 26a080101 7f0000005006"]),
      ("7.3.4", ["dmar0: Invalid page request: 6a080001 00005005"]),
      (
        "6.12.0",
        [
          "IOMMU: dmar0: Page request in Privilege Mode",
          "dmar0: Invalid page request: 2000026a080101 00005007",
        ]
      ),
      (
        "6.12.0",
        [
          "IOMMU: dmar0: Execution request not supported",
          "dmar0: Invalid page request: 1000026a080101 00005005",
        ]
      ),
    ] as [(String, [String])])
  func refused(_ release: String, _ lines: [String]) {
    let log =
      (["Linux version \(release) (build@host) #1 SMP"] + lines).joined(separator: "\n") + "\n"
    let rebuilt = Rebuilding.rebuild(log)
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    #expect(rebuilt.pageRequestCount == 1)
    #expect(!rebuilt.isEmpty)
    #expect(Self.lines(rebuilt) == lines, "\(rebuilt.yaml)")
  }

  @Test("that fill the queue are named as left out")
  func overflow() {
    let rebuilt = Rebuilding.rebuild("IOMMU: dmar0: PRQ overflow detected\n")
    #expect(rebuilt.isEmpty)
    #expect(rebuilt.leftOut.map { $0.line } == [1])
  }
}
