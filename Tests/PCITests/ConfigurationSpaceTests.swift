import PCI
import TestSupport
import Testing

@Suite("Configuration space")
struct ConfigurationSpaceTests {
  /// The first 64 bytes of a bridge: Intel's 8086:a294, numbered 00, 01 to 03.
  static let bridgeHeader: [UInt8] = [
    0x86, 0x80, 0x94, 0xa2, 0x07, 0x04, 0x10, 0x00, 0xf0, 0x00, 0x04, 0x06, 0x10, 0x00, 0x81, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x03, 0x00, 0xf0, 0x00, 0x00, 0x20,
    0x00, 0x00, 0x00, 0x00, 0xf1, 0xff, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x01, 0x10, 0x00,
  ]

  @Test("a bridge's header decodes to ids, class, bus numbers and bus mastering")
  func header() {
    let space = ConfigurationSpace(Self.bridgeHeader)
    #expect(space.vendorID == 0x8086)
    #expect(space.deviceID == 0xa294)
    #expect(space.classCode == PCIClass(rawValue: 0x060400))
    #expect(space.classCode?.isBridge == true)
    #expect(space.headerLayout == .bridge)
    #expect(space.isMultiFunction == true)
    #expect(space.busMasterEnabled == true)
    #expect(space.bridgeBuses == BridgeBuses(primary: 0, secondary: 1, subordinate: 3))
  }

  @Test("a field is nil as soon as one of its bytes is unknown", arguments: 0...64)
  func unknown(length: Int) {
    let space = ConfigurationSpace(Self.bridgeHeader.prefix(length))
    #expect((space.vendorID != nil) == (length >= 2))
    #expect((space.classCode != nil) == (length >= 12))
    #expect((space.headerLayout != nil) == (length >= 15))
    #expect((space.bridgeBuses != nil) == (length >= 0x1b))
    #expect(space[.vendorID, at: 0xffc] == nil)
    #expect(space.number(at: -1, width: 4) == nil)
    #expect(space.number(at: 0, width: 5) == nil)
  }

  @Test("setting a field leaves every other bit alone")
  func set() {
    for fill: UInt8 in [0x00, 0xff] {
      let before = ConfigurationSpace(repeatElement(fill, count: 64))
      var space = before
      let known = space.set(.busMasterEnable, to: fill == 0 ? 1 : 0)
      #expect(known)
      #expect(space.bytes[4] == fill ^ 0x04)
      #expect(zip(space.bytes, before.bytes).filter { $0 != $1 }.count == 1)
      space.set(.classCode, to: 0x01_06_01)
      #expect(space.classCode == PCIClass(rawValue: 0x010601))
      #expect(space.bytes[8] == fill)
      let beyond = space.set(.extended, to: 1)
      #expect(!beyond)
    }
  }

  @Test("a list of capabilities is walked in its own order")
  func capabilities() {
    var space = ConfigurationSpace(zeroed: 4096)
    space.link(conventional: [(0x80, 0x10), (0x40, 0x05), (0xf0, 0x11)])
    space.link(extended: [(0x100, 1), (0x800, 0), (0x200, 0x000f), (0xffc, 0x0010)])
    #expect(space.capabilityList.capabilities.map(\.offset) == [0x80, 0x40, 0xf0])
    #expect(space.capabilityList.capabilities.map(\.id) == [.express, .msi, .msiX])
    #expect(space.capabilityList.end == .complete)
    #expect(space.capability(.msi)?.offset == 0x40)
    // Id 0 links on and is not a structure.
    #expect(
      space.extendedCapabilityList.capabilities.map(\.id)
        == [.advancedErrorReporting, .addressTranslationServices, .singleRootIOV])
    #expect(space.extendedCapabilityList.end == .complete)
    #expect(space.capability(.pasid) == nil)
  }

  @Test("without the status bit there is no list, whatever the pointer says")
  func noList() {
    var space = ConfigurationSpace(zeroed: 256)
    space.link(conventional: [(0x40, 0x05)])
    space.set(.capabilitiesList, to: 0)
    #expect(space.capabilityList.capabilities.isEmpty)
  }

  @Test("a list that loops, leads into the header or out of what is known ends there and says so")
  func lies() {
    var loop = ConfigurationSpace(zeroed: 256)
    loop.link(conventional: [(0x40, 0x05), (0x50, 0x10), (0x40, 0x05)])
    #expect(loop.capabilityList.capabilities.map(\.offset) == [0x40, 0x50])
    #expect(loop.capabilityList.end == .loop(from: 0x51, target: 0x40))

    var header = ConfigurationSpace(zeroed: 256)
    header.link(conventional: [(0x40, 0x05), (0x10, 0x05)])
    #expect(header.capabilityList.end == .misdirected(from: 0x41, target: 0x10))

    let gone = ConfigurationSpace(repeatElement(0xff, count: 4096))
    #expect(gone.capabilityList.capabilities.isEmpty)
    #expect(gone.capabilityList.end == .misdirected(from: 0x34, target: 0xfc))
    #expect(gone.extendedCapabilityList.capabilities.isEmpty)

    let unprivileged = ConfigurationSpace(ConfigurationSpaceTests.withPointer.bytes.prefix(64))
    #expect(unprivileged.capabilityList.end == .unknown(from: 0x34, target: 0x40))
    #expect(unprivileged.extendedCapabilityList.end == .complete)

    var extendedLoop = ConfigurationSpace(zeroed: 4096)
    extendedLoop.link(extended: [(0x100, 0), (0x140, 0), (0x100, 0)])
    #expect(extendedLoop.extendedCapabilityList.end == .loop(from: 0x140, target: 0x100))

    var extendedShort = ConfigurationSpace(zeroed: 4096)
    extendedShort.link(extended: [(0x100, 1), (0x400, 2)])
    let cut = ConfigurationSpace(extendedShort.bytes.prefix(0x200))
    #expect(cut.extendedCapabilityList.end == .unknown(from: 0x100, target: 0x400))
  }

  @Test("any bytes at all can be walked")
  func anything() {
    var random = SplitMix(state: 7)
    for _ in 0..<300 {
      let length = Int(random.next() % 4200)
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let space = ConfigurationSpace(bytes)
      #expect(space.count == min(length, 4096))
      #expect(space.capabilityList.capabilities.count <= 48)
      #expect(space.extendedCapabilityList.capabilities.count <= 960)
    }
  }

  static let withPointer: ConfigurationSpace = {
    var space = ConfigurationSpace(zeroed: 256)
    space.link(conventional: [(0x40, 0x05)])
    return space
  }()
}
