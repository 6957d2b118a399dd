import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Page requests")
struct PageRequestTests {
  private static let queue: UInt64 = 0x98_0000
  private let device = ATSDevice(source: SourceID(rawValue: 0x18))

  private func rig(context: UInt64 = 1 | 4 | 8 | 16) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeScalableTables(
      .test(.secondStage), context: ScalableContextEntry(words: [Rig.directory | context]))
    rig.enable(mode: .scalable)
    rig.unit.write64(Self.queue, at: RegisterOffset.pqa)
    rig.unit.write32(0, at: RegisterOffset.pectl)
    rig.unit.attach(device)
    return rig
  }

  private func ask(
    _ rig: Rig, _ address: UInt64 = 0x4000_0000, pasid: UInt32? = nil, isLast: Bool = true,
    group: UInt16 = 0
  ) -> PageRequestOutcome {
    rig.unit.pageRequest(
      PageRequest(
        source: SourceID(rawValue: 0x18), address: IOVA(rawValue: address),
        pasid: pasid.map(PASID.init), permissions: [.read, .write], isLast: isLast, group: group))
  }

  private func status(_ rig: Rig) -> UInt32 { rig.unit.read32(RegisterOffset.prs) }

  @Test("a request becomes a descriptor at the tail, sets PPR and raises its event once")
  func queued() throws {
    let rig = try rig()
    #expect(ask(rig, 0x1234_5678, pasid: 0x1abc, group: 0x155) == .queued(offset: 0))
    #expect(ask(rig, isLast: false) == .queued(offset: 32))
    #expect(rig.unit.read64(RegisterOffset.pqt) == 64)
    #expect(rig.unit.read64(RegisterOffset.pqh) == 0)
    #expect(status(rig) == 1)
    #expect(rig.log.all.map(\.event) == [.pageRequest])
    func word(_ index: UInt64) -> UInt64? {
      rig.memory.load64(PhysicalAddress(rawValue: Self.queue + index * 8))
    }
    #expect(word(0) == 0x1abc << 32 | 0x18 << 16 | 1 << 8 | 1)
    #expect(word(1) == 0x1234_5000 | 0x155 << 3 | 1 << 2 | 3)
    #expect(word(4) == 0x18 << 16 | 1)
    #expect(word(5) == 0x4000_0000 | 3)
    // Software serves it and clears PPR: the next one is a new event.
    rig.unit.write64(64, at: RegisterOffset.pqh)
    rig.unit.write32(1, at: RegisterOffset.prs)
    #expect(status(rig) == 0)
    _ = ask(rig)
    #expect(rig.log.all.count == 2)
    #expect(device.responses.isEmpty)
  }

  @Test("a masked event waits in IP, is sent on unmasking, or goes with its cause")
  func masked() throws {
    let rig = try rig()
    rig.unit.write32(1 << 31, at: RegisterOffset.pectl)
    _ = ask(rig)
    #expect(rig.unit.read32(RegisterOffset.pectl) == 0xc000_0000)
    rig.unit.write32(1, at: RegisterOffset.prs)
    #expect(rig.unit.read32(RegisterOffset.pectl) == 0x8000_0000)
    _ = ask(rig)
    rig.unit.write32(0, at: RegisterOffset.pectl)
    #expect(rig.log.all.count == 1)
  }

  @Test("the queue wraps, and is full with one place left: PRO, and a failure for the device")
  func overflow() throws {
    let rig = try rig()
    for index in 0..<127 as Range<UInt64> { #expect(ask(rig) == .queued(offset: index * 32)) }
    #expect(ask(rig, group: 7) == .overflowed)
    #expect(status(rig) == 3)
    #expect(rig.log.all.count == 1)
    #expect(device.responses == [PageGroupResponse(group: 7, pasid: nil, code: .failure)])
    // Requests that are not their group's last are dropped without an answer.
    #expect(ask(rig, isLast: false, group: 8) == .overflowed)
    #expect(device.responses.count == 1)
    // Room alone is not enough: software clears PRO first.
    rig.unit.write64(96, at: RegisterOffset.pqh)
    #expect(ask(rig) == .overflowed)
    rig.unit.write32(2, at: RegisterOffset.prs)
    #expect(ask(rig) == .queued(offset: 127 * 32))
    #expect(rig.unit.read64(RegisterOffset.pqt) == 0)
    #expect(ask(rig) == .queued(offset: 0))
    #expect(ask(rig) == .queued(offset: 32))
    #expect(ask(rig) == .overflowed)
  }

  @Test("PQS makes the queue larger; a queue where there is no memory overflows")
  func sizes() throws {
    let rig = try rig()
    rig.unit.write64(Self.queue | 1, at: RegisterOffset.pqa)
    for _ in 0..<255 { _ = ask(rig) }
    #expect(status(rig) == 1)
    #expect(ask(rig) == .overflowed)
    let outside = try self.rig()
    outside.unit.write64(0x20_0000_0000, at: RegisterOffset.pqa)
    #expect(ask(outside) == .overflowed)
    #expect(status(outside) == 2)
    #expect(outside.log.all.map(\.event) == [.pageRequest])
  }

  @Test(
    "the context entry decides, whatever lies behind it",
    arguments: [
      (0, nil, FaultReason.scalableContextNotPresent), (1 | 32, nil, .scalableContextReserved),
      (1 | 16, 1, .pasidDisabled), (1 | 8 | 16, 1 << 13, .pasidBeyondDirectory),
      (1 | 8, 1, .pageRequestDisabled), (1, nil, .pageRequestDisabled),
      (1, 1, .pasidDisabled),
    ] as [(UInt64, UInt32?, FaultReason)])
  func blocked(_ context: UInt64, _ pasid: UInt32?, _ reason: FaultReason) throws {
    let rig = try rig(context: context)
    #expect(ask(rig, pasid: pasid) == .blocked(reason, .recorded(index: 0)))
    #expect(rig.record().type == .pageRequest)
    #expect(rig.record().pasid?.rawValue == pasid)
    #expect(rig.record().address.rawValue == 0x4000_0000)
    #expect(device.responses.map(\.code) == [.failure])
    #expect(status(rig) == 0)
  }

  @Test("FPD of the context entry drops the fault of a page request")
  func silent() throws {
    let rig = try rig(context: 1 | 2)
    #expect(ask(rig) == .blocked(.pageRequestDisabled, .faultProcessingDisabled))
    #expect(!rig.status.isPending)
  }

  @Test("a PASID without tables may ask for pages: software says what becomes of it")
  func withoutTables() throws {
    #expect(ask(try rig(), pasid: 0x1000) == .queued(offset: 0))
  }

  @Test("with remapping off or aborting nothing is queued")
  func off() throws {
    let rig = try rig()
    rig.unit.write32(rig.command(clearing: .translation), at: RegisterOffset.gcmd)
    #expect(ask(rig) == .refused)
    rig.unit.write32(rig.command(setting: .translation), at: RegisterOffset.gcmd)
    rig.unit.write64(3 << 10, at: RegisterOffset.rtaddr)
    rig.unit.write32(rig.command(setting: .setRootTable), at: RegisterOffset.gcmd)
    #expect(ask(rig) == .refused)
    #expect(!rig.status.isPending)
    #expect(device.responses.map(\.code) == [.failure, .failure])
  }

  @Test(
    "a page-group response reaches its device with group, PASID and code",
    arguments: [(0, PageResponseCode.success), (1, .invalidRequest), (15, .failure), (7, nil)]
      as [(UInt64, PageResponseCode?)])
  func response(_ code: UInt64, _ expected: PageResponseCode?) throws {
    let rig = try rig()
    rig.startQueue(wide: true)
    rig.queue(0x2345 << 32 | 0x18 << 16 | code << 12 | 1 << 4 | 9, 0x1aa << 3)
    rig.queue(0x18 << 16 | code << 12 | 9, 0x1ff << 3)
    // To a device that is not there: lost.
    rig.queue(0x20 << 16 | 9, 0)
    #expect(
      device.responses == [
        PageGroupResponse(group: 0x1aa, pasid: PASID(rawValue: 0x2345), code: expected),
        PageGroupResponse(group: 0x1ff, pasid: nil, code: expected),
      ])
    #expect(!rig.status.isPending)
  }

  @Test("private data needs PDP; without it the upper half is reserved")
  func privateData() throws {
    let rig = try rig()
    rig.startQueue(wide: true)
    rig.queue(0x18 << 16 | 1 << 5 | 9, 0, 1, 2)
    #expect(device.responses.count == 1)
    rig.queue(0x18 << 16 | 9, 0, 1, 2)
    #expect(rig.unit.read64(RegisterOffset.iqercd) & 0xf == 4)
  }
}
