import KernelLog
import PCI
import Testing
import VTdFormats

@Suite struct BootLineTests {
  struct Case: CustomTestStringConvertible {
    let generation: BootLineGeneration
    let line: BootLine
    let text: String
    var testDescription: String { text }
  }

  private static func at(_ address: UInt64) -> PhysicalAddress {
    PhysicalAddress(rawValue: address)
  }

  static let cases: [Case] = [
    Case(generation: .acpi, line: .hostAddressWidth(36), text: "ACPI DMAR:Host address width 36"),
    Case(
      generation: .acpi, line: .hardwareUnit(base: at(0xfed9_3000), flags: 1),
      text: "ACPI DMAR:DRHD (flags: 0x00000001)base: 0x00000000fed93000"),
    Case(
      generation: .tagged, line: .hardwareUnit(base: at(0xfeb0_3000), flags: 0),
      text: "DMAR:DRHD base: 0x000000feb03000 flags: 0x0"),
    Case(
      generation: .tagged,
      line: .unit(
        number: 0, base: at(0xfeb0_3000), version: 0x10, cap: 0xc9_0080_20e3_0260, ecap: 0x1000),
      text: "IOMMU feb03000: ver 1:0 cap c9008020e30260 ecap 1000"),
    Case(
      generation: .numbered,
      line: .unit(number: 1, base: at(0xfed9_1000), version: 0x10, cap: 0x1, ecap: 0x2),
      text: "IOMMU 1: reg_base_addr fed91000 ver 1:0 cap 1 ecap 2"),
    Case(
      generation: .lowercase,
      line: .unit(number: 0, base: at(0xfed9_1000), version: 0x10, cap: 0x1, ecap: 0x2),
      text: "dmar: IOMMU 0: reg_base_addr fed91000 ver 1:0 cap 1 ecap 2"),
    Case(generation: .lowercase, line: .enabled, text: "Intel-IOMMU: enabled"),
    // golden/legacy.log, 6.1.192
    Case(generation: .current, line: .enabled, text: "DMAR: IOMMU enabled"),
    Case(generation: .current, line: .hostAddressWidth(39), text: "DMAR: Host address width 39"),
    Case(
      generation: .current, line: .hardwareUnit(base: at(0xfed9_0000), flags: 0),
      text: "DMAR: DRHD base: 0x000000fed90000 flags: 0x0"),
    Case(
      generation: .current,
      line: .unit(
        number: 0, base: at(0xfed9_0000), version: 0x10, cap: 0xd2_008c_2226_0206, ecap: 0xf0_0f4a),
      text: "DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c22260206 ecap f00f4a"),
    Case(
      generation: .current, line: .ioapic(id: 0, base: at(0xfed9_0000), unit: 0),
      text: "DMAR-IR: IOAPIC id 0 under DRHD base  0xfed90000 IOMMU 0"),
    Case(
      generation: .current, line: .interruptRemapping(x2apic: false),
      text: "DMAR-IR: Enabled IRQ remapping in xapic mode"),
    Case(generation: .current, line: .notFound(.rmrr), text: "DMAR: No RMRR found"),
    Case(
      generation: .current, line: .queuedInvalidation(unit: 0),
      text: "DMAR: dmar0: Using Queued invalidation"),
    Case(
      generation: .current, line: .directedIO,
      text: "DMAR: Intel(R) Virtualization Technology for Directed I/O"),
    // list-054
    Case(
      generation: .current, line: .reservedMemory(base: 0x9d80_0000, end: 0x9fff_ffff),
      text: "DMAR: RMRR base: 0x0000009d800000 end: 0x0000009fffffff"),
    Case(
      generation: .current, line: .hpet(id: 0, base: at(0xfed9_1000)),
      text: "DMAR-IR: HPET id 0 under DRHD base 0xfed91000"),
    Case(
      generation: .current,
      line: .firmwareUncoveredRegion(base: 0x9d80_0000, end: 0x9fff_ffff),
      text: "DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR "
        + "[0x000000009d800000-0x000000009fffffff], contact BIOS vendor for fixes"),
    Case(
      generation: .current,
      line: .firmwareBadRegion(
        base: 0x9d80_0000, end: 0x9fff_ffff,
        FirmwareName(
          vendor: "LENOVO", version: "JBET73WW (1.37 )", product: "ThinkPad T450s")),
      text: "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR "
        + "[0x000000009d800000-0x000000009fffffff]\n"
        + "BIOS vendor: LENOVO; Ver: JBET73WW (1.37 ); Product Version: ThinkPad T450s"),
    Case(
      generation: .current, line: .affinity(base: at(0xfbff_e000), domain: 1),
      text: "DMAR: RHSA base: 0x000000fbffe000 proximity domain: 0x1"),
    Case(
      generation: .current, line: .namespaceDevice(number: 1, name: #"\_SB.PCI0.I2C0"#),
      text: #"DMAR: ANDD device: 1 name: \_SB.PCI0.I2C0"#),
    Case(generation: .current, line: .rootPortATS(flags: 0), text: "DMAR: ATSR flags: 0x0"),
  ]

  @Test("a boot line prints as the kernels of its generation print it", arguments: cases)
  func boot(_ expected: Case) {
    #expect(
      DriverLine.boot(expected.line).text(LineGenerations(boot: expected.generation))
        == expected.text)
  }

  @Test(
    "queue errors print as the driver prints them",
    arguments: [
      (.timeout(source: 0), "DMAR: VT-d detected Invalidation Time-out Error: SID 0"),
      (
        .descriptor(.head, qw0: 0xaf03_0010_0003, qw1: 0x7fff_ffff_ffff_f001),
        "DMAR: QI HEAD: Device-TLB Invalidation qw0 = 0xaf0300100003, qw1 = 0x7ffffffffffff001"
      ),
      (
        .descriptor(.prior, qw0: 0x2_0000_0025, qw1: 0x1_0005_f634),
        "DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x10005f634"
      ),
      (.descriptor(.head, qw0: 0, qw1: 0), "DMAR: QI HEAD: UNKNOWN qw0 = 0x0, qw1 = 0x0"),
      (.queueError(reason: 0xf), "DMAR: VT-d detected Invalidation Queue Error: Reason f"),
      (
        .completionError(source: 0xffff),
        "DMAR: VT-d detected Invalidation Completion Error: SID ffff"
      ),
      (.timeoutCleared, "DMAR: Invalidation Time-out Error (ITE) cleared"),
    ] as [(QueueErrorLine, String)])
  func queue(line: QueueErrorLine, text: String) {
    #expect(DriverLine.queueError(line).text() == text)
  }
}
