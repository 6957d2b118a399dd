@testable import Diagnosis
import KernelLog
import LogReading
import Testing

/// Messages about remapping that are not fault records.
@Suite("Messages")
struct MessageTests {
  /// Kinds whose findings compare several lines, or that another finding tells.
  static let told: Set<KernelMessage.Kind> = [.entryAlreadySet, .entryNotEmpty, .unitDead]

  @Test(
    "every kind of message has a finding, or says why not", arguments: KernelMessage.Kind.allCases)
  func complete(kind: KernelMessage.Kind) {
    let isShown = MessageMeaning.of(kind) != nil
    #expect(isShown != (kind.isMark || Self.told.contains(kind)), "\(kind.rawValue)")
  }

  @Test("a message's device and numbers stand in its finding")
  func filled() throws {
    let log =
      "[  300.000000] intel_iommu_map: iommu width (39) is not sufficient for the mapped address (8800001000)\n"
    let finding = try #require(explanation(of: log).findings.first)
    #expect(finding.id == "address-width")
    #expect(finding.verdict.contains("0x8800001000"))
    #expect(finding.verdict.contains("39"))
    #expect(finding.severity == .serious)
  }

  @Test(
    "lines of the boot that ask for something are findings",
    arguments: [
      ("DMAR: Unknown option - 'igfx_of'", "option-unknown", Finding.Severity.unclear),
      (
        "DMAR: Intel-IOMMU: not forcing on after tboot. This could expose security risk for tboot",
        "tboot-unprotected", .unclear
      ),
      ("DMAR: IOMMU feature pgsel_inv inconsistent", "units-differ", .harmless),
    ])
  func boot(line: String, id: String, severity: Finding.Severity) throws {
    let finding = try #require(explanation(of: "[    0.100000] \(line)\n").findings.first)
    #expect(finding.id == id)
    #expect(finding.severity == severity)
    #expect(finding.why.first?.text.isEmpty == false)
  }

  @Test(
    "a fault of another kind of IOMMU is not a quiet log",
    arguments: [
      "AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x000d address=0xcfc016d0 flags=0x0070]",
      "ath10k_pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d address=0xcfc016d0 flags=0x0070]",
      "arm-smmu-v3 2b400000.iommu: event 0x10 received:",
    ])
  func otherUnits(line: String) throws {
    let finding = try #require(explanation(of: "[    7.400000] \(line)\n").findings.first)
    #expect(finding.id == "other-iommu")
    #expect(finding.severity == .serious)
  }

  @Test("pass-through is not advice where the kernel's devices are in it already")
  func passThrough() throws {
    let log =
      "pci 0000:03:00.0: [1106:3483] type 00 class 0x0c0330\n"
      + CauseTests.fault(
        "[DMA Read NO_PASID] Request device [03:00.0] fault addr 0xfffe1000 [fault reason 0x06] PTE Read access is not set"
      )
    func advised(_ type: String) throws -> [WorkAround] {
      let line = "[    2.700000] iommu: Default domain type: \(type)\n"
      return try #require(explanation(of: line + log).faults.first?.advice).workarounds
    }
    #expect(try advised("Translated") == [.passThrough])
    #expect(try advised("Passthrough (set via kernel command line)") == [])
  }

  @Test("the same message again is counted, not told again")
  func counted() throws {
    let line = " hpsa 0000:03:00.0: DMAR: Allocating 1-page iova failed\n"
    let findings = explanation(of: String(repeating: line, count: 5)).findings
    #expect(findings.count == 1)
    #expect(findings.first?.why.first?.text.contains("5 times") == true)
    #expect(findings.first?.verdict.contains("03:00.0") == true)
  }

  @Test("an error of the queue itself blames no device")
  func queueError() throws {
    let log = """
      [   10.000001] DMAR: VT-d detected Invalidation Queue Error: Reason 3
      [   10.000002] DMAR: QI HEAD: UNKNOWN qw0 = 0xf, qw1 = 0x0

      """
    let finding = try #require(explanation(of: log).findings.first)
    #expect(finding.id == "queue-error")
    #expect(finding.verdict.contains("no device is to blame"))
    #expect(finding.why.contains { $0.text.contains("type is not known") })
  }

  @Test("a report names the machine, the record, the reasons and what is missing")
  func report() {
    let log =
      "[    0.000000] Linux version 6.12.9 (x) #1\n"
      + CauseTests.fault(
        "[DMA Write NO_PASID] Request device [03:00.0] fault addr 0xfffe1000 [fault reason 0x05] PTE Write access is not set"
      )
    let text = ReportText(explanation(of: log)).text
    for words in [
      "6.12.9", "03:00.0", "0xfffe1000", "taken for:", "because:", "asked for as a rule",
    ] {
      #expect(text.contains(words), "\(text)")
    }
  }

  @Test("the advice names the price of each work-around and what the log's kernel lacks")
  func advice() throws {
    let log =
      "[    0.000000] Linux version 6.1.9 (x) #1\n"
      + "[    0.9] pci 0000:3b:00.0: Adding to iommu group 22\n"
      + "[    1.0] pci 0000:3b:00.0: Adding to iommu group 22\n"
      + CauseTests.fault(
        "[DMA Write NO_PASID] Request device [3b:00.0] fault addr 0xfffe5000 [fault reason 0x02] Present bit in context entry is clear"
      ) + "[   30.000000] pci 0000:3b:00.0: Adding to iommu group 22\n"
    let fault = try #require(explanation(of: log).faults.first)
    #expect(fault.verdict?.cause == .removedAndFound)
    #expect(fault.advice?.history.contains { $0.hasPrefix("your 6.1.9 lacks") } == true)
    for workaround in WorkAround.allCases { #expect(!workaround.price.isEmpty) }
  }
}
