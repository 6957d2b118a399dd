import KernelLog
import KernelProfiles
import LogReading
import Testing

@testable import LinuxIOMMU

/// A line and the kernel that prints it. Lines before 2.6.32 have no profile; they name the shape
/// of boot lines.
struct PrintedLine: CustomTestStringConvertible {
  let release: String
  let text: String
  var testDescription: String { "\(release): \(text.prefix(70))" }

  init(_ release: String, _ text: String) {
    self.release = release
    self.text = text
  }

  var generations: LineGenerations? {
    if let shape = BootLineGeneration(rawValue: release) { return LineGenerations(boot: shape) }
    return KernelProfile.named(release)?.behaviour.lines
  }
}

/// Every line format that logs hold, each with a line as it was printed: the line reads as a value,
/// and the value prints as the same line in the kernel that prints it.
@Suite("Every line format of the driver")
struct LineFormatTests {
  @Test("reads, and prints the same again", arguments: faults + interrupts)
  func readsFault(_ expected: PrintedLine) throws { try check(expected) }

  @Test("reads, and prints the same again", arguments: statuses + queue + pageRequests)
  func readsEvent(_ expected: PrintedLine) throws { try check(expected) }

  @Test("reads, and prints the same again", arguments: dumps)
  func readsDump(_ expected: PrintedLine) throws { try check(expected) }

  @Test("reads, and prints the same again", arguments: oldBoot + boot + firmware + devices)
  func readsBoot(_ expected: PrintedLine) throws { try check(expected) }

  private func check(_ expected: PrintedLine) throws {
    var reader = LogReader()
    var events: [LogEvent] = []
    Array((expected.text + "\n").utf8).withUnsafeBytes { reader.read($0) { events.append($0) } }
    reader.finish { events.append($0) }
    let line = try #require(events.lazy.compactMap { $0.kind.line }.first)
    let generations = try #require(expected.generations)
    #expect(line.text(generations) == expected.text)
  }

  static let faults: [PrintedLine] = [
    PrintedLine(
      "3.5",
      "DMAR:[DMA Write] Request device [05:01.0] fault addr ffbfe000 \n"
        + "DMAR:[fault reason 02] Present bit in context entry is clear"),
    PrintedLine(
      "3.11",
      "dmar: DMAR:[DMA Read] Request device [01:00.0] fault addr 41a6aa000 \n"
        + "DMAR:[fault reason 01] Present bit in root entry is clear"),
    PrintedLine(
      "4.4",
      "DMAR: DMAR:[DMA Write] Request device [04:00.0] fault addr 80edd1000 \n"
        + "DMAR:[fault reason 05] PTE Write access is not set"),
    PrintedLine(
      "5.3-rc2",
      "DMAR: [DMA Read] Request device [09:00.1] fault addr fff00000 [fault reason 02] "
        + "Present bit in context entry is clear"),
    PrintedLine(
      "5.3",
      "DMAR: [DMA Read] Request device [00:02.0] fault addr 9f000000 [fault reason 05] "
        + "PTE Write access is not set"),
    PrintedLine(
      "4.19", "DMAR: [DMA Read] Request device [00:02.0] fault addr 0 [fault reason 23] Unknown"),
    PrintedLine(
      "5.4",
      "DMAR: [DMA Read] Request device [01:00.2] PASID ffffffff fault addr bdf6f000 "
        + "[fault reason 06] PTE Read access is not set"),
    PrintedLine(
      "5.11",
      "DMAR: [DMA Read] Request device [7a:02.0] PASID 2 fault addr 7f81c968d000 "
        + "[fault reason 113] SM: Present bit in first-level paging entry is clear"),
    PrintedLine(
      "5.8",
      "DMAR: [DMA Read] Request device [00:02.0] PASID 1 fault addr 4000 "
        + "[fault reason 129] SM: U/S set 0 for first-level translation with user privilege"),
    PrintedLine(
      "5.14",
      "DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x70ad5000 "
        + "[fault reason 0x07] Next page table ptr is invalid"),
    PrintedLine(
      "5.15",
      "DMAR: [DMA Read NO_PASID] Request device [81:00.0] fault addr 0xffffd000 "
        + "[fault reason 0x59] SM: Present bit in PASID Table Entry is clear"),
    PrintedLine(
      "6.12",
      "DMAR: [DMA Read PASID 0x2] Request device [6a:01.0] fault addr 0x7fe0c9943000 "
        + "[fault reason 0x3a] SM: Non-zero reserved field set in Root Entry"),
    PrintedLine(
      "7.1",
      "DMAR: [DMA Write NO_PASID] Request device [00:1a.0] fault addr 0x1000000 "
        + "[fault reason 0x05] PTE Write access is not set"),
    PrintedLine(
      "7.3",
      "DMAR: [DMA Write NO_PASID] Request device [0000:00:1a.0] fault addr 0x1000000 "
        + "[fault reason 0x05] PTE Write access is not set"),
  ]

  static let interrupts: [PrintedLine] = [
    PrintedLine(
      "3.5",
      "INTR-REMAP: Request device [[f0:1f.0] fault index 0\n"
        + "INTR-REMAP:[fault reason 37] Blocked a compatibility format interrupt request"),
    PrintedLine(
      "4.4",
      "DMAR: INTR-REMAP: Request device [[f0:1f.0] fault index 0\n"
        + "INTR-REMAP:[fault reason 37] Blocked a compatibility format interrupt request"),
    PrintedLine(
      "5.10",
      "DMAR: [INTR-REMAP] Request device [42:00.2] fault index 1600 [fault reason 37] "
        + "Blocked a compatibility format interrupt request"),
    PrintedLine(
      "5.3",
      "DMAR: [INTR-REMAP] Request device [00:11.0] fault index 3b [fault reason 38] "
        + "Blocked an interrupt request due to source-id verification failure"),
    PrintedLine(
      "5.14",
      "DMAR: [INTR-REMAP] Request device [0xe2:0x00.0] fault index 0xa00 [fault reason 0x25] "
        + "Blocked a compatibility format interrupt request"),
    PrintedLine(
      "6.2",
      "DMAR: [INTR-REMAP] Request device [f0:1f.0] fault index 0x0 [fault reason 0x25] "
        + "Blocked a compatibility format interrupt request"),
  ]

  static let statuses: [PrintedLine] =
    [
      PrintedLine("3.2", "DRHD: handling fault status reg 2"),
      PrintedLine("3.11", "dmar: DRHD: handling fault status reg 3"),
      PrintedLine("5.4", "dmar_fault: 131757 callbacks suppressed"),
    ]
    + ["2", "3", "602", "702", "502", "402", "202", "302", "102", "100", "600", "40"].map {
      PrintedLine("6.1", "DMAR: DRHD: handling fault status reg \($0)")
    }

  static let queue: [PrintedLine] = [
    PrintedLine("2.6.32", "VT-d detected invalid descriptor: low=8000000000000012, high=0"),
    PrintedLine("3.10", "dmar: VT-d detected invalid descriptor: low=8000000000000012, high=0"),
    PrintedLine("4.19", "DMAR: VT-d detected invalid descriptor: low=12, high=1000"),
    PrintedLine("5.10", "DMAR: VT-d detected invalid descriptor: qw0 = 12, qw1 = 1000"),
    PrintedLine("6.6", "DMAR: VT-d detected Invalidation Time-out Error: SID 0"),
    PrintedLine("6.6", "DMAR: VT-d detected Invalidation Queue Error: Reason f"),
    PrintedLine("6.6", "DMAR: VT-d detected Invalidation Completion Error: SID ffff"),
    PrintedLine("6.6", "DMAR: QI HEAD: Invalidation Wait qw0 = 0x200000025, qw1 = 0x1003a07fc"),
    PrintedLine(
      "6.6",
      "DMAR: QI HEAD: Device-TLB Invalidation qw0 = 0xaf0300100003, qw1 = 0x7ffffffffffff001"),
    PrintedLine("6.6", "DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x10005f634"),
    PrintedLine("6.6", "DMAR: QI PRIOR: Context-cache Invalidation qw0 = 0x11, qw1 = 0x0"),
    PrintedLine("6.6", "DMAR: QI HEAD: Interrupt Entry Cache Invalidation qw0 = 0x4, qw1 = 0x0"),
    PrintedLine("6.6", "DMAR: QI HEAD: PASID-based IOTLB Invalidation qw0 = 0x26, qw1 = 0x0"),
    PrintedLine("6.6", "DMAR: QI HEAD: PASID-based Device-TLB Invalidation qw0 = 0x8, qw1 = 0x0"),
    PrintedLine("6.6", "DMAR: QI HEAD: Page Group Response qw0 = 0x9, qw1 = 0x0"),
    PrintedLine("6.6", "DMAR: QI HEAD: UNKNOWN qw0 = 0x0, qw1 = 0x0"),
    PrintedLine("6.6", "DMAR: Invalidation Queue Error (IQE) cleared"),
    PrintedLine("6.6", "DMAR: Invalidation Time-out Error (ITE) cleared"),
    PrintedLine("6.6", "DMAR: Invalidation Completion Error (ICE) cleared"),
    PrintedLine("5.4", "DMAR: Invalidate non-aligned address 7f76f47f9000, order 0"),
    PrintedLine("5.4", "Kernel panic - not syncing: DMAR hardware is malfunctioning"),
  ]

  static let pageRequests: [PrintedLine] = [
    PrintedLine("5.10", "dmar0: Page request without PASID: 6a080001 00001007"),
    PrintedLine("5.10", "dmar0: Page request for invalid PASID 2: 26a080101 00001007"),
    PrintedLine("5.10", "Unexpected page request in Privilege Mode"),
    PrintedLine("5.10", "Execution request not supported"),
    PrintedLine("6.1", "IOMMU: dmar12: Page request without PASID"),
    PrintedLine("6.1", "dmar12: Invalid page request: 6a080001 7fe0c9943007"),
    PrintedLine("6.1", "IOMMU: dmar0: Address is not canonical"),
    PrintedLine("6.1", "IOMMU: dmar0: Page request in Privilege Mode"),
    PrintedLine("6.1", "IOMMU: dmar0: Execution request not supported"),
    PrintedLine("6.1", "IOMMU: dmar0: PRQ overflow detected"),
    PrintedLine("6.1", "IOMMU: dmar0: PRQ overflow cleared"),
  ]

  static let dumps: [PrintedLine] =
    [
      PrintedLine("5.16", "DMAR: Dump dmar0 table entries for IOVA 0x0"),
      PrintedLine("5.16", "DMAR: root entry: 0x0000000127f42001"),
      PrintedLine(
        "6.1",
        "DMAR: scalable mode root entry: hi 0x0000000000000000, low 0x00000000460d1001"),
      PrintedLine("5.16", "DMAR: context entry: hi 0x0000000000001502, low 0x000000012d8ab001"),
      PrintedLine("6.1", "DMAR: pasid dir entry: 0x0000000101b4e001"),
      PrintedLine("6.1", "DMAR: pasid table entry[0]: 0x0000000000000109"),
      PrintedLine("6.1", "DMAR: pasid table entry[7]: 0x0000000000000000"),
      PrintedLine("6.1", "DMAR: pte level: 2, pte value: 0xf000ff53f000ff53"),
      PrintedLine("6.0", "DMAR: PTE not present at level 4"),
      PrintedLine("6.1.192", "DMAR: page table not present at level 3"),
      PrintedLine("5.16", "DMAR: device [00:1a.0] not probed"),
      PrintedLine("5.19", "DMAR: no page table setup"),
    ]
    + ["root table", "context table", "pasid directory", "pasid table"].map {
      PrintedLine("5.16", "DMAR: \($0) entry is not present")
    }
    + [
      "root table", "context table", "legacy mode page table", "pasid directory table",
      "pasid table", "scalable mode page table",
    ].map { PrintedLine("6.13", "DMAR: \($0) is not present") }

  static let oldBoot: [PrintedLine] = [
    PrintedLine("acpi", "ACPI DMAR:Host address width 36"),
    PrintedLine("acpi", "ACPI DMAR:DRHD (flags: 0x00000001)base: 0x00000000fed93000"),
    PrintedLine("acpi", "ACPI DMAR:RMRR base: 0x00000000000ed000 end: 0x00000000000effff"),
    PrintedLine("acpi", "PCI-DMA: Using DMAR IOMMU"),
    PrintedLine("tagged", "DMAR:DRHD base: 0x000000feb03000 flags: 0x0"),
    PrintedLine("tagged", "IOMMU feb03000: ver 1:0 cap c9008020e30260 ecap 1000"),
    PrintedLine("2.6.32", "DMAR: Host address width 36"),
    PrintedLine("2.6.32", "DMAR: DRHD base: 0x000000fed91000 flags: 0x1"),
    PrintedLine("2.6.32", "IOMMU fed91000: ver 1:0 cap c9008020e30260 ecap 1000"),
    PrintedLine("2.6.38", "DMAR: DRHD base: 0x000000fed91000 flags: 0x1"),
    PrintedLine("2.6.38", "IOMMU 1: reg_base_addr fed91000 ver 1:0 cap c9008020630260 ecap 1000"),
    PrintedLine("3.2", "IOAPIC id 2 under DRHD base  0xfed91000 IOMMU 1"),
    PrintedLine("3.2", "HPET id 0 under DRHD base 0xfed91000"),
    PrintedLine("3.2", "Intel-IOMMU: enabled"),
    PrintedLine("3.2", "Intel-IOMMU: disabled"),
    PrintedLine("3.11", "dmar: Host address width 36"),
    PrintedLine(
      "3.11", "dmar: IOMMU 0: reg_base_addr fed91000 ver 1:0 cap c0000020e60262 ecap f0101a"),
    PrintedLine("3.11", "IOMMU 0 0xfed91000: using Queued invalidation"),
    PrintedLine("3.11", "IOMMU 0 0xfed91000: using Register based invalidation"),
    PrintedLine("3.11", "IOMMU: Setting RMRR:"),
    PrintedLine(
      "3.11",
      "IOMMU: Setting identity map for device 0000:00:1a.0 [0xbf499000 - 0xbf4a7fff]"),
    PrintedLine("3.11", "IOMMU: Prepare 0-16MiB unity mapping for LPC"),
    PrintedLine("3.11", "PCI-DMA: Intel(R) Virtualization Technology for Directed I/O"),
    PrintedLine("3.11", "DMAR: No ATSR found"),
    PrintedLine("3.11", "Intel-IOMMU: Forcing DAC for PCI devices"),
    PrintedLine("3.11", "Intel-IOMMU: disable batched IOTLB flush"),
  ]

  static let boot: [PrintedLine] =
    [
      "DMAR: IOMMU enabled", "DMAR: IOMMU disabled", "DMAR: Host address width 46",
      "DMAR: DRHD base: 0x000000fbffe000 flags: 0x0",
      "DMAR: dmar0: reg_base_addr fbffe000 ver 1:0 cap d2078c106f0466 ecap f020de",
      "DMAR: RMRR base: 0x0000005f21a000 end: 0x0000005f228fff", "DMAR: ATSR flags: 0x0",
      "DMAR: SATC flags: 0x1", "DMAR: RHSA base: 0x000000fbffe000 proximity domain: 0x1",
      #"DMAR: ANDD device: 1 name: \_SB.PCI0.I2C0"#, "DMAR: No RMRR found",
      "DMAR: No ATSR found", "DMAR: No SATC found", "DMAR: IOMMU feature pgsel_inv inconsistent",
      "DMAR: dmar0: Using Queued invalidation",
      "DMAR: dmar0: Using Register based invalidation",
      "DMAR: Intel(R) Virtualization Technology for Directed I/O",
      "DMAR: Intel-IOMMU force enabled due to platform opt in",
      "DMAR: Enable scalable mode if hardware supports", "DMAR: Scalable mode is disallowed",
      "DMAR: Disable GFX device mapping", "DMAR: Disable supported super page",
      "DMAR: Unknown option - 'sm_maybe'",
      "DMAR: intel_iommu=forcedac deprecated; use iommu.forcedac instead",
      "DMAR: intel_iommu=strict deprecated; use iommu.strict=1 instead",
      "DMAR: Intel-IOMMU: not forcing on after tboot. This could expose security risk for tboot",
      "DMAR: Forcing Intel-IOMMU to enabled", "DMAR: Invalid DMAR haw",
      "DMAR: Unsupported device scope", "DMAR: No DMAR devices found",
      "DMAR: No IOMMU scope found for ANDD enumeration ID 1 (INT33C2:00)",
      #"DMAR: Failed to find handle for ACPI object \_SB.PCI0.I2C0"#,
      "DMAR: Cannot get a valid agaw for iommu (seq_id = 1)",
      "DMAR-IR: Failed to enable irq remapping. You are vulnerable to irq-injection attacks.",
      "DMAR: dmar3: No supported address widths. Not attempting DMA translation.",
      "DMAR: IOMMU batching disallowed due to virtualization",
      "DMAR-IR: IOAPIC id 3 under DRHD base  0xfbffe000 IOMMU 0",
      "DMAR-IR: HPET id 0 under DRHD base 0xfed91000",
      "DMAR-IR: Queued invalidation will be enabled to support x2apic and Intr-remapping.",
      "DMAR-IR: Enabled IRQ remapping in x2apic mode",
      "DMAR-IR: Enabled IRQ remapping in xapic mode",
      "DMAR-IR: x2apic is disabled because BIOS sets x2apic opt out bit.",
      "DMAR-IR: Use 'intremap=no_x2apic_optout' to override the BIOS setting.",
      "DMAR-IR: dmar1 does not support EIM", "DMAR-IR: Not enabling interrupt remapping",
      "DMAR-IR: IRQ remapping was enabled on dmar6 but we are not in kdump mode",
      "DMAR-IR: Copied IR table for dmar0 from previous kernel",
      "DMAR-IR: Failed to copy IR table for dmar0 from previous kernel",
      "DMAR: Translation already enabled - trying to copy translation structures",
      "DMAR: Copied translation tables from previous kernel for dmar1",
      "DMAR: Failed to copy translation tables from previous kernel for dmar1",
      "DMAR: Translation was enabled for dmar0 but we are not in kdump mode",
    ].map { PrintedLine("6.1", $0) }

  static let firmware: [PrintedLine] = [
    PrintedLine(
      "5.6",
      "DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR "
        + "[0x000000009d800000-0x000000009fffffff], contact BIOS vendor for fixes"),
    PrintedLine(
      "5.6",
      "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR "
        + "[0x000000009d800000-0x000000009fffffff]\n"
        + "BIOS vendor: LENOVO; Ver: JBET73WW (1.37 ); Product Version: ThinkPad T450s"),
    PrintedLine(
      "6.1",
      "DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address fed64000 "
        + "returns all ones!\nBIOS vendor: X; Ver: 1; Product Version: Y"),
    PrintedLine(
      "6.1",
      "DMAR: [Firmware Bug]: Your BIOS is broken; RHSA refers to non-existent DMAR unit at "
        + "fed64000\nBIOS vendor: X; Ver: 1; Product Version: Y"),
    PrintedLine(
      "6.1",
      "DMAR: [Firmware Bug]: Your BIOS is broken; ANDD object name is not NUL-terminated\n"
        + "BIOS vendor: X; Ver: 1; Product Version: Y"),
    PrintedLine(
      "6.1",
      "DMAR: [Firmware Bug]: RMRR entry for device 05:00.0 is broken - applying workaround"),
    PrintedLine("6.1", "DMAR: [Firmware Bug]: No DRHD structure found in DMAR table"),
    PrintedLine(
      "6.1",
      "DMAR-IR: [Firmware Bug]: ioapic 8 has no mapping iommu, interrupt remapping will be "
        + "disabled"),
  ]

  static let devices: [PrintedLine] = [
    PrintedLine("5.3", "pci 0000:01:00.1: DMAR: Device uses a private identity domain."),
    PrintedLine("5.3", "hpsa 0000:02:00.0: DMAR: 32bit DMA uses non-identity mapping"),
    PrintedLine("5.3", "pci 0000:00:1f.2: DMAR: Setting identity map [0xe8000 - 0xe8fff]"),
    PrintedLine(
      "5.3",
      "DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  "
        + "Contact your platform vendor."),
    PrintedLine("4.19", "DMAR: Allocating domain failed"),
    PrintedLine("5.2", "pci 0000:00:1c.5: DMAR: Software identity mapping"),
    PrintedLine("5.2", "pci 0000:00:1c.5: DMAR: Hardware identity mapping"),
    PrintedLine("4.19", "DMAR: Hardware identity mapping for device 0000:00:1c.5"),
    PrintedLine("3.11", "IOMMU: software identity mapping for device 0000:00:1c.5"),
    PrintedLine(
      "5.2",
      "pci 0000:00:02.0: DMAR: Ignoring identity map for HW passthrough [0xbf800000 - 0xcf9fffff]"),
    PrintedLine(
      "4.19",
      "DMAR: Ignoring identity map for HW passthrough device 0000:00:02.0 "
        + "[0xbf800000 - 0xcf9fffff]"),
    PrintedLine("6.1", "DMAR: Skip IOMMU disabling for graphics"),
    PrintedLine("6.1", "pci 0000:00:02.0: DMAR: Skip IOMMU disabling for graphics"),
    PrintedLine("6.1", "pci 0000:00:02.0: DMAR: Disabling IOMMU for graphics on this chipset"),
    PrintedLine(
      "4.19", "DMAR: Setting identity map for device 0000:00:1a.0 [0xbf499000 - 0xbf4a7fff]"),
    PrintedLine("6.1", "DMAR: Disabling IOMMU for graphics on this chipset"),
    PrintedLine(
      "4.19", "DMAR: ERROR: DMA PTE for vPFN 0x428ec already set (to 3f6ec003 not 3f6ec003)"),
    PrintedLine("5.3", "DMAR: Device scope type does not match for 0000:80:00.0"),
    PrintedLine("4.4", #"DMAR: ACPI device "INT33C2:00" under DMAR at fed91000 as 00:15.1"#),
  ]
}
