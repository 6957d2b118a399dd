import KernelLog
import LogReading
import PCI
import Testing
import VTdFormats

/// What a log says beside faults.
@Suite struct FactTests {
  struct Case: CustomTestStringConvertible {
    let line: String
    let kind: LogEvent.Kind

    init(line: String, fact: LogFact) { self.init(line: line, kind: .fact(fact)) }

    init(line: String, kind: LogEvent.Kind) {
      self.line = line
      self.kind = kind
    }

    var testDescription: String { line }
  }

  private static func at(_ text: String) -> PCIAddress {
    PCIAddress(text) ?? PCIAddress(bus: 0xff, device: 0x1f, function: 7)
  }

  static let cases: [Case] = [
    Case(
      line: "Linux version 6.1.192 (build@host) (gcc 12.2.0)", fact: .kernelVersion("6.1.192")),
    Case(
      line: "[    0.000000] DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1",
      fact: .machine("QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2-debian-1.16.2-1")),
    Case(
      line: "[    0.000000] Command line: ro intel_iommu=on",
      fact: .commandLine("ro intel_iommu=on")
    ),
    Case(
      line: "[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000003ffdefff] usable",
      fact: .memory(start: 0x10_0000, end: 0x3ffd_efff, type: "usable")),
    Case(
      line: "[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000003ffdffff]  System RAM",
      fact: .memory(start: 0x100000, end: 0x3ffd_ffff, type: "usable")),
    Case(
      line:
        "[    0.000000] BIOS-e820: [mem 0x00000000000f0000-0x00000000000fffff]  device reserved",
      fact: .memory(start: 0xf0000, end: 0xfffff, type: "reserved")),
    Case(
      line: " BIOS-e820: 0000000000000000 - 000000000009fc00 (usable)",
      fact: .memory(start: 0, end: 0x9fbff, type: "usable")),
    Case(
      line: "[    2.4] pci 0000:00:1a.0: [1234:11e8] type 00 class 0x00ff00",
      fact: .pciFunction(
        at("0000:00:1a.0"), vendor: 0x1234, device: 0x11e8, classCode: 0x00ff00, words: "")),
    Case(
      line: "[    2.4] pci 0000:00:1c.0: [8086:7ab8] type 01 class 0x060400 PCIe Root Port",
      fact: .pciFunction(
        at("0000:00:1c.0"), vendor: 0x8086, device: 0x7ab8, classCode: 0x060400, words: "")),
    Case(
      line: "[    2.4] pci 0000:00:1a.0: BAR 0 [mem 0xfe900000-0xfe9fffff]",
      fact: .pciWindow(at("0000:00:1a.0"), start: 0xfe90_0000, end: 0xfe9f_ffff)),
    Case(
      line: "[    0.5] pci 0000:00:02.0: reg 0x10: [mem 0x603d000000-0x603dffffff 64bit]",
      fact: .pciWindow(at("0000:00:02.0"), start: 0x60_3d00_0000, end: 0x60_3dff_ffff)),
    Case(
      line: "[    0.5] pci 0000:00:07.0: PCI bridge to [bus 01-2b]",
      fact: .pciBridge(at("0000:00:07.0"), secondary: 1, subordinate: 0x2b)),
    Case(
      line: "[    3.8] pci 0000:00:1a.0: Adding to iommu group 3",
      fact: .iommuGroup(at("0000:00:1a.0"), group: 3)),
    Case(
      line: "[  108.967526] pci 0000:83:02.0: Removing from iommu group 108",
      fact: .leftIOMMUGroup(at("0000:83:02.0"), group: 108)),
    Case(
      line: "[   21.9] pci 0000:00:1f.2: DMAR: Setting identity map [0xe8000 - 0xe8fff]",
      kind: .boot(.identityMap(at("0000:00:1f.2"), start: 0xe8000, end: 0xe8fff))),
    Case(
      line: "[   21.9] pci 0000:03:00.1: Setting identity map [0xe8000 - 0xe9000] for group 20",
      kind: .boot(.identityMap(at("0000:03:00.1"), start: 0xe8000, end: 0xe8fff))),
    Case(
      line: "IOMMU: Setting identity map for device 0000:00:1a.0 [0xbf499000 - 0xbf4a7fff]",
      kind: .boot(.identityMap(at("0000:00:1a.0"), start: 0xbf49_9000, end: 0xbf4a_7fff))),
    Case(
      line: "[   23.4] pci 0000:01:00.1: DMAR: Device uses a private identity domain.",
      kind: .note(.device(at("0000:01:00.1"), driver: "pci", .privateIdentityDomain))),
    Case(
      line: "[   79.4] uhci_hcd 0000:01:00.4: startup error -16",
      fact: .driverMessage(at("0000:01:00.4"), driver: "uhci_hcd", text: "startup error -16")),
    Case(
      line:
        "00:02.0 VGA compatible controller [0300]: Intel Corporation HD 620 [8086:5916] (rev 02)",
      fact: .pciFunction(
        at("0000:00:02.0"), vendor: 0x8086, device: 0x5916, classCode: 0x030000,
        words: "VGA compatible controller [0300]: Intel Corporation HD 620 [8086:5916] (rev 02)")),
    Case(
      line: "0000:09:00.0 SATA controller: Marvell Technology Group Ltd. 88SE9128 (rev 11)",
      fact: .pciFunction(
        at("0000:09:00.0"), vendor: nil, device: nil, classCode: nil,
        words: "SATA controller: Marvell Technology Group Ltd. 88SE9128 (rev 11)")),
    Case(
      line: "pci 0000:00:1f.2 0x8086 0x2922",
      fact: .pciFunction(
        at("0000:00:1f.2"), vendor: 0x8086, device: 0x2922, classCode: nil, words: "")),
    Case(
      line: "[    2.7] iommu: Default domain type: Translated",
      fact: .defaultDomain(passesThrough: false)),
    Case(
      line: "[    2.7] iommu: Default domain type: Passthrough (set via kernel command line)",
      fact: .defaultDomain(passesThrough: true)),
    Case(
      line: "[   13.3] BUG: unable to handle page fault for address: ff110010c4237000",
      kind: .death(.pageFault(0xff11_0010_c423_7000))),
    Case(
      line: "   PDE: 0x       15ec00883 < - - 2M", fact: .toolEntry(level: 2, value: 0x1_5ec0_0883)),
    Case(
      line: "IOMMU dmar0: Root Table Address: 0x1998000",
      fact: .debugfs(.rootTable(unit: "dmar0", address: 0x199_8000))),
    Case(
      line: "Device 0000:00:1f.4 @0x19b1000",
      fact: .debugfs(.domain(at("0000:00:1f.4"), pageTable: 0x19b_1000))),
    Case(
      line: "0x0000000000fff |\t0x0000000000000000\t0x0000000000000000\t0x00000000019b2003\t"
        + "0x00000000019ba003\t0x0000000000fff003",
      fact: .debugfs(
        .page(frame: 0xfff, entries: [0, 0, 0x19b_2003, 0x19b_a003, 0xff_f003]))),
    Case(
      line:
        "00:1a.0\t0x0000000000000000:0x00000000019a1001\t0x0000000000000501:0x00000000019ab001\t"
        + "-1    \t0x0000000000000000:0x0000000000000000:0x0000000000000000",
      fact: .debugfs(
        .context(
          SourceID(rawValue: 0xd0), rootHigh: 0, rootLow: 0x19a_1001, contextHigh: 0x501,
          contextLow: 0x19a_b001, pasid: nil, pasidEntry: []))),
    Case(
      line:
        "00:1a.0\t0x00000000019b8001:0x00000000019a9001\t0x0000000000000000:0x000000000199f401\t"
        + "0     \t0x0000000000000000:0x0000000000000005:0x00000000019b5089",
      fact: .debugfs(
        .context(
          SourceID(rawValue: 0xd0), rootHigh: 0x19b_8001, rootLow: 0x19a_9001, contextHigh: 0,
          contextLow: 0x199_f401, pasid: PASID(rawValue: 0), pasidEntry: [0x19b_5089, 5, 0]))),
    Case(
      line: " 3     ff:00.0 00000100 27  000000000004ff00\t000001000027000d",
      fact: .debugfs(
        .interruptEntry(
          index: 3, source: SourceID(rawValue: 0xff00), high: 0x4_ff00, low: 0x100_0027_000d))),
    Case(
      line: "Remapped Interrupt supported on IOMMU: dmar0",
      fact: .debugfs(.interrupts(unit: "dmar0"))),
    Case(
      line: "IOMMU: dmar0 Register Base Address: fed90000",
      fact: .debugfs(.registers(unit: "dmar0", base: 0xfed9_0000))),
  ]

  @Test("a fact is read from its line, and takes no other line with it", arguments: cases)
  func fact(_ expected: Case) {
    let found = events(in: expected.line + "\n[    9.000000] usb 1-1: new device\n")
    // A line may be a message and the head of a report as well.
    let facts = found.filter { event in
      switch event.kind {
      case .fact(.message), .fact(.stumble): false
      default: true
      }
    }
    #expect(facts.map(\.kind) == [expected.kind])
    #expect(facts.first?.lines == 1...1)
  }

  @Test(
    "what stands in the files of sysfs and of tracing is not a line of a kernel",
    arguments: [
      "dmi:bvnExampleCorporation:bvrF4:bd01/30/2019:svnExample:pnBoard:pvr1.0:\n",
      "quirk_iommu_g4x_gfx\nquirk_iommu_rwbf\n", "== 0000:00:1a.0: DMA write 0x4000\n",
    ])
  func files(text: String) {
    #expect(events(in: text).isEmpty)
  }

  @Test(
    "the other lines of DMI name no machine",
    arguments: ["DMI: SMBIOS 2.8 present.", "DMI: Memory slots populated: 1/1"])
  func otherFirmwareLines(text: String) {
    #expect(events(in: "[    0.000000] \(text)\n").isEmpty)
  }

  @Test("a row that ends with a large page takes nothing of the next one")
  func largePages() {
    func row(_ frame: String, _ page: String) -> String {
      "0x\(frame) |\t0x0000000000000000\t0x0000000000fc8403\t0x0000000000fc9403\t0x\(page)\n"
    }
    let found = events(
      in: row("0000000000000", "0000000000000083") + row("0000000000200", "0000000000200083"))
    #expect(
      found.map(\.kind) == [
        .fact(.debugfs(.page(frame: 0, entries: [0, 0xfc_8403, 0xfc_9403, 0x83]))),
        .fact(.debugfs(.page(frame: 0x200, entries: [0, 0xfc_8403, 0xfc_9403, 0x20_0083]))),
      ])
  }

  @Test("rows of interrupt entries take nothing of each other")
  func interruptRows() {
    let rows = [
      " 1     ff:00.0 00000000 30  000000000004ff00\t0000000000300009",
      " 3     ff:00.0 00000100 22  000000000004ff00\t0000010000220009",
    ]
    let found = events(in: rows.joined(separator: "\n") + "\n")
    #expect(
      found.map(\.kind)
        == [(1, 0x30_0009), (3, 0x100_0022_0009)].map { index, low in
          .fact(
            .debugfs(
              .interruptEntry(
                index: index, source: SourceID(rawValue: 0xff00), high: 0x4_ff00, low: low)))
        })
  }

  @Test("registers are read below their heading only")
  func registers() {
    let row = "GSTS            \t0x1c\t\t0x00000000c7000000\n"
    #expect(events(in: row).isEmpty)
    let found = events(
      in: "IOMMU: dmar0 Register Base Address: fed90000\nName\t\t\tOffset\t\tContents\n" + row)
    #expect(
      found.last?.kind
        == .fact(.debugfs(.register(name: "GSTS", offset: 0x1c, value: 0xc700_0000))))
  }
}
