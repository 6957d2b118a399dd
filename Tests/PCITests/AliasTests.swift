import Testing
import VTdFormats

@testable import PCI

@Suite("Requester ids")
struct AliasTests {
  /// Bridges of each kind: below 00:1c.0 a PCIe-to-PCI bridge with a conventional bridge below it,
  /// below 00:1e.0 a conventional bridge right on the root, below 00:1d.0 an ASM1083 that hides
  /// what it is.
  static let bus = PCITopology([
    .at("00:1c.0", .bridge(0, 1, 3).express(.rootPort)),
    .at("01:00.0", .bridge(1, 2, 3).express(.expressToPCIBridge)),
    .at("02:01.0", .device()), .at("02:02.0", .bridge(2, 3, 3)), .at("03:04.0", .device()),
    .at("00:1e.0", .bridge(0, 4, 4)), .at("04:01.0", .device()),
    .at("00:1d.0", .bridge(0, 5, 6).express(.rootPort)),
    .at(
      "05:00.0",
      .bridge(5, 6, 6).setting(.vendorID, to: 0x1b21).setting(.deviceID, to: 0x1080)),
    .at("06:03.0", .device()),
    .at("00:1d.1", .bridge(0, 7, 9).express(.rootPort)),
    .at("07:00.0", .bridge(7, 8, 9).express(.upstreamPort)),
    .at("08:00.0", .bridge(8, 9, 9).express(.downstreamPort)),
    .at("09:00.0", .device(0x1b4b, 0x9128, classCode: 0x010601).express(.legacyEndpoint)),
    .at("00:16.0", .device(0x8086, 0x9cba, classCode: 0x078000)),
    .at("00:0e.0", .device(0x8086, 0x467f, classCode: 0x010400)),
    .at("10000:e0:06.0", .bridge(0xe0, 0xe1, 0xe1).express(.rootPort)),
    .at("10000:e1:00.0", .device().express(.endpoint)),
  ])

  @Test(
    "Linux expects requests under these ids, its own first",
    arguments: [
      ("00:1c.0", ["00:1c.0"]),
      ("01:00.0", ["01:00.0"]),
      // A PCIe-to-PCI bridge sends as function 0 of its secondary bus.
      ("02:01.0", ["02:01.0", "02:00.0"]),
      // A conventional bridge sends as itself; then the one above takes over.
      ("03:04.0", ["03:04.0", "02:02.0", "02:00.0"]),
      ("04:01.0", ["04:01.0", "00:1e.0"]),
      ("06:03.0", ["06:03.0", "06:00.0"]),
      // Switches pass ids on; this controller sends as its function 1.
      ("09:00.0", ["09:00.0", "09:00.1"]),
      ("00:16.0", ["00:16.0"]),
      // Behind a Volume Management Device there is only that device.
      ("10000:e1:00.0", ["00:0e.0"]), ("10000:e0:06.0", ["00:0e.0"]),
      ("00:05.0", []),
    ] as [(String, [String])])
  func linux(text: String, ids: [String]) throws {
    let address = try PCIAddress(parsing: text)
    #expect(Self.bus.aliases(of: address).map(\.sourceID.description) == ids)
  }

  @Test("the hardware may use ids that Linux has never heard of")
  func hardware() throws {
    let engine = try PCIAddress(parsing: "00:16.0")
    let known = Self.bus.aliases(of: engine, knownTo: .hardware)
    #expect(known.map(\.sourceID.description) == ["00:16.0", "00:16.7"])
    #expect(known.last?.origin == .device("Intel HECI with firmware TPM (9 series LP)"))
  }

  @Test(
    "phantom functions take the high bits of the function number",
    arguments: [
      (0, []), (1, ["07"]), (2, ["05", "01", "07"]),
      (3, ["00", "01", "02", "04", "05", "06", "07"]),
    ] as [(UInt32, [String])])
  func phantoms(bits: UInt32, others: [String]) throws {
    var space = ConfigurationSpace.device().express(.endpoint)
    space.set(.phantomFunctionBits, at: 0x40, to: bits)
    let address = try PCIAddress(parsing: "00:00.3")
    let off = PCITopology([PCIFunction.at("00:00.3", space)])
    #expect(off.aliases(of: address, knownTo: .hardware).count == 1)
    space.set(.phantomFunctionsEnable, at: 0x40, to: 1)
    let on = PCITopology([PCIFunction.at("00:00.3", space)])
    let ids = on.aliases(of: address, knownTo: .hardware).dropFirst().map { alias in
      "0\(alias.sourceID.function)"
    }
    #expect(ids.sorted() == others.sorted())
    #expect(on.aliases(of: address).count == 1)
  }

  @Test("boards of one subsystem only are affected where the table says so")
  func subsystem() {
    var identity = PCIIdentity(
      vendor: 0x9005, device: 0x0285, classCode: PCIClass(rawValue: 0x010400))
    #expect(KnownDevice.rows(for: identity).isEmpty)
    identity.subsystemVendor = 0x9005
    identity.subsystem = 0x02bc
    #expect(KnownDevice.rows(for: identity).map(\.effect) == [.aliasDevfn(0x08)])
  }

  @Test("two Volume Management Devices own the made-up segments in the order of their finding")
  func twoVMDs() throws {
    let bus = PCITopology([
      .at("5d:05.5", .device(0x8086, 0x201d)), .at("d7:05.5", .device(0x8086, 0x201d)),
      .at("10000:00:02.0", .device()), .at("10001:00:02.0", .device()),
      .at("10002:00:02.0", .device()),
    ])
    func real(_ text: String) throws -> String? {
      bus.realRequester(of: try PCIAddress(parsing: text))?.address.shortDescription
    }
    #expect(try real("10000:00:02.0") == "5d:05.5")
    #expect(try real("10001:00:02.0") == "d7:05.5")
    #expect(try real("10002:00:02.0") == nil)
    #expect(try real("5d:05.5") == nil)
  }
}
