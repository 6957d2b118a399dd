import Rebuild
import Testing

/// The status that the handler prints of a queue that stopped.
@Suite("The status of a stopped queue")
struct QueueStatusTests {
  private static func lines(_ log: String) -> (found: [String], leftOut: [String]) {
    let rebuilt = Rebuilding.rebuild(log + "\n")
    let found = Rebuilding.lines(of: rebuilt.yaml).map { String($0.drop { $0 != "D" }) }
    return (found, rebuilt.leftOut.map { $0.description })
  }

  @Test("comes back in front of the driver's lines where the interrupt came first")
  func first() {
    let (found, leftOut) = Self.lines(
      """
      [  101.000000] DMAR: DRHD: handling fault status reg 10
      [  101.200000] DMAR: VT-d detected Invalidation Queue Error: Reason 0
      [  101.300000] DMAR: QI HEAD: IOTLB Invalidation qw0 = 0x100000012, qw1 = 0x0
      [  101.400000] DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x8000c
      [  101.500000] DMAR: Invalidation Queue Error (IQE) cleared
      """)
    #expect(leftOut.isEmpty)
    #expect(
      found.prefix(3) == [
        "DMAR: DRHD: handling fault status reg 10",
        "DMAR: VT-d detected Invalidation Queue Error: Reason 0",
        "DMAR: QI HEAD: IOTLB Invalidation qw0 = 0x100000012, qw1 = 0x0",
      ])
  }

  @Test("comes back in the middle of the driver's lines where another processor printed it")
  func between() {
    let (found, leftOut) = Self.lines(
      """
      [  147.069016] DMAR: VT-d detected Invalidation Time-out Error: SID 3f00
      [  147.069017] DMAR: DRHD: handling fault status reg 40
      [  147.080924] DMAR: QI HEAD: UNKNOWN qw0 = 0x0, qw1 = 0x0
      [  147.090207] DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x80014
      [  147.090209] DMAR: Invalidation Time-out Error (ITE) cleared
      """)
    #expect(leftOut.isEmpty)
    #expect(found.dropFirst().first == "DMAR: DRHD: handling fault status reg 40")
  }

  @Test("is named where the driver did not yet look at a time-out")
  func named() {
    let (_, leftOut) = Self.lines(
      """
      [  147.069015] DMAR: DRHD: handling fault status reg 40
      [  147.069016] DMAR: VT-d detected Invalidation Time-out Error: SID 3f00
      """)
    #expect(leftOut == ["kernel.log:1: the interrupt of the replay's queue is served elsewhere"])
  }
}
