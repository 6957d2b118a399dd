import Testing
import VTdFormats

@testable import PCI

/// Headers of failed requests, as reports of errors show them, and names of classes.
@Suite("Headers of transactions and names of classes")
struct TransactionHeaderTests {
  @Test(
    "what a header says, by its format and type",
    arguments: [
      ([0x4000_0001, 0x0300_000f, 0x9c00_0000, 0], .memoryWrite, 0x9c00_0000),
      ([0x0000_0020, 0x0300_00ff, 0x9c00_0042, 0], .memoryRead, 0x9c00_0040),
      ([0x6000_0080, 0xab00_00ff, 0x0000_0102, 0x276f_e003], .memoryWrite, 0x102_276f_e000),
      ([0x2000_0020, 0x0300_00ff, 0x0000_0001, 0x0000_1000], .memoryRead, 0x1_0000_1000),
      // A configuration read, whose third word is a device and a register.
      ([0x0400_0001, 0x0000_220f, 0x0107_0000, 0], .configuration, nil),
      ([0x4a00_0001, 0x0100_0004, 0x0300_0000, 0], .completion, nil),
      ([0x3400_0000, 0x0300_0010, 0, 0], .message, nil),
      ([0x4c00_0001, 0x0300_000f, 0x9c00_0000, 0], .atomic, 0x9c00_0000),
      ([0x8000_0000, 0, 0, 0], .other, nil),
    ] as [([UInt32], TransactionHeader.Kind, UInt64?)])
  func header(words: [UInt32], kind: TransactionHeader.Kind, address: UInt64?) throws {
    let header = try #require(TransactionHeader(words))
    #expect(header.kind == kind)
    #expect(header.address == address)
  }

  @Test("the requester stands in the second word, but not of a completion")
  func requester() throws {
    let write = try #require(TransactionHeader([0x4000_0001, 0x0321_000f, 0x9c00_0000, 0]))
    #expect(write.requester == SourceID(bus: 3, device: 4, function: 1))
    let completion = try #require(TransactionHeader([0x4a00_0001, 0x0100_0004, 0, 0]))
    #expect(completion.requester == nil)
    #expect(TransactionHeader([1, 2, 3]) == nil)
  }

  static let file = Array(
    """
    # List of PCI ID's
    8086  Intel Corporation
    \t10d3  82574L Gigabit Network Connection
    C 01  Mass storage controller
    \t08  Non-Volatile memory controller
    \t\t02  NVM Express
    C 02  Network controller
    \t00  Ethernet controller

    """.utf8)

  @Test(
    "classes are called as lspci calls them",
    arguments: [
      (0x020000, "Ethernet controller"), (0x010802, "Non-Volatile memory controller"),
      (0x02ff00, "Network controller [02ff]"), (0xfe0000, "Class [fe00]"),
    ])
  func classes(code: UInt32, name: String) {
    #expect(PCIClassNames(pciIDs: Self.file).name(of: PCIClass(rawValue: code)) == name)
  }

  @Test("without the file a table of our own names the common ones")
  func withoutFile() {
    #expect(
      PCIClassNames(pciIDs: []).name(of: PCIClass(rawValue: 0x020000)) == "Ethernet controller")
  }

  @Test("a function is listed as lspci and lspci -nn list it")
  func listing() {
    let function = PCIFunction(
      address: PCIAddress(bus: 3, device: 0, function: 0),
      identity: PCIIdentity(
        vendor: 0x8086, device: 0x10d3, classCode: PCIClass(rawValue: 0x020000), revision: 3,
        subsystemVendor: 0, subsystem: 0), configuration: ConfigurationSpace([]),
      names: PCINames(vendor: "Intel Corporation", device: "82574L Gigabit Network Connection"))
    let classes = PCIClassNames(pciIDs: Self.file)
    #expect(
      function.listing(classes)
        == "Ethernet controller: Intel Corporation 82574L Gigabit Network Connection (rev 03)")
    #expect(
      function.listing(classes, hasNumbers: true)
        == "Ethernet controller [0200]: Intel Corporation 82574L Gigabit Network Connection "
        + "[8086:10d3] (rev 03)")
  }
}
