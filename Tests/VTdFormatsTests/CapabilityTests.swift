import Testing
import VTdFormats

@Suite("Capabilities of real units")
struct CapabilityTests {
  struct Case: CustomTestStringConvertible {
    let cap: UInt64
    let ecap: UInt64
    let width: Int
    let levels: [Int]
    let records: Int
    let recordsAt: Int
    let iotlbAt: Int
    var testDescription: String { "cap \(String(cap, radix: 16))" }
  }

  @Test(
    "a raw pair decodes to widths, levels and register places",
    arguments: [
      Case(
        cap: 0x1c0000_c40660462, ecap: 0x19e_2ff0505e, width: 39, levels: [4], records: 1,
        recordsAt: 0x400, iotlbAt: 0x500),
      Case(
        cap: 0xd2078c_106f0466, ecap: 0xf020de, width: 48, levels: [4], records: 8,
        recordsAt: 0x100, iotlbAt: 0x200),
      Case(
        cap: 0xd2008c_22260206, ecap: 0xf00f4a, width: 39, levels: [3], records: 1,
        recordsAt: 0x220, iotlbAt: 0xf0),
      Case(
        cap: 0xc90080_20e30260, ecap: 0x1000, width: 36, levels: [3], records: 1, recordsAt: 0x200,
        iotlbAt: 0x100),
    ])
  func realUnits(_ unit: Case) {
    let cap = Capability(rawValue: unit.cap)
    #expect(cap.maximumGuestAddressWidth == unit.width)
    #expect((3...5).filter { cap.supports(secondStageLevels: $0) } == unit.levels)
    #expect(cap.faultRecordCount == unit.records)
    #expect(cap.faultRecordOffset == unit.recordsAt)
    #expect(ExtendedCapability(rawValue: unit.ecap).iotlbRegisterOffset == unit.iotlbAt)
  }
}
