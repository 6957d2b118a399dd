import KernelProfiles
import Rebuild
import Testing

@Suite("A log of a kernel that came out after all that are known here")
struct NewerKernelTests {
  @Test(
    "is rebuilt with the newest profile, and says that this is assumed",
    arguments: ["7.16.2", "8.0.0-rc1", "99.1.0-generic"])
  func rebuilds(_ release: String) throws {
    #expect(try #require(KernelProfile.named(release)).isBeyondNewest)
    let fault =
      "DMAR: [DMA Read NO_PASID] Request device [1a:00.0] fault addr 0xffb02000 "
      + "[fault reason 0x06] PTE Read access is not set"
    let rebuilt = Rebuilding.rebuild(
      """
      [    0.000000] Linux version \(release) (build@host) (gcc 15.1.0) #1 SMP PREEMPT_DYNAMIC
      [    2.000000] DMAR: DRHD: handling fault status reg 2
      [    2.000010] \(fault)

      """)
    #expect(rebuilt.leftOut.isEmpty)
    #expect(
      rebuilt.yaml.contains(
        "# assumed: the newest that is known here, for the log's kernel is newer"))
    #expect(rebuilt.yaml.contains("release: \"\(release)\""))
    #expect(Rebuilding.lines(of: rebuilt.yaml).contains { $0.contains(fault) })
  }

  @Test(
    "is none of a series of stable updates that is known",
    arguments: ["7.3", "7.3.99", "6.12.40", "2.6.32"])
  func known(_ release: String) throws {
    #expect(try #require(KernelProfile.named(release)).isBeyondNewest == false)
  }
}
