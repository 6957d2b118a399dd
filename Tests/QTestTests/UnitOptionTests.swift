import QTest
import Testing
import VTdFormats
import VTdUnit

@Suite struct UnitOptionTests {
  /// What QEMU 10.0.2 showed for `-device intel-iommu,…`.
  static let golden: [(options: String, cap: UInt64, ecap: UInt64)] = [
    ("", 0xd2_008c_222f_0606, 0xf0_0f4a),
    ("aw-bits=39", 0xd2_008c_2226_0206, 0xf0_0f4a),
    ("caching-mode=on", 0xd2_008c_222f_0686, 0xf0_0f4a),
    ("snoop-control=on", 0xd2_008c_222f_0606, 0xf0_0fca),
    ("device-iotlb=on", 0xd2_008c_222f_0606, 0xf0_0f4e),
    ("intremap=off", 0xd2_008c_222f_0606, 0xf42),
    ("eim=on,intremap=on", 0xd2_008c_222f_0606, 0xf0_0f5a),
    ("x-scalable-mode=on", 0xd2_008c_222f_0606, 0x4800_80f0_0f4a),
    ("x-scalable-mode=on,x-pasid-mode=on", 0xd2_008c_222f_0606, 0x4900_80f0_0f4a),
    ("x-scalable-mode=on,x-flts=on", 0x1d2_008c_222f_0606, 0x8800_00f0_0f4a),
    ("x-scalable-mode=on,x-flts=on,fs1gp=off", 0xd2_008c_222f_0606, 0x8800_00f0_0f4a),
    ("pt=off", 0xd2_008c_222f_0606, 0xf0_0f0a),
    ("dma-drain=off", 0x12_008c_222f_0606, 0xf0_0f4a),
  ]

  @Test("options make QEMU's CAP and ECAP, and the registers show them", arguments: golden)
  func capabilities(options: String, cap: UInt64, ecap: UInt64) throws {
    let list = KeyValueList("intel-iommu" + (options.isEmpty ? "" : ",") + options)
    let unit = try UnitOptions(list)
    #expect(unit.capability.rawValue == cap)
    #expect(unit.extendedCapability.rawValue == ecap)
    let conversation = try Conversation(unit: unit)
    #expect(conversation.number("readq 0xfed90008") == cap)
    #expect(conversation.number("readq 0xfed90010") == ecap)
    #expect(conversation.number("readl 0xfed90000") == 0x10)
  }

  @Test("the names of later versions bring what those versions added")
  func newer() throws {
    let unit = try UnitOptions(KeyValueList("intel-iommu,scalable-mode=on,flts=on"))
    #expect(unit.capability.rawValue == 0x81d2_008c_222f_0606)
    #expect(unit.extendedCapability.rawValue == 0x8800_00f0_0f4a)
    let shared = try UnitOptions(
      KeyValueList("intel-iommu,scalable-mode=on,flts=on,device-iotlb=on,svm=on"))
    // PRS 29, NWFS 33, PSS 39:35 = 7, PASID 40, PDS 42.
    #expect(shared.extendedCapability.rawValue == 0x8d3a_20f0_0f4e)
  }

  /// What QEMU 11.1.3 showed.
  static let goldenOf11: [(options: String, cap: UInt64, ecap: UInt64)] = [
    ("scalable-mode=on", 0x80d2_008c_222f_0606, 0x4800_80f0_0f4a),
    ("scalable-mode=on,fsts=on", 0x81d2_008c_222f_0606, 0x8800_00f0_0f4a),
    ("scalable-mode=on,fsts=on,fs1gp=off", 0x80d2_008c_222f_0606, 0x8800_00f0_0f4a),
    ("scalable-mode=on,pasid-bits=8", 0x80d2_008c_222f_0606, 0x4938_80f0_0f4a),
    ("scalable-mode=on,pasid-bits=20", 0x80d2_008c_222f_0606, 0x4998_80f0_0f4a),
    ("scalable-mode=on,pasid-bits=1", 0x80d2_008c_222f_0606, 0x4900_80f0_0f4a),
    (
      "scalable-mode=on,fsts=on,device-iotlb=on,svm=on,pasid-bits=16", 0x81d2_008c_222f_0606,
      0x8d7a_20f0_0f4e
    ),
    ("x-quirks=qemu-11,caching-mode=on", 0x80d2_008c_222f_0686, 0xf0_0f4a),
    ("scalable-mode=on,x-quirks=qemu-10", 0xd2_008c_222f_0606, 0x4800_80f0_0f4a),
  ]

  @Test("the options of QEMU 11 make its CAP and ECAP, and come back", arguments: goldenOf11)
  func newerCapabilities(options: String, cap: UInt64, ecap: UInt64) throws {
    let unit = try UnitOptions(KeyValueList("intel-iommu,\(options)"))
    #expect(unit.capability.rawValue == cap)
    #expect(unit.extendedCapability.rawValue == ecap)
    #expect(unit.quirks == (options.contains("qemu-10") ? .qemu10 : .qemu11))
    let text = UnitOptions.properties(for: unit.configuration)
    #expect(
      try UnitOptions(KeyValueList("intel-iommu,\(text)")).configuration == unit.configuration)
    #expect(!text.contains("x-cap"))
  }

  static let refused: [(options: String, message: String)] = [
    ("fsts=on", "fsts is only available in scalable mode"),
    (
      "scalable-mode=on,pasid-bits=21",
      "PASID width 21 exceeds Max PASID Width 20 allowed in PCI spec"
    ),
    ("aw-bits=57", "Supported values for aw-bits are: 39, 48"),
    ("eim=on,intremap=off", "eim=on cannot be selected without intremap=on"),
    ("x-flts=on", "Legacy mode: not support x-flts=on"),
    (
      "x-scalable-mode=on,x-flts=on,aw-bits=39",
      "Scalable mode(flts): supported value for aw-bits is: 48"
    ),
    ("bogus=1", "Property 'intel-iommu.bogus' not found"),
    ("caching-mode=maybe", "Parameter 'caching-mode' expects 'on' or 'off', not 'maybe'"),
    ("aw-bits=x", "Parameter 'aw-bits' expects a number, not 'x'"),
  ]

  @Test("options that do not go together are refused by name", arguments: refused)
  func refuses(options: String, message: String) {
    #expect(throws: Q35MachineError(message)) {
      try UnitOptions(KeyValueList("intel-iommu," + options))
    }
  }

  @Test("quirks are QEMU's unless they are switched off")
  func quirks() throws {
    #expect(UnitOptions().configuration.quirks == .qemu10)
    let plain = try UnitOptions(KeyValueList("intel-iommu,x-quirks=off"))
    #expect(plain.configuration.quirks == [])
    let some = try UnitOptions(KeyValueList("intel-iommu,x-quirks=0x5"))
    #expect(some.configuration.quirks == UnitQuirks(rawValue: 5))
  }

  @Test(
    "properties come back from a unit, in QEMU's words where it has such a unit",
    arguments: golden.map(\.options) + [
      "scalable-mode=on,flts=on", "scalable-mode=off", "dma-translation=off",
      "x-cap=0xd2078c106f0462,x-ecap=0xf020de", "version=0x40", "x-base=0xfed91000",
      "scalable-mode=on,flts=on,device-iotlb=on,svm=on", "x-quirks=off", "x-quirks=0x3",
      "x-quirks=qemu-11", "scalable-mode=on,x-quirks=off",
    ])
  func properties(options: String) throws {
    let list = KeyValueList(options.isEmpty ? "intel-iommu" : "intel-iommu,\(options)")
    let unit = try UnitOptions(list).configuration
    let text = UnitOptions.properties(for: unit)
    let again = KeyValueList(text.isEmpty ? "intel-iommu" : "intel-iommu,\(text)")
    #expect(try UnitOptions(again).configuration == unit)
    if !options.hasPrefix("x-cap") { #expect(!text.contains("x-cap")) }
  }

  @Test("dma-translation=off: no table depth, and TE stays off")
  func noTranslation() throws {
    let unit = try UnitOptions(KeyValueList("intel-iommu,dma-translation=off"))
    #expect(unit.capability.rawValue == 0xd2_008c_222f_0006)
    let conversation = try Conversation(unit: unit)
    _ = conversation.ask("writel 0xfed90018 0xc0000000")
    #expect(conversation.number("readl 0xfed9001c") == 0x4000_0000)
  }
}
