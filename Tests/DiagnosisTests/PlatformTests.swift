import ACPITables
import Diagnosis
import KernelLog
import LogReading
import PCI
import TestSupport
import Testing
import VTdFormats

/// What a DMAR table, a snapshot or a drawn tree of the bus adds to a diagnosis.
@Suite("Faults joined with the platform")
struct PlatformTests {
  static func explained(
    _ log: String, table: DMARTable? = nil, topology: PCITopology? = nil
  ) throws -> Explanation.Fault {
    var collector = LogCollector()
    if let topology {
      collector.begin(file: "bus.yaml")
      collector.take(topology)
    }
    if let table {
      collector.begin(file: "DMAR")
      collector.take(table)
    }
    collector.begin(file: "log")
    var reader = LogReader()
    Array(log.utf8).withUnsafeBytes { reader.read($0) { collector.take($0) } }
    reader.finish { collector.take($0) }
    return try #require(Explanation(collector.contents).faults.first)
  }

  private static func function(
    _ address: String, vendor: UInt16 = 0x8086, device: UInt16 = 0x1234
  ) throws -> PCIFunction {
    PCIFunction(
      address: try #require(PCIAddress(address)),
      identity: PCIIdentity(
        vendor: vendor, device: device, classCode: PCIClass(rawValue: 0x01_0601)),
      configuration: ConfigurationSpace([]))
  }

  @Test(
    "an address is aligned to 2 MiB where none of its lower bits is set",
    arguments: [("0x200000", true), ("0x200004", false), ("0x201000", false)])
  func aligned(_ address: String, isAligned: Bool) throws {
    let fault = try Self.explained(
      "[   20.0] DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr \(address) [fault reason 0x0c] non-zero reserved fields in PTE\n"
    )
    #expect(
      fault.verdict?.why.contains { $0.text.contains("aligned to 2 MiB") } == isAligned)
  }

  @Test("the table says for which functions a region is reserved", arguments: [true, false])
  func reserved(isOwn: Bool) throws {
    let region = ReservedMemory(
      base: 0xbdf6_f000, limit: 0xbdf7_efff,
      scopes: [
        DeviceScope(.endpoint, startBus: 1, path: [.init(device: 0, function: isOwn ? 2 : 0)])
      ])
    let fault = try Self.explained(
      "[   20.0] DMAR: [DMA Read NO_PASID] Request device [01:00.2] fault addr 0xbdf6f000 [fault reason 0x06] PTE Read access is not set\n",
      table: DMARTable(hostAddressWidth: 46, structures: [.reservedMemory(region)]))
    #expect(fault.verdict?.cause == .firmwareRegion)
    let why = fault.verdict?.why.map(\.text).joined(separator: "\n") ?? ""
    #expect(why.contains(isOwn ? "for this very function" : "for 01:00.0 only"), "\(why)")
  }

  @Test("an id that the table gives an IOAPIC is one, whatever bus it is on")
  func ioapic() throws {
    let unit = HardwareUnit(
      includesAll: true, registerBase: 0xfed9_0000,
      scopes: [
        DeviceScope(
          .ioapic, enumerationID: 8, startBus: 0x3c, path: [.init(device: 5, function: 4)])
      ])
    let fault = try Self.explained(
      "[    0.1] DMAR: [INTR-REMAP] Request device [3c:05.4] fault index 0x0 [fault reason 0x25] Blocked a compatibility format interrupt request\n",
      table: DMARTable(hostAddressWidth: 46, structures: [.unit(unit)]))
    #expect(fault.verdict?.cause == .ioapicAtBoot)
    #expect(fault.verdict?.why.contains { $0.text.contains("IOAPIC 8") } == true)
  }

  @Test("a snapshot names the controller that is known to send the id")
  func alias() throws {
    let fault = try Self.explained(
      "[    2.5] DMAR: [DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x02] Present bit in context entry is clear\n",
      topology: PCITopology([
        try Self.function("00:1f.0"), try Self.function("09:00.0", vendor: 0x1b4b, device: 0x9128),
      ]))
    #expect(fault.verdict?.cause == .phantomFunction)
    #expect((fault.verdict?.confidence ?? 0) > 90)
    #expect(fault.verdict?.why.contains { $0.text.contains("Marvell 88SE9128") } == true)
  }

  static let tree = """
    -[0000:00]-+-00.0
               +-11.0-[02]--
               \\-1e.0-[05]----04.0

    """

  @Test("a tree shows that the source of a refused message is a bridge")
  func bridge() throws {
    let fault = try Self.explained(
      Self.tree
        + "DMAR: [INTR-REMAP] Request device [00:11.0] fault index 3b [fault reason 38] Blocked an interrupt request due to source-id verification failure\n"
    )
    #expect(fault.verdict?.cause == .interruptEntry)
    #expect(
      fault.verdict?.why.contains { $0.text.contains("00:11.0 is a bridge to bus 02") } == true)
  }

  @Test("function 0 of a bus that a bridge leads to is the bridge's own id for what is below")
  func secondaryBus() throws {
    let fault = try Self.explained(
      Self.tree
        + "DMAR: [DMA Read NO_PASID] Request device [05:00.0] fault addr 0xfff00000 [fault reason 0x02] Present bit in context entry is clear\n"
    )
    #expect(fault.verdict?.cause == .bridgeAlias)
    #expect(fault.verdict?.why.contains { $0.text.contains("behind the bridge 00:1e.0") } == true)
  }

  @Test("of several units the table names the one whose capabilities count")
  func unit() throws {
    let units = [
      HardwareUnit(
        registerBase: 0xfed9_0000,
        scopes: [DeviceScope(.endpoint, startBus: 0, path: [.init(device: 2, function: 0)])]),
      HardwareUnit(includesAll: true, registerBase: 0xfed9_1000),
    ]
    let fault = try Self.explained(
      """
      [    0.1] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap c0000020660462 ecap f0101a
      [    0.1] DMAR: dmar1: reg_base_addr fed91000 ver 1:0 cap d2008020660462 ecap f010da
      [   20.0] DMAR: [DMA Read NO_PASID] Request device [00:02.0] fault addr 0x200000 [fault reason 0x0c] non-zero reserved fields in PTE

      """,
      table: DMARTable(hostAddressWidth: 39, structures: units.map { .unit($0) }),
      topology: PCITopology([try Self.function("00:02.0")]))
    #expect(fault.verdict?.cause == .superpage)
    #expect(fault.verdict?.why.contains { $0.text.hasPrefix("dmar0 has no large pages") } == true)
  }
}
