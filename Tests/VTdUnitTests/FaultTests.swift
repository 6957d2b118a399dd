import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Every fault reason")
struct FaultTests {
  @Test(
    "a mis-programming is recorded with its reason, type, PASID, address", arguments: FaultCase.all)
  func recorded(_ fault: FaultCase) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    fault.arrange(rig)
    rig.enable(root: fault.root, mode: fault.mode)
    switch fault.request {
    case .dma(let request):
      let told = rig.unit.explain(request).verdict
      #expect(
        rig.unit.translate(request).outcome == .blocked(.fault(fault.reason), .recorded(index: 0)))
      #expect(told == .blocked(.fault(fault.reason), .notReported))
      let record = rig.record()
      #expect(record.address.rawValue == request.iova & ~0xfff)
      #expect(record.type == request.faultType)
      #expect(record.pasid == request.pasid)
      #expect(record[flag: .privilege] == request.isPrivileged)
      #expect(record[flag: .execute] == request.isExecute)
      #expect(record[.addressType] == UInt64(request.addressType.rawValue))
    case .interrupt(let request):
      #expect(rig.unit.interrupt(request) == .blocked(fault.reason, .recorded(index: 0)))
    case .page(let request):
      #expect(rig.unit.pageRequest(request) == .blocked(fault.reason, .recorded(index: 0)))
      #expect(rig.record().type == .pageRequest)
    }
    let record = rig.record()
    #expect(record[flag: .fault])
    #expect(record.reason == fault.reason)
    #expect(record.source.rawValue == 0x18)
    #expect(rig.status.rawValue == 2)
  }

  @Test("an enabled feature that the unit lacks is an invalid context entry")
  func invalidContext() throws {
    let rig = try Rig(ecap: 0x4900_80f0_0f4a)
    rig.writeScalableTables(
      .test(.secondStage), context: ScalableContextEntry(words: [Rig.directory | 1 | 4]))
    rig.enable(mode: .scalable)
    #expect(rig.unit.translate(.test()).faultReason == .scalableContextInvalid)
  }

  /// Reasons with a test of their own, because they need another unit or other memory.
  private static let apart: Set<FaultReason> = [
    .scalableContextInvalid, .firstStageAccessedDirtyRefused,
  ]

  @Test("no reason is without a case")
  func complete() {
    let missing = Set(FaultReason.known.map(\.reason))
      .subtracting(FaultCase.all.map(\.reason)).subtracting(Self.apart)
    #expect(missing.isEmpty, "\(missing.sorted())")
  }

  @Test("memory that refuses the update of an accessed bit is reason 0x91")
  func refused() throws {
    let flash: UInt64 = 0x8000_0000
    let memory = try PhysicalMemory(ranges: [
      .init(base: PhysicalAddress(rawValue: 0), size: 64 << 20),
      .init(base: PhysicalAddress(rawValue: flash), size: 0x1000, isReadOnly: true),
    ])
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap, over: memory)
    rig.writeScalableTables(.test(.firstStage))
    rig.mapFirstStage()
    // The leaf's table is in flash: present, writable, user, and never accessed.
    rig.store(flash | 0x27, at: Rig.firstStageTable + 0x2000)
    memory.program([0x07, 0, 0, 3, 0, 0, 0, 0], at: PhysicalAddress(rawValue: flash))
    rig.enable(mode: .scalable)
    #expect(rig.unit.translate(.test()).faultReason == .firstStageAccessedDirtyRefused)
    #expect(rig.record().reason == .firstStageAccessedDirtyRefused)
  }

  @Test(
    "FPD in the PASID entry drops what comes after it, and nothing before",
    arguments: [true, false])
  func silent(_ before: Bool) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeScalableTables(
      .test(.secondStage) { $0[flag: .faultProcessingDisable] = true })
    if before { rig.store(0, at: Rig.directory) }
    rig.enable(mode: .scalable)
    guard case .blocked(_, let disposition) = rig.unit.translate(.test()).outcome else {
      Issue.record("passed")
      return
    }
    #expect(disposition == (before ? .recorded(index: 0) : .faultProcessingDisabled))
    #expect(rig.status[flag: .primaryPendingFault] == before)
  }

  @Test("the ring wraps, overflows, and goes on where it stopped")
  func ring() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    func fault(_ source: UInt16) -> TranslationOutcome {
      rig.unit.translate(.test(source: SourceID(rawValue: source))).outcome
    }
    for index in 0..<8 {
      #expect(
        fault(UInt16(index)) == .blocked(.fault(.rootNotPresent), .recorded(index: index)))
    }
    #expect(fault(9) == .blocked(.fault(.rootNotPresent), .overflowed))
    #expect(fault(9) == .blocked(.fault(.rootNotPresent), .overflowPending))
    #expect(rig.status.rawValue == 3)
    rig.unit.write32(1, at: RegisterOffset.fsts)
    #expect(rig.status.rawValue == 2)
    // Record 0 is cleared: it is next in turn, although 1 to 7 still wait.
    let first = rig.unit.configuration.capability.faultRecordOffset
    rig.unit.write32(1 << 31, at: first + 12)
    #expect(fault(10) == .blocked(.fault(.rootNotPresent), .recorded(index: 0)))
    for index in 0..<8 { rig.unit.write32(1 << 31, at: first + index * 16 + 12) }
    #expect(rig.status[flag: .primaryPendingFault] == false)
    _ = fault(11)
    #expect(rig.status[.faultRecordIndex] == 1)
  }

  @Test("one message for many faults; a masked one waits for IM, or is dropped with its cause")
  func messages() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    rig.unit.write32(0, at: RegisterOffset.fectl)
    for source in 0..<3 as Range<UInt16> {
      _ = rig.unit.translate(.test(source: SourceID(rawValue: source)))
    }
    #expect(rig.log.all.count == 1)
    func clearAll() {
      let first = rig.unit.configuration.capability.faultRecordOffset
      for index in 0..<8 { rig.unit.write32(1 << 31, at: first + index * 16 + 12) }
    }
    clearAll()
    rig.unit.write32(1 << 31, at: RegisterOffset.fectl)
    _ = rig.unit.translate(.test())
    #expect(rig.log.all.count == 1)
    #expect(rig.faultControl[flag: .interruptPending])
    rig.unit.write32(0, at: RegisterOffset.fectl)
    #expect(rig.log.all.count == 2)
    #expect(!rig.faultControl[flag: .interruptPending])
    clearAll()
    rig.unit.write32(1 << 31, at: RegisterOffset.fectl)
    _ = rig.unit.translate(.test())
    clearAll()
    #expect(!rig.faultControl[flag: .interruptPending])
    rig.unit.write32(0, at: RegisterOffset.fectl)
    #expect(rig.log.all.count == 2)
  }
}
