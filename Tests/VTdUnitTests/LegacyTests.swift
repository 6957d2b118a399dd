import Testing
import VTdFormats

@testable import VTdUnit

extension Rig {
  /// Good legacy tables for 00:03.0: four levels, IOVA 0x40000000 to page 0x3000000.
  func writeLegacyTables() {
    store(Rig.contextTable | 1, 0, at: Rig.root)
    store(Rig.topTable | 1, 0x0000_0102, at: Rig.contextTable + 0x18 * 16)
    for level in 0..<3 {
      let table = Rig.topTable + UInt64(level) * 0x1000
      store(table + 0x1000 | 3, at: table + (level == 1 ? 8 : 0))
    }
    store(0x300_0003, at: Rig.topTable + 0x3000)
  }
}

@Suite("Legacy translation")
struct LegacyTests {
  @Test("a page that is mapped is translated, its offset kept")
  func mapped() throws {
    let rig = try Rig()
    rig.writeLegacyTables()
    rig.enable()
    #expect(
      rig.unit.translate(.test(.write, 0x4000_0123)).outcome
        == .translated(
          TranslatedPage(
            address: PhysicalAddress(rawValue: 0x300_0123), pageSize: 4096,
            permissions: [.read, .write, .user], snoop: false)))
    #expect(!rig.status.isPending)
  }

  @Test("remapping off passes addresses unchanged")
  func off() throws {
    let rig = try Rig()
    #expect(rig.unit.translate(.test(.write, 0x1234_5678)).address?.rawValue == 0x1234_5678)
  }

  @Test("a fault is recorded with source, page, type and reason, and raises one message")
  func recorded() throws {
    let rig = try Rig()
    rig.writeLegacyTables()
    rig.enable()
    rig.unit.write32(0x21, at: RegisterOffset.fedata)
    rig.unit.write32(0xfee0_1004, at: RegisterOffset.feaddr)
    rig.unit.write32(0, at: RegisterOffset.fectl)
    let result = rig.unit.translate(.test(.write, 0x4000_1abc))
    #expect(result.outcome == .blocked(.fault(.writeNotPermitted), .recorded(index: 0)))
    let record = rig.record()
    #expect(record[flag: .fault])
    #expect(record.reason == .writeNotPermitted)
    #expect(record.source.rawValue == 0x18)
    #expect(record.address.rawValue == 0x4000_1000)
    #expect(record.type == .write)
    #expect(record.pasid == nil)
    #expect(rig.status.rawValue == 2)
    #expect(
      rig.log.all == [
        InterruptMessage(
          event: .fault, address: PhysicalAddress(rawValue: 0xfee0_1004), data: 0x21)
      ])
  }
}
