import PCI
import Testing

@testable import LogReading

/// Rows of the machine's own files, as kernels and tools print them.
@Suite("Rows of the machine's files")
struct MachineRowTests {
  static func facts(_ text: String, path: String = "") -> [LogFact] {
    var reader = LogReader(path: path)
    var facts: [LogFact] = []
    func take(_ event: LogEvent) {
      if case .fact(let fact) = event.kind { facts.append(fact) }
    }
    var copy = text
    copy.withUTF8 { reader.read(UnsafeRawBufferPointer($0), emit: take) }
    reader.finish(emit: take)
    return facts
  }

  static func rows(_ text: String, path: String = "") -> [MachineRow] {
    facts(text, path: path).compactMap { if case .machineRow(let row) = $0 { row } else { nil } }
  }

  static let function = PCIAddress(bus: 3, device: 0, function: 0)

  @Test(
    "rows of /proc/interrupts are those of units, in the words of each kernel",
    arguments: [
      (
        " 40:          0         12          0          3  DMAR-MSI   0-edge      dmar0",
        InterruptCount(number: 40, count: 15, units: [0], purpose: .faults)
      ),
      (
        "  40:          7          0  DMAR_MSI-edge      dmar1",
        InterruptCount(number: 40, count: 7, units: [1], purpose: .faults)
      ),
      (
        " 24:  1  0  DMAR-MSI   14-edge      dmar14, dmar13, dmar2",
        InterruptCount(number: 24, count: 1, units: [2, 13, 14], purpose: .faults)
      ),
      (
        "> 26:          5          0  DMAR-MSI    1-edge      dmar0-prq",
        InterruptCount(number: 26, count: 5, units: [0], purpose: .pageRequests)
      ),
      (
        "31: 40:          0          9  DMAR-MSI   0-edge      dmar0",
        InterruptCount(number: 40, count: 9, units: [0], purpose: .faults)
      ),
    ])
  func interrupts(line: String, count: InterruptCount) {
    #expect(Self.rows(line + "\n") == [.interrupt(count)])
  }

  @Test("other interrupts and other memory are not rows")
  func others() {
    #expect(
      Self.rows(
        """
         44:          0      18216  IR-PCI-MSI 512000-edge      ahci[0000:00:1f.2]
        DMAR-MSI
        NMI:          3          4   Non-maskable interrupts
        f8000000-f7000000 : Reserved
        0000-0cf7 : PCI Bus 0000:00

        """
      ).isEmpty)
  }

  @Test("/proc/iomem is read with its depths")
  func resources() {
    let rows = Self.rows(
      """
      00001000-0009fbff : System RAM
      b0000000-bfffffff : PCI MMCONFIG 0000 [bus 00-ff]
        b0000000-bfffffff : Reserved
          b0000000-bfffffff : pnp 00:06
      100000000-27fffffff : System RAM

      """)
    #expect(
      rows == [
        .resource(MachineResource(start: 0x1000, end: 0x9fbff, name: "System RAM", depth: 0)),
        .resource(
          MachineResource(
            start: 0xb000_0000, end: 0xbfff_ffff, name: "PCI MMCONFIG 0000 [bus 00-ff]", depth: 0)),
        .resource(
          MachineResource(start: 0xb000_0000, end: 0xbfff_ffff, name: "Reserved", depth: 1)),
        .resource(
          MachineResource(start: 0xb000_0000, end: 0xbfff_ffff, name: "pnp 00:06", depth: 2)),
        .resource(
          MachineResource(start: 0x1_0000_0000, end: 0x2_7fff_ffff, name: "System RAM", depth: 0)),
      ])
  }

  @Test(
    "a file of sysfs is told by its path: its own, a heading's, a command's, or grep's",
    arguments: [
      ("d2008c40660462\n", "b.tar/sys/class/iommu/dmar1/intel-iommu/cap"),
      ("/sys/class/iommu/dmar1/intel-iommu/cap:d2008c40660462\n", ""),
      ("/sys/class/iommu/dmar1/intel-iommu/cap: d2008c40660462\n", ""),
      ("$ cat /sys/devices/virtual/iommu/dmar1/intel-iommu/cap\nd2008c40660462\n", ""),
      ("== /sys/class/iommu/dmar1/intel-iommu/cap\nd2008c40660462\n", ""),
      ("> $ cat /sys/class/iommu/dmar1/intel-iommu/cap\n> d2008c40660462\n", ""),
    ])
  func attribute(text: String, path: String) {
    #expect(
      Self.rows(text, path: path) == [.unitValue(unit: 1, .capability, 0x00d2_008c_4066_0462)])
  }

  @Test("groups: types, members and regions, in files, listings and scripts")
  func groups() {
    #expect(
      Self.rows("DMA-FQ\n", path: "/sys/kernel/iommu_groups/7/type")
        == [.groupType(group: 7, .lazy)])
    #expect(
      Self.rows("/sys/kernel/iommu_groups/1/devices/0000:00:01.0\n")
        == [.groupMember(PCIAddress(bus: 0, device: 1, function: 0), group: 1)])
    #expect(
      Self.rows(
        "lrwxrwxrwx 1 root root 0 Mar  2 10:00 /sys/bus/pci/devices/0000:03:00.0/iommu_group -> "
          + "../../../../kernel/iommu_groups/14\n") == [.groupMember(Self.function, group: 14)])
    let script = Self.rows(
      "IOMMU Group 14 03:00.0 Ethernet controller [0200]: Example [8086:10d3]\n")
    #expect(script.contains(.groupMember(Self.function, group: 14)))
    #expect(
      Self.rows(
        "0x00000000bdf6f000 0x00000000bdf7efff direct\n",
        path: "b.tar/sys/kernel/iommu_groups/3/reserved_regions") == [
          .reservedRegion(
            ReservedRegion(group: 3, start: 0xbdf6_f000, end: 0xbdf7_efff, kind: .direct))
        ])
    #expect(
      Self.rows("/sys/kernel/iommu_groups/2 DMA-FQ\n") == [.groupType(group: 2, .lazy)])
    #expect(
      Self.rows(
        """
        # cat /sys/kernel/iommu_groups/14/reserved_regions
        0x00000000bdf6f000 0x00000000bdf7efff direct-relaxable
        0x00000000fee00000 0x00000000feefffff msi

        """) == [
          .reservedRegion(
            ReservedRegion(group: 14, start: 0xbdf6_f000, end: 0xbdf7_efff, kind: .relaxable)),
          .reservedRegion(
            ReservedRegion(group: 14, start: 0xfee0_0000, end: 0xfeef_ffff, kind: .messages)),
        ])
  }

  @Test("the driver's own measurement of invalidations")
  func latency() {
    let rows = Self.rows(
      """
      IOMMU: dmar18 Register Base Address: c87fc000
                        <0.1us   0.1us-1us    1us-10us  10us-100us   100us-1ms    1ms-10ms      >=10ms     min(us)     max(us) average(us)
         inv_iotlb           0         286         123           0           0           0           0           0           1           0
           svm_prq           0           0       25206         364         395           0           3           1         556           9

      """)
    #expect(
      rows == [
        .latency(
          LatencyRow(
            unit: 18, name: "inv_iotlb", counts: [0, 286, 123, 0, 0, 0, 0], longest: 1, average: 0)),
        .latency(
          LatencyRow(
            unit: 18, name: "svm_prq", counts: [0, 0, 25206, 364, 395, 0, 3], longest: 556,
            average: 9)),
      ])
  }

  static let listing = """
    03:00.0 Ethernet controller: Intel Corporation 82574L Gigabit Network Connection
    \tSubsystem: Intel Corporation Device 0000
    \tControl: I/O+ Mem+ BusMaster- SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR+ FastB2B- DisINTx+
    \tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort- <TAbort- <MAbort+ >SERR- <PERR- INTx-
    \tInterrupt: pin A routed to IRQ 16
    \tIOMMU group: 14
    \tRegion 0: Memory at fbe00000 (32-bit, non-prefetchable) [size=128K]
    \tRegion 2: I/O ports at c080 [size=32]
    \tCapabilities: [c8] Power Management version 2
    \t\tStatus: D0 NoSoftRst- PME-Enable- DSel=0 DScale=1 PME-
    \tCapabilities: [e0] Express (v1) Endpoint, MSI 00
    \t\tDevSta:\tCorrErr- NonFatalErr+ FatalErr- UnsupReq+ AuxPwr+ TransPend-
    \tCapabilities: [100 v2] Advanced Error Reporting
    \t\tUESta:\tDLP- SDES- TLP- FCP- CmpltTO- CmpltAbrt- UnxCmplt- RxOF- MalfTLP- ECRC- UnsupReq+ ACSViol-
    \t\tHeaderLog: 40000001 0300000f 9c000000 00000000
    \tCapabilities: [150 v1] Address Translation Service (ATS)
    \t\tATSCtl:\tEnable+, Smallest Translation Unit: 00
    \tKernel driver in use: e1000e
    \tKernel modules: e1000e

    """

  @Test("lspci -vvv: driver, group, flags, memory and the request that failed")
  func functionListing() {
    let facts = Self.facts(Self.listing)
    func has(_ row: MachineRow) -> Bool { facts.contains(.machineRow(row)) }
    #expect(has(.driver(Self.function, name: "e1000e")))
    #expect(has(.groupMember(Self.function, group: 14)))
    #expect(
      has(.failedRequest(Self.function, header: [0x4000_0001, 0x0300_000f, 0x9c00_0000, 0])))
    #expect(has(.flags(Self.function, .addressTranslation, set: ["Enable"], clear: [])))
    #expect(facts.contains(.pciWindow(Self.function, start: 0xfbe0_0000, end: 0xfbe1_ffff)))
    let flags = facts.compactMap { fact -> (FunctionRegister, [String])? in
      if case .machineRow(.flags(_, let register, let set, _)) = fact { return (register, set) }
      return nil
    }
    #expect(flags.first { $0.0 == .uncorrectableErrors }?.1 == ["UnsupReq"])
    #expect(flags.first { $0.0 == .command }?.1 == ["I/O", "Mem", "SERR", "DisINTx"])
    // The power management's own status is not the function's.
    #expect(flags.filter { $0.0 == .status }.count == 1)
  }

  @Test("a bridge's buses are read, and a header of zeros is not a bridge")
  func bridge() {
    let facts = Self.facts(
      """
      00:1c.0 PCI bridge: Intel Corporation Root Port (prog-if 00 [Normal decode])
      \tBus: primary=00, secondary=03, subordinate=05, sec-latency=0
      \t\tHeaderLog: 00000000 00000000 00000000 00000000

      """)
    let port = PCIAddress(bus: 0, device: 0x1c, function: 0)
    #expect(facts.contains(.pciBridge(port, secondary: 3, subordinate: 5)))
    #expect(
      !facts.contains {
        if case .machineRow(.failedRequest) = $0 { true } else { false }
      })
  }

  @Test("a bundle's list tells what is not in it, and other lines with the word do not")
  func missing() {
    let rows = Self.rows(
      """
      dmar collect
      taken proc/version, 119 bytes
      missing /sys/firmware/acpi/tables/DMAR: the firmware has no DMAR table: no VT-d
      missing /sys/kernel/debug/iommu/intel: not root: run it with sudo
      missing /sys/class/iommu
      DMAR: missing /sys/class/iommu: nothing
      missing the PCI bus: iommu

      """)
    #expect(
      rows == [
        .missing(
          MissingFile(path: MissingFile.table, reason: "the firmware has no DMAR table: no VT-d")),
        .missing(
          MissingFile(
            path: "/sys/kernel/debug/iommu/intel", reason: "not root: run it with sudo")),
      ])
  }

  @Test("rows that are cut anywhere, or end in strange numbers, end nothing")
  func hostile() {
    let text =
      Self.listing
      + "999999999999999999999: 18446744073709551615 18446744073709551615 DMAR-MSI 0-edge "
      + "dmar99999999999999999999\n"
      + "Region 0: Memory at ffffffffffffffff (64-bit) [size=1048575T]\nIOMMU Group 99999999999999999999\n"
      + "/sys/kernel/iommu_groups/99999999/devices/0000:00:01.0\niommu_groups/\niommu/dmar\n"
      + "0xffffffffffffffff 0x0000000000000000 msi\nmissing /: iommu\nmissing /iommu: \n"
    for length in 0...text.utf8.count {
      _ = Self.facts(String(decoding: text.utf8.prefix(length), as: UTF8.self))
    }
    _ = Self.facts(text, path: "/sys/kernel/iommu_groups/18446744073709551616/type")
  }
}
