@testable import Diagnosis
import KernelLog
import LogReading
import Testing
import VTdFormats

/// Each root cause is found from the lines that show it, and not without them.
@Suite struct CauseTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let log: String
    let cause: Finding.Cause
    var severity: Finding.Severity = .serious
    /// A line of the log that the evidence must name.
    var evidence: Int?
    var testDescription: String { name }
  }

  static func fault(
    _ text: String, at time: String = "   20.000000", status: Int = 2
  ) -> String {
    "[\(time)] DMAR: DRHD: handling fault status reg \(status)\n[\(time)] DMAR: \(text)\n"
  }

  static let cases: [Case] = [
    Case(
      name: "1: inside an RMRR",
      log:
        "[    0.1] DMAR: x\n[    0.246267] DMAR: RMRR base: 0x000000bdf6f000 end: 0x000000bdf7efff\n"
        + fault(
          "[DMA Read NO_PASID] Request device [01:00.2] fault addr 0xbdf6f000 [fault reason 0x06] PTE Read access is not set"
        ),
      cause: .firmwareRegion, evidence: 2),
    Case(
      name: "1: while the domain changes",
      log: fault(
        "[DMA Read] Request device [02:00.0] PASID ffffffff fault addr 791dd000 [fault reason 02] Present bit in context entry is clear",
        at: "   12.546923")
        + "[   12.635193] hpsa 0000:02:00.0: Using iommu dma mapping\n"
        + "[   12.776712] hpsa 0000:02:00.0: DMAR: 32bit DMA uses non-identity mapping\n",
      cause: .firmwareRegion, evidence: 3),
    Case(
      name: "2: graphics before bring-up",
      log: "[    0.121657] DMAR: RMRR base: 0x0000006c000000 end: 0x000000707fffff\n"
        + fault(
          "[DMA Read] Request device [00:02.0] PASID ffffffff fault addr 6c800000 [fault reason 06] PTE Read access is not set",
          at: "    0.121936", status: 3)
        + "[    0.123407] DMAR-IR: Enabled IRQ remapping in xapic mode\n",
      cause: .inherited, severity: .harmless, evidence: 1),
    Case(
      name: "3: no such function",
      log: "[    2.575170] pci 0000:09:00.0: [1b4b:9128] type 00 class 0x010601\n"
        + "[    2.575339] pci 0000:00:19.0: Adding to iommu group 4\n"
        + fault(
          "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x02] Present bit in context entry is clear"
        ),
      cause: .phantomFunction, evidence: 1),
    Case(
      name: "4: address 0",
      log: fault(
        "[DMA Write] Request device [00:12.0] fault addr 0 [fault reason 05] PTE Write access is not set"
      ),
      cause: .unsetAddress, evidence: 2),
    Case(
      name: "5: just under 4 GiB after a reset",
      log: "[   19.9] x\n[   19.900000] xhci_hcd 0000:00:14.0: Abort failed to stop command ring\n"
        + fault(
          "[DMA Read NO_PASID] Request device [00:14.0] fault addr 0xfffe1000 [fault reason 0x06] PTE Read access is not set"
        ),
      cause: .unmappedTooEarly, evidence: 2),
    Case(
      name: "6: RAM",
      log: "[    0.000000] BIOS-e820: [mem 0x0000000100000000-0x000000087fffffff] usable\n"
        + fault(
          "[DMA Write NO_PASID] Request device [03:00.0] fault addr 0x41a6aa000 [fault reason 0x05] PTE Write access is not set"
        ),
      cause: .rawPhysicalAddress, evidence: 1),
    Case(
      name: "6: another device's window",
      log: "[    0.5] pci 0000:65:00.0: [10de:2230] type 00 class 0x030000\n"
        + "[    0.500000] pci 0000:65:00.0: reg 0x14: [mem 0x38800000000-0x38fffffffff 64bit pref]\n"
        + fault(
          "[DMA Read NO_PASID] Request device [03:00.0] fault addr 0x38800001000 [fault reason 0x06] PTE Read access is not set"
        ),
      cause: .rawPhysicalAddress, evidence: 2),
    Case(
      name: "7: mapped for the other direction",
      log: fault(
        "[DMA Read NO_PASID] Request device [02:00.0] fault addr 0xff100000 [fault reason 0x06] PTE Read access is not set"
      )
        + """
        [   20.000003] DMAR: Dump dmar0 table entries for IOVA 0xff100000
        [   20.000004] DMAR: root entry: 0x00000000019a1001
        [   20.000005] DMAR: context entry: hi 0x0000000000000501, low 0x00000000019ab001
        [   20.000006] DMAR: pte level: 3, pte value: 0x00000000019b2003
        [   20.000007] DMAR: pte level: 2, pte value: 0x00000000019b3003
        [   20.000008] DMAR: pte level: 1, pte value: 0x0000000012345002

        """,
      cause: .wrongDirection, evidence: 8),
    Case(
      name: "8: large page without SSLPS",
      log: "[    0.28] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008020260206 ecap f00f4a\n"
        + "[    0.280000] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008020260206 ecap f00f4a\n"
        + fault(
          "[DMA Read NO_PASID] Request device [00:02.0] fault addr 0x20200000 [fault reason 0x0c] non-zero reserved fields in PTE"
        )
          + """
          [   20.000003] DMAR: Dump dmar0 table entries for IOVA 0x20200000
          [   20.000004] DMAR: root entry: 0x00000000019a1001
          [   20.000005] DMAR: context entry: hi 0x0000000000000501, low 0x00000000019ab001
          [   20.000006] DMAR: pte level: 3, pte value: 0x00000000019b2003
          [   20.000007] DMAR: pte level: 2, pte value: 0x0000000207c00083

          """,
      cause: .superpage, evidence: 9),
    Case(
      name: "9: the dump allows it",
      log: fault(
        "[DMA Read NO_PASID] Request device [02:00.0] fault addr 0x1000 [fault reason 0x06] PTE Read access is not set"
      )
        + """
        [   20.000003] DMAR: Dump dmar0 table entries for IOVA 0x1000
        [   20.000004] DMAR: root entry: 0x00000000019a1001
        [   20.000005] DMAR: context entry: hi 0x0000000000000501, low 0x00000000019ab001
        [   20.000006] DMAR: pte level: 3, pte value: 0x00000000019b2003
        [   20.000007] DMAR: pte level: 2, pte value: 0x00000000019b3003
        [   20.000008] DMAR: pte level: 1, pte value: 0x0000000012345003

        """,
      cause: .staleCache, evidence: 8),
    Case(
      name: "9: a present PASID directory entry",
      log: fault(
        "[DMA Read PASID 0x1] Request device [00:02.0] fault addr 0x7f0000001000 [fault reason 0x51] SM: Present bit in Directory Entry is clear"
      )
        + """
        [   20.000003] DMAR: Dump dmar0 table entries for IOVA 0x7f0000001000
        [   20.000004] DMAR: scalable mode root entry: hi 0x0000000000000000, low 0x00000000460d1001
        [   20.000005] DMAR: context entry: hi 0x0000000000000008, low 0x00000010c4237401
        [   20.000006] DMAR: pasid dir entry: 0x0000000101b4e001

        """,
      cause: .staleCache, evidence: 6),
    Case(
      name: "10: compatibility format",
      log: fault(
        "[INTR-REMAP] Request device [42:00.2] fault index 1600 [fault reason 37] Blocked a compatibility format interrupt request"
      ),
      cause: .compatibilityInterrupt, evidence: 2),
    Case(
      name: "11: IOAPIC at boot",
      log: fault(
        "[INTR-REMAP] Request device [f0:1f.0] fault index 0x0 [fault reason 0x25] Blocked a compatibility format interrupt request",
        at: "    0.057770")
        + "[    0.058974] DMAR-IR: Enabled IRQ remapping in xapic mode\n",
      cause: .ioapicAtBoot, severity: .harmless, evidence: 3),
    Case(
      name: "12: source check",
      log: fault(
        "[INTR-REMAP] Request device [00:11.0] fault index 3b [fault reason 38] Blocked an interrupt request due to source-id verification failure"
      ),
      cause: .interruptEntry, evidence: 2),
    Case(
      name: "13: copied tables",
      log:
        "[    1.0] x\n[    1.000000] DMAR: Translation already enabled - trying to copy translation structures\n"
        + fault(
          "[DMA Write NO_PASID] Request device [80:1f.6] fault addr 0x1aba8d000 [fault reason 0x39] SM: Present bit in Root Entry is clear"
        ),
      cause: .oldKernelTables, evidence: 2),
    Case(
      name: "14: user bit",
      log: fault(
        "[DMA Read] Request device [41:00.0] PASID 1 fault addr 7ecdcd000 [fault reason 129] SM: U/S set 0 for first-level translation with user privilege"
      ),
      cause: .missingFeature, evidence: 2),
    Case(
      name: "15: removed",
      log: "[   10.000000] pci 0000:83:02.0: Adding to iommu group 108\n"
        + "[  108.967526] pci 0000:83:02.0: Removing from iommu group 108\n"
        + fault(
          "[DMA Read NO_PASID] Request device [83:02.0] fault addr 0xfff00000 [fault reason 0x02] Present bit in context entry is clear",
          at: "  109.000000"),
      cause: .detached, evidence: 2),
  ]

  @Test("a cause is the first verdict where the log shows it", arguments: cases)
  func verdict(_ expected: Case) throws {
    let explained = explanation(of: expected.log)
    #expect(explained.faults.count == 1)
    let verdict = try #require(explained.faults.first?.verdict)
    #expect(verdict.cause == expected.cause, "\(verdict.verdict)")
    #expect(verdict.severity == expected.severity)
    if let line = expected.evidence {
      #expect(verdict.why.flatMap(\.places).map(\.line).contains(line), "\(verdict.why)")
    }
  }

  @Test(
    "without its evidence a fault's cause is open, and what is missing is said",
    arguments: [
      "[DMA Read NO_PASID] Request device [03:00.0] fault addr 0xfffa6aa000 [fault reason 0x06] PTE Read access is not set",
      "[DMA Write] Request device [03:00.0] fault addr ffffc030b000 [fault reason 05] PTE Write access is not set",
      "[DMA Read PASID 0x2] Request device [7a:02.0] fault addr 0x7f81c968d000 [fault reason 0x71] SM: Present bit in first-level paging entry is clear",
      "[DMA Read NO_PASID] Request device [03:00.0] fault addr 0x1000 [fault reason 0x0b] non-zero reserved fields in CTP",
    ])
  func open(line: String) throws {
    let verdict = try #require(explanation(of: Self.fault(line)).faults.first?.verdict)
    #expect(verdict.cause == .unknown)
    #expect(verdict.severity == .unclear)
    #expect(!verdict.missing.isEmpty)
  }

  @Test("no advice is to switch the IOMMU off", arguments: cases)
  func advice(_ expected: Case) {
    let explained = explanation(of: expected.log)
    for finding in explained.faults.flatMap(\.findings) {
      #expect(
        !finding.next.contains { $0.contains("intel_iommu=off") || $0.contains("disable VT-d") })
    }
  }

  @Test("16: a bad table is found without a fault, and whether VT-d is off because of it")
  func firmwareTable() throws {
    let bug =
      "[    0.246268] DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR [0x0000000041d92000-0x0000000041d94fff], contact BIOS vendor for fixes\n"
    let mild = try #require(explanation(of: bug).findings.first)
    #expect(mild.cause == .firmwareTable)
    #expect(mild.severity == .unclear)
    let fatal = try #require(
      explanation(of: bug + "[    0.246271] DMAR: Parse DMAR table failure.\n").findings.first)
    #expect(fatal.severity == .serious)
    #expect(fatal.why.flatMap(\.places).map(\.line) == [1, 2])
  }

  @Test("17: the device that does not answer is read out of the descriptor")
  func invalidationTimeout() throws {
    let log = """
      [ 147.069016] DMAR: VT-d detected Invalidation Time-out Error: SID 0
      [ 147.069016] DMAR: DRHD: handling fault status reg 40
      [ 147.080924] DMAR: QI HEAD: Device-TLB Invalidation qw0 = 0xaf0300100003, qw1 = 0x7ffffffffffff001
      [ 147.090207] DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x10005f634

      """
    let finding = try #require(explanation(of: log).findings.first)
    #expect(finding.cause == .invalidationTimeout)
    #expect(finding.verdict.hasPrefix("af:00.3 did not answer"))
  }

  /// Programs read these numbers, so a cause keeps its own wherever it stands in the list.
  @Test("the numbers of the causes are those of the project's table")
  func numbers() {
    #expect(Finding.Cause.allCases.map(\.number).filter { $0 > 0 } == Array(1...31))
    let fixed: [(String, Int)] = [
      ("open", 0), ("firmware-region", 1), ("inherited-from-firmware", 2), ("phantom-function", 3),
      ("unset-address", 4), ("unmapped-too-early", 5), ("raw-physical-address", 6),
      ("wrong-direction", 7), ("unsupported-superpage", 8), ("stale-cache", 9),
      ("compatibility-interrupt", 10), ("ioapic-at-boot", 11), ("interrupt-entry", 12),
      ("tables-of-another-kernel", 13), ("feature-not-supported", 14),
      ("detached-while-in-use", 15), ("bad-firmware-table", 16), ("invalidation-timeout", 17),
    ]
    for (name, number) in fixed {
      #expect(Finding.Cause(rawValue: name)?.number == number, "\(name)")
    }
    #expect(
      Set(Rule.causes).union([
        .firmwareTable, .invalidationTimeout, .flushOfRemovedDevice, .message, .unknown,
      ]) == Set(Finding.Cause.allCases))
  }

  @Test("a storm is one group with its count and what was suppressed")
  func storm() throws {
    var log = ""
    for _ in 0..<50 {
      log += Self.fault(
        "[DMA Read] Request device [86:05.6] fault addr 0 [fault reason 06] PTE Read access is not set"
      )
    }
    log += "[   25.000000] dmar_fault: 131757 callbacks suppressed\n"
    let group = try #require(explanation(of: log).faults.first?.group)
    #expect(group.count == 50)
    #expect(group.suppressed == 131_757)
    #expect(group.first.line == 2)
    #expect(group.last.line == 100)
  }

  @Test(
    "an interrupt entry that debugfs does not show is told as such, and the file is not asked for again"
  )
  func entryNotShown() throws {
    let line =
      "[INTR-REMAP] Request device [ff:1f.7] fault index 0x100 [fault reason 0x22] Present field in the "
      + "IRTE entry is clear"
    let table = """
      Remapped Interrupt supported on IOMMU: dmar0
       IR table address:300000
       Entry SrcID   DstID    Vct IRTE_high\t\tIRTE_low
       1     ff:00.0 00000000 30  000000000004ff00\t0000000000300009
       3     ff:00.0 00000100 22  000000000004ff00\t0000010000220009

      """
    for (log, isShown) in [(Self.fault(line), false), (Self.fault(line) + table, true)] {
      let first = try #require(explanation(of: log).faults.first?.verdict)
      #expect(first.cause == .interruptEntry)
      #expect(first.missing.contains { "\($0)".contains("ir_translation_struct") } == !isShown)
      #expect(
        first.why.contains { $0.text == "debugfs shows 2 entries, and 0x100 is none of them" }
          == isShown)
    }
  }

  @Test(
    "contradictions are told",
    arguments: [
      (
        "[DMA Read] Request device [00:02.0] fault addr 8900a000 [fault reason 05] PTE Write access is not set",
        "atomic"
      ),
      (
        "[DMA Write NO_PASID] Request device [07:00.1] fault addr 0xfffe0000 [fault reason 0x82] Present bit in contect entry is clear",
        "slip of the pen"
      ),
    ])
  func contradictions(line: String, word: String) throws {
    let fault = try #require(explanation(of: Self.fault(line)).faults.first)
    #expect(fault.contradictions.contains { $0.text.contains(word) })
  }

  @Test(
    "a firmware region is found behind every reason that says that nothing is mapped",
    arguments: FaultReason.nothingMapped.sorted())
  func unmappedRegion(reason: FaultReason) throws {
    let log =
      "[    0.246267] DMAR: RMRR base: 0x00000078000000 end: 0x0000007fffffff\n"
      + Self.fault(
        "[DMA Read NO_PASID] Request device [00:1f.6] fault addr 0x79000000 [fault reason 0x"
          + hex(UInt64(reason.rawValue), digits: 2) + "] "
          + FaultReasonTable.scalable.text(reason.rawValue))
    let verdict = try #require(explanation(of: log).faults.first?.verdict)
    #expect(verdict.cause == .firmwareRegion)
  }

  @Test("a dump below an entry that is not present is called meaningless")
  func dumpOfNothing() throws {
    let log =
      Self.fault(
        "[DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x1000 [fault reason 0x02] Present bit in context entry is clear"
      )
        + """
        [   20.000003] DMAR: Dump dmar0 table entries for IOVA 0x1000
        [   20.000004] DMAR: root entry: 0x00000000019a1001
        [   20.000005] DMAR: context entry: hi 0x0000000000000000, low 0x0000000000000000
        [   20.000006] DMAR: pte level: 2, pte value: 0xf000ff53f000ff53
        [   20.000007] DMAR: PTE not present at level 1

        """
    let fault = try #require(explanation(of: log).faults.first)
    #expect(fault.contradictions.contains { $0.text.contains("physical address 0") })
  }

  @Test("a dump that killed the kernel is told, the rest of the oops aside")
  func fatalDump() {
    let log =
      Self.fault(
        "[DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x1000 [fault reason 0x0b]"
          + " non-zero reserved fields in CTP")
      + "[   20.1] DMAR: Dump dmar0 table entries for IOVA 0x1000\n"
      + "[   20.1] DMAR: root entry: 0x0000000003515001\n"
      + "[   20.1] DMAR: context entry: hi 0x0000000000000001, low 0x000000000000000d\n"
      + "[   20.1] DMAR: pte level: 3, pte value: 0xf000ff53f000ff53\n"
    let oops =
      "[   20.2] Oops: general protection fault, probably for non-canonical address"
      + " 0xf00087d3f000f000: 0000 [#1] SMP\n"
      + "[   20.2] CPU: 0 UID: 0 PID: 0 Comm: swapper/0 Not tainted 6.12.117 #1\n"
    let finding = explanation(of: log + oops).findings.first
    #expect(finding?.verdict.contains("the kernel died in the dump") == true)
    #expect(finding?.severity == .serious)
    #expect(finding?.why.first?.places.map(\.line) == [2, 7])
    #expect(explanation(of: log).findings.isEmpty)
  }
}
