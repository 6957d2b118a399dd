import Diagnosis
import LogReading
import Testing
import VTdFormats

/// What the machine's own files say beside the log.
@Suite("The machine's own files beside a log")
struct MachineFileTests {
  static let fault = """
    [   10.000000] DMAR: DRHD: handling fault status reg 2
    [   10.000100] DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0xbdf70000 [fault reason 0x06] PTE Read access is not set

    """

  /// Several inputs, read as one machine.
  static func explanation(_ inputs: [(name: String, text: String)]) -> Explanation {
    var collector = LogCollector()
    for input in inputs {
      collector.begin(file: input.name)
      var reader = LogReader(path: input.name)
      var text = input.text
      text.withUTF8 { reader.read(UnsafeRawBufferPointer($0)) { collector.take($0) } }
      reader.finish { collector.take($0) }
    }
    collector.take(
      history(of: inputs.map { Array($0.text.utf8) }, collector.contents.faultAddresses))
    return Explanation(collector.contents)
  }

  static func row(_ count: Int) -> String {
    " 24:  \(count)  0  DMAR-MSI    0-edge      dmar0\n"
  }

  static func remarks(_ explanation: Explanation) -> String {
    explanation.remarks.map(\.text).joined(separator: "\n")
  }

  @Test(
    "a fault interrupt that grows tells of faults that go on",
    arguments: [(12, .unclear), (48_000, .serious)] as [(Int, Finding.Severity)])
  func growth(more: Int, severity: Finding.Severity) throws {
    let result = Self.explanation([
      ("dmesg", Self.fault), ("interrupts", Self.row(10)), ("later", Self.row(10 + more)),
    ])
    let finding = try #require(result.findings.first { $0.id == "fault-interrupts-go-on" })
    #expect(finding.verdict.contains("\(more) times between two readings"))
    #expect(finding.severity == severity)
  }

  @Test("one high count is a storm that the limiter hid, though the log has no record")
  func unseen() throws {
    let result = Self.explanation([("interrupts", Self.row(250_000))])
    let finding = try #require(result.findings.first { $0.id == "fault-interrupts-unseen" })
    #expect(finding.verdict.contains("250000 times"))
    #expect(result.severity == .serious)
  }

  @Test(
    "counts that the log's lines explain are not a finding",
    arguments: [
      ("1", "sent its fault interrupt 1 time since the boot; the log tells of 1"),
      ("0", "no unit has sent a fault interrupt"),
    ])
  func quiet(count: String, words: String) throws {
    let result = Self.explanation([
      ("dmesg", Self.fault), ("interrupts", Self.row(try #require(Int(count)))),
    ])
    #expect(result.findings.isEmpty)
    #expect(Self.remarks(result).contains(words))
  }

  @Test(
    "a bundle without a DMAR table says whether there was none, or nobody could read it",
    arguments: [
      ("the firmware has no DMAR table: no VT-d", "no DMAR table was there"),
      ("not root: run it with sudo", "it does not tell whether the machine has a VT-d unit"),
    ])
  func withoutTable(reason: String, words: String) {
    let result = Self.explanation([
      (
        "dmar-bundle/MANIFEST",
        "dmar collect\nmissing /sys/firmware/acpi/tables/DMAR: \(reason)\n"
          + "missing /sys/class/iommu: no unit is in use\n"
      )
    ])
    #expect(!result.isEmpty)
    #expect(result.findings.isEmpty)
    #expect(Self.remarks(result).contains(words))
    #expect(Self.remarks(result).contains("without /sys/class/iommu (no unit is in use)"))
  }

  @Test(
    "a region that sysfs reserves for a group is the firmware's, for its own devices or for others",
    arguments: [(14, "region-of-this-device"), (15, "region-of-another-device")])
  func reservedRegion(group: Int, clue: String) throws {
    let result = Self.explanation([
      ("dmesg", Self.fault),
      (
        "g/sys/kernel/iommu_groups/\(group)/reserved_regions",
        "0x00000000bdf6f000 0x00000000bdf7efff direct\n"
      ),
      (
        "links",
        "/sys/kernel/iommu_groups/14/devices/0000:03:00.0\n/sys/kernel/iommu_groups/15/devices/"
          + "0000:00:14.0\n"
      ),
    ])
    // The regions of a group have no heading within their file: the path tells.
    let finding = try #require(result.faults.first?.findings.first { $0.cause == .firmwareRegion })
    #expect(finding.clues.contains { $0.weight.rawValue == clue })
  }

  @Test("the type of the group and the state of the function stand with the device")
  func deviceWords() throws {
    let result = Self.explanation([
      ("dmesg", Self.fault), ("x/iommu_groups/14/type", "DMA-FQ\n"),
      (
        "lspci",
        """
        03:00.0 Ethernet controller: Intel Corporation 82574L Gigabit Network Connection
        \tControl: I/O+ Mem+ BusMaster- SpecCycle-
        \tIOMMU group: 14
        \t\tATSCtl:\tEnable+, Smallest Translation Unit: 00
        \tKernel driver in use: e1000e

        """
      ),
    ])
    let words = try #require(result.faults.first?.deviceWords)
    for part in [
      "82574L", "driver e1000e", "IOMMU group 14 (DMA-FQ)", "bus mastering off by now",
      "translation cache (ATS) on",
    ] {
      #expect(words.contains(part), "\(words)")
    }
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String
    let words: String

    init(_ name: String, _ text: String, _ words: String) {
      (testDescription, self.text, self.words) = (name, text, words)
    }
  }

  static let registers = Case(
    "registers",
    """
    IOMMU: dmar0 Register Base Address: fed90000
    Name\t\t\tOffset\t\tContents
    GSTS            \t0x1c\t\t0x00000000c7000000
    FSTS            \t0x34\t\t0x0000000000000003
    FECTL           \t0x38\t\t0x0000000080000000
    IQH             \t0x80\t\t0x0000000000000280
    IQT             \t0x88\t\t0x00000000000002a0

    """,
    """
    dmar0 when its registers were read: translation on, interrupt remapping on, its records \
    overflowed: faults beyond the last record are lost, records wait to be read, its fault \
    interrupt is masked: no fault is told, descriptors wait in its invalidation queue
    """)
  static let latency = Case(
    "latencies",
    """
    IOMMU: dmar2 Register Base Address: fed91000
      inv_devtlb 0 0 0 0 0 0 4 10 70123 900

    """, "4 invalidations (inv_devtlb) of dmar2 took 10 ms or more, the longest 70123 us")
  static let domains = Case(
    "domain ids",
    """
    /sys/class/iommu/dmar1/intel-iommu/domains_supported:256
    /sys/class/iommu/dmar1/intel-iommu/domains_used:251

    """, "dmar1 uses 251 of its 256 domain ids")
  static let header = Case(
    "a header of the fault",
    """
    \(fault)03:00.0 Ethernet controller: Example
    \t\tHeaderLog: 00000001 0300000f bdf70040 00000000

    """, "keeps (HeaderLog) is a memory read of 0xbdf70040, the address of a fault")
  static let otherHeader = Case(
    "a header of another request",
    """
    03:00.0 Ethernet controller: Example
    \t\tHeaderLog: 60000001 0300000f 00000001 9c000040

    """, "keeps (HeaderLog) is a memory write of 0x19c000040")
  static let containment = Case(
    "containment",
    """
    \(fault)00:1c.0 PCI bridge: Example
    \tBus: primary=00, secondary=03, subordinate=03, sec-latency=0
    pcieport 0000:00:1c.0: DPC: containment event, status:0x000d, ERR_FATAL received from 0000:03:00.0

    """,
    """
    DPC of 00:1c.0, the port above 03:00.0: the port cut off what is behind it after a fatal \
    error message (status 0xd)
    """)
  static let flit = Case(
    "a header in flit mode",
    """
    pcieport 0000:a9:10.0: AER:   TLP Header (Flit): 0x60000080 0xab0000ff 0x00000102 0x276fe000

    """, "is a memory write by ab:00.0 at 0x102276fe000")
  static let withoutRoot = Case(
    "addresses that only root sees",
    """
    00000000-00000000 : Reserved
    00000000-00000000 : System RAM
    00000000-00000000 : dmar0

    """, "/proc/iomem was read without root")

  @Test(
    "registers, latencies, domain ids, headers and containment are told",
    arguments: [
      registers, latency, domains, header, otherHeader, containment, flit, withoutRoot,
    ])
  func remark(case item: Case) {
    let result = Self.explanation([("log", item.text)])
    #expect(!result.isEmpty)
    #expect(Self.remarks(result).contains(item.words), "\(Self.remarks(result))")
  }

  @Test("memory that only /proc/iomem lists is known, and a unit that only sysfs lists")
  func otherSources() {
    let result = Self.explanation([
      ("iomem", "bdf00000-bdffffff : Reserved\nfbe00000-fbe1ffff : 0000:03:00.0\n"),
      ("s/iommu/dmar0/intel-iommu/address", "fed90000\n"),
      ("s/iommu/dmar0/intel-iommu/cap", "d2008c222f0606\n"),
      ("s/iommu/dmar0/intel-iommu/ecap", "f00f4a\n"),
    ])
    #expect(result.contents.memory.contains { $0.value.type == "reserved" })
    #expect(result.contents.windows.first?.value.end == 0xfbe1_ffff)
    #expect(result.contents.units.first?.value.base.rawValue == 0xfed9_0000)
    #expect(!result.isEmpty)
  }
}
