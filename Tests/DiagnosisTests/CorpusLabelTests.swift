import Diagnosis
import KernelLog
import LogReading
import TestSupport
import Testing

/// What the threads ended with, and what is said first.
@Suite(
  "Verdicts on real reports",
  .enabled(if: Shared.root != nil, "the corpus is not beside this repository"))
struct CorpusLabelTests {
  struct Label: CustomTestStringConvertible {
    let file: String
    let cause: Finding.Cause
    /// How the thread ended, in the words of the table of root causes.
    let ending: String
    var testDescription: String { "\(file): \(ending)" }
  }

  /// Faults: the first verdict of every fault in the file. `.unknown` is an honest open verdict.
  static let faults: [Label] = [
    Label(file: "list-012.log", cause: .interruptEntry, ending: "bridge alias, source-id check"),
    Label(file: "list-022.log", cause: .unknown, ending: "a driver under test; not settled"),
    Label(file: "list-028.log", cause: .firmwareRegion, ending: "RMRR not mapped for the group"),
    Label(file: "list-046.log", cause: .firmwareRegion, ending: "RMRR live during a domain switch"),
    Label(file: "list-050.log", cause: .inherited, ending: "scan-out latched before Linux"),
    Label(file: "list-052.log", cause: .missingFeature, ending: "U/S bit not set"),
    Label(file: "list-054.log", cause: .phantomFunction, ending: "00:16.7 is the firmware TPM"),
    Label(file: "list-060.log", cause: .unknown, ending: "not settled in the thread"),
    Label(file: "list-068.log", cause: .compatibilityInterrupt, ending: "virtual function's MSI"),
    Label(file: "list-070.log", cause: .unknown, ending: "unaligned flush; not visible in the log"),
    Label(file: "list-074.log", cause: .staleCache, ending: "4 KiB pages replaced by a 2 MiB page"),
    Label(file: "list-076.log", cause: .rawPhysicalAddress, ending: "the IPU's own page table"),
    Label(file: "list-086.log", cause: .oldKernelTables, ending: "kdump; the dump itself fails"),
    Label(
      file: "other-E02.log", cause: .unsetAddress,
      ending: "an MSI sent before its address is set: address 0"),
    Label(file: "other-E03.log", cause: .unknown, ending: "not settled; the splat was"),
    Label(file: "other-E04.log", cause: .oldKernelTables, ending: "table in the wrong half"),
    Label(file: "other-E06.log", cause: .phantomFunction, ending: "Marvell alias"),
    Label(file: "other-E09.log", cause: .ioapicAtBoot, ending: "IOAPIC during enabling"),
  ]

  @Test("the first verdict is what the thread ended with, or honestly open", arguments: faults)
  func fault(_ label: Label) throws {
    let bytes = try #require(Shared.bytes("corpus/" + label.file))
    let explained = explanation(of: bytes)
    #expect(!explained.faults.isEmpty)
    for fault in explained.faults {
      #expect(fault.verdict?.cause == label.cause, "\(fault.verdict?.verdict ?? "none")")
    }
  }

  @Test(
    "what the log as a whole shows is found",
    arguments: [
      Label(file: "list-040.log", cause: .firmwareTable, ending: "VT-d off since 5.5"),
      Label(file: "list-054.log", cause: .firmwareTable, ending: "RMRR not reserved"),
      Label(file: "list-084.log", cause: .oldKernelTables, ending: "kexec with remapping on"),
      Label(file: "list-072.log", cause: .staleCache, ending: "unaligned flush"),
      Label(file: "other-E10.log", cause: .invalidationTimeout, ending: "device gone with ATS on"),
    ])
  func whole(_ label: Label) throws {
    let bytes = try #require(Shared.bytes("corpus/" + label.file))
    #expect(explanation(of: bytes).findings.contains { $0.cause == label.cause })
  }

  @Test(
    "lock reports are read with their locks",
    arguments: [
      ("list-004.log", .rcu, nil, 0), ("list-048.log", .rcu, nil, 0),
      ("list-006.log", .circular, "&(&iommu->lock)->rlock", 2),
      ("list-008.log", .circular, "&(&iommu->lock)->rlock", 2),
      ("list-080.log", .circular, "&param->lock", 3),
      ("other-E02.log", .inconsistentState, "&k->k_lock", 0),
      ("other-E03.log", .waitContext, "&port_lock_key", 0),
    ] as [(String, LockSplat.Kind, String?, Int)])
  func splats(file: String, kind: LockSplat.Kind, lock: String?, chain: Int) throws {
    let bytes = try #require(Shared.bytes("corpus/" + file))
    let splats = explanation(of: bytes).splats
    #expect(splats.count == 1)
    let splat = try #require(splats.first?.splat)
    #expect(splat.kind == kind)
    #expect(splat.wanted?.name == lock)
    #expect(splat.chain.count == chain)
  }

  @Test(
    "files without a fault get no fault",
    arguments: ["list-002.log", "list-010.log", "list-016.log", "list-058.log", "list-088.log"])
  func silent(file: String) throws {
    let bytes = try #require(Shared.bytes("corpus/" + file))
    #expect(explanation(of: bytes).faults.isEmpty)
  }
}
