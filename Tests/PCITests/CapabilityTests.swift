import Testing
import VTdFormats

@testable import PCI

@Suite("Capabilities")
struct CapabilityTests {
  /// Every capability in one space, each at its place.
  static let everything: ConfigurationSpace = {
    var space = ConfigurationSpace(zeroed: 4096)
    space.link(conventional: [(0x40, 0x05), (0x60, 0x11), (0x80, 0x10)])
    space.link(extended: [(0x100, 0x0f), (0x140, 0x10), (0x180, 0x13), (0x1c0, 0x1b), (0x200, 0xd)])
    return space
  }()

  @Test("MSI decodes with 32 and 64 bits of address", arguments: [false, true])
  func msi(is64Bit: Bool) throws {
    var space = Self.everything
    // Message control: enabled, 8 vectors offered, 4 given, maskable.
    space.set(
      ConfigurationField("", 2, 0..<16), at: 0x40, to: is64Bit ? 0x01a7 : 0x0127)
    space.set(ConfigurationField("", 4, 0..<32), at: 0x40, to: 0xfee0_1004)
    space.set(ConfigurationField("", 8, 0..<32), at: 0x40, to: is64Bit ? 0x1 : 0x4021)
    space.set(ConfigurationField("", 12, 0..<32), at: 0x40, to: is64Bit ? 0x4021 : 0xffff)
    let msi = try #require(space.msi)
    #expect(msi.isEnabled && msi.isMaskable && msi.is64Bit == is64Bit)
    #expect(msi.vectors == 8 && msi.enabledVectors == 4)
    #expect(msi.address == (is64Bit ? 0x1_fee0_1004 : 0xfee0_1004))
    #expect(msi.data == 0x4021)
  }

  @Test("MSI-X counts its vectors from one and its offset in bytes")
  func msiX() throws {
    var space = Self.everything
    space.set(ConfigurationField("", 2, 0..<16), at: 0x60, to: 0x8003)
    space.set(ConfigurationField("", 4, 0..<32), at: 0x60, to: 0x2004)
    let msiX = try #require(space.msiX)
    #expect(msiX.isEnabled && !msiX.isMasked)
    #expect(msiX.vectors == 4 && msiX.tableRegister == 4 && msiX.tableOffset == 0x2000)
  }

  @Test("ATS, page requests and PASIDs decode")
  func addressTranslation() throws {
    var space = Self.everything
    space.set(ConfigurationField("", 4, 0..<32), at: 0x100, to: 0x8001_0060)
    let ats = try #require(space.addressTranslationServices)
    #expect(ats.invalidateQueueDepth == 32 && ats.isPageAligned && ats.supportsGlobalInvalidate)
    #expect(ats.smallestTranslationUnit == 1 && ats.isEnabled)

    space.set(ConfigurationField("", 4, 0..<32), at: 0x180, to: 0x8100_0001)
    space.set(ConfigurationField("", 8, 0..<32), at: 0x180, to: 0x200)
    space.set(ConfigurationField("", 12, 0..<32), at: 0x180, to: 0x20)
    let pri = try #require(space.pageRequestInterface)
    #expect(pri.isEnabled && pri.isStopped && pri.responseNeedsPASID)
    #expect(pri.capacity == 0x200 && pri.allocation == 0x20)

    space.set(ConfigurationField("", 4, 0..<32), at: 0x1c0, to: 0x0005_0806)
    let pasid = try #require(space.pasid)
    #expect(pasid.width == 8 && pasid.supportsExecute && pasid.supportsPrivileged)
    #expect(pasid.isEnabled && !pasid.executeEnabled && pasid.privilegedEnabled)
    #expect(pasid.allows(PASID(rawValue: 0xff)) && !pasid.allows(PASID(rawValue: 0x100)))
  }

  @Test("virtual functions have the ids that offset and stride give them")
  func virtualFunctions() throws {
    var space = Self.everything
    space.set(ConfigurationField("", 0x08, 0..<16), at: 0x140, to: 0x0009)
    space.set(ConfigurationField("", 0x0e, 0..<16), at: 0x140, to: 64)
    space.set(ConfigurationField("", 0x10, 0..<16), at: 0x140, to: 3)
    space.set(ConfigurationField("", 0x14, 0..<16), at: 0x140, to: 0x180)
    space.set(ConfigurationField("", 0x16, 0..<16), at: 0x140, to: 2)
    space.set(ConfigurationField("", 0x1a, 0..<16), at: 0x140, to: 0x10ed)
    let virtualization = try #require(space.singleRootIOV)
    #expect(virtualization.total == 64 && virtualization.deviceID == 0x10ed)
    let owner = SourceID(bus: 1, device: 0, function: 0)
    let ids = virtualization.sourceIDs(of: owner)
    #expect(ids.map(\.description) == ["02:10.0", "02:10.2", "02:10.4"])
    for raw in UInt16.min...UInt16.max {
      let id = SourceID(rawValue: raw)
      if virtualization.owns(id, at: owner) != ids.contains(id) {
        Issue.record("\(id) is \(ids.contains(id) ? "" : "not ")a virtual function")
      }
    }
  }

  @Test("every typed view is nil while one of its bytes is unknown, and none traps")
  func truncated() {
    for length in stride(from: 0, through: 4096, by: 2) {
      let space = ConfigurationSpace(Self.everything.bytes.prefix(length))
      #expect((space.msi != nil) == (length >= 0x4a))
      #expect((space.msiX != nil) == (length >= 0x68))
      #expect((space.express != nil) == (length >= 0x84))
      #expect((space.addressTranslationServices != nil) == (length >= 0x108))
      #expect((space.singleRootIOV != nil) == (length >= 0x15c))
      #expect((space.pageRequestInterface != nil) == (length >= 0x190))
      #expect((space.pasid != nil) == (length >= 0x1c8))
      #expect((space.accessControlServices != nil) == (length >= 0x208))
    }
  }
}
