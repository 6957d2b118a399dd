import PhysicalMemory
import Synchronization
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Advanced fault logging")
struct FaultLogTests {
  private func fault(_ rig: Rig, _ source: UInt16) -> FaultDisposition? {
    let outcome = rig.unit.translate(.test(source: SourceID(rawValue: source))).outcome
    if case .blocked(_, let disposition) = outcome { return disposition }
    return nil
  }

  private func loggingRig(_ log: UInt64 = 0x90_0000, size: UInt64 = 0) throws -> Rig {
    let rig = try Rig(cap: Everything.cap | 1 << 3, ecap: Everything.ecap)
    rig.enable()
    rig.unit.write64(log | size << 9, at: RegisterOffset.aflog)
    rig.unit.write32(rig.command(setting: .setFaultLog), at: RegisterOffset.gcmd)
    rig.unit.write32(rig.command(setting: .advancedFaultLogging), at: RegisterOffset.gcmd)
    rig.unit.write32(0, at: RegisterOffset.fectl)
    return rig
  }

  @Test("advanced fault logging writes records to memory, one after another, and sets APF")
  func log() throws {
    let rig = try loggingRig()
    #expect(fault(rig, 0x18) == .recorded(index: 0))
    #expect(fault(rig, 0x20) == .recorded(index: 1))
    #expect(rig.status.rawValue == 1 << 3)
    #expect(!rig.record()[flag: .fault])
    #expect(rig.log.all.map(\.event) == [.fault])
    for (index, source) in [0x18, 0x20].enumerated() {
      let place = 0x90_0000 + UInt64(index) * 16
      let record = FaultRecord(
        low: rig.memory.load64(PhysicalAddress(rawValue: place)) ?? 0,
        high: rig.memory.load64(PhysicalAddress(rawValue: place + 8)) ?? 0)
      #expect(record[flag: .fault])
      #expect(record.source.rawValue == UInt16(source))
      #expect(record.reason == .rootNotPresent)
      #expect(record.address.rawValue == 0x4000_0000)
    }
    rig.unit.write32(1 << 3, at: RegisterOffset.fsts)
    #expect(!rig.status.isPending)
    _ = fault(rig, 0x18)
    #expect(rig.log.all.count == 2)
  }

  @Test("a full log sets AFO and takes no more until software latches one again")
  func logOverflow() throws {
    let rig = try loggingRig()
    for index in 0..<256 { #expect(fault(rig, 0x18) == .recorded(index: index)) }
    #expect(fault(rig, 0x18) == .overflowed)
    #expect(rig.status.rawValue == 1 << 3 | 1 << 2)
    rig.unit.write32(1 << 3 | 1 << 2, at: RegisterOffset.fsts)
    #expect(fault(rig, 0x18) == .overflowed)
    #expect(fault(rig, 0x18) == .overflowPending)
    rig.unit.write32(1 << 2, at: RegisterOffset.fsts)
    rig.unit.write32(rig.command(setting: .setFaultLog), at: RegisterOffset.gcmd)
    #expect(fault(rig, 0x18) == .recorded(index: 0))
  }

  @Test("a log where there is no memory, or none at all, overflows at once")
  func logOutside() throws {
    #expect(fault(try loggingRig(0x20_0000_0000), 0x18) == .overflowed)
    let rig = try Rig(cap: Everything.cap | 1 << 3, ecap: Everything.ecap)
    rig.enable()
    rig.unit.write32(rig.command(setting: .advancedFaultLogging), at: RegisterOffset.gcmd)
    #expect(fault(rig, 0x18) == .overflowed)
  }

  @Test("FLS makes the log larger, and EAFL off brings the fault records back")
  func logSize() throws {
    let rig = try loggingRig(size: 1)
    for index in 0..<512 { #expect(fault(rig, 0x18) == .recorded(index: index)) }
    #expect(fault(rig, 0x18) == .overflowed)
    rig.unit.write32(rig.command(clearing: .advancedFaultLogging), at: RegisterOffset.gcmd)
    #expect(fault(rig, 0x18) == .recorded(index: 0))
    #expect(rig.record()[flag: .fault])
  }
}
