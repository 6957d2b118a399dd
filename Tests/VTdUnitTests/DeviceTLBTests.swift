import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Translation requests and device TLBs")
struct DeviceTLBTests {
  private static let leaf = Rig.topTable + 0x3000
  private static let firstLeaf = Rig.firstStageTable + 0x3000

  private func legacy(_ leaf: UInt64 = 0x300_0003) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.store(Rig.topTable | 5, at: Rig.contextTable + 0x18 * 16)
    rig.store(leaf, at: Self.leaf)
    rig.enable()
    return rig
  }

  private func scalable(
    _ type: PASIDTranslationType, _ change: (inout PASIDTableEntry) -> Void = { _ in }
  ) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeScalableTables(
      .test(type, change), context: ScalableContextEntry(words: [Rig.directory | 1 | 4 | 8 | 16]))
    rig.mapFirstStage()
    rig.mapSecondStage(
      type == .nested ? 0 : 0x4000_0000, to: type == .nested ? 0 : 0x300_0000,
      stopAt: type == .nested ? 3 : 1)
    rig.enable(mode: .scalable)
    return rig
  }

  private func ask(
    _ rig: Rig, _ access: DMAAccess = .write, _ address: UInt64 = 0x4000_0000, pasid: UInt32? = nil,
    isPrivileged: Bool = false, isExecute: Bool = false
  ) -> TranslationOutcome {
    rig.unit.translate(
      .test(
        access, address, pasid: pasid, isPrivileged: isPrivileged, isExecute: isExecute,
        addressType: .translationRequest)
    ).outcome
  }

  private func permissions(_ outcome: TranslationOutcome) -> Permissions? {
    if case .translated(let page) = outcome {
      page.permissions.intersection([.read, .write, .execute])
    } else {
      nil
    }
  }

  @Test(
    "the answer says what the page allows; a missing page is an answer too, and no fault",
    arguments: [
      (0x300_0003, [.read, .write]), (0x300_0001, .read), (0x300_0002, .write), (0x300_0000, []),
      (0, []),
    ] as [(UInt64, Permissions)], [DMAAccess.read, .write])
  func allowed(_ entry: (leaf: UInt64, allows: Permissions), _ access: DMAAccess) throws {
    for rig in [try legacy(entry.leaf), try scalable(.secondStage)] {
      rig.store(entry.leaf, at: Self.leaf)
      #expect(permissions(ask(rig, access)) == entry.allows)
      #expect(!rig.status.isPending)
    }
  }

  @Test("levels whose permissions exclude each other leave no permission, without a fault")
  func excluded() throws {
    let rig = try legacy(0x300_0002)
    rig.store((Rig.topTable + 0x3000) | 1, at: Rig.topTable + 0x2000)
    #expect(permissions(ask(rig)) == [])
    #expect(!rig.status.isPending)
  }

  @Test(
    "what is wrong with the tables is a fault of a translation request as of a DMA",
    arguments: [
      (0, Rig.root, FaultReason.rootNotPresent), (Rig.contextTable | 3, Rig.root, .rootReserved),
      (0x83 | (Rig.topTable + 0x1000), Rig.topTable, .secondStageReserved),
      (0x20_0000_0003, Rig.topTable, .secondStageRead), (0xfee0_0003, leaf, .interruptRange),
    ] as [(UInt64, UInt64, FaultReason)])
  func faults(_ word: UInt64, _ place: UInt64, _ reason: FaultReason) throws {
    let rig = try legacy()
    rig.store(word, at: place)
    #expect(ask(rig) == .blocked(.fault(reason), .recorded(index: 0)))
    #expect(rig.record()[.addressType] == 1)
    #expect(rig.record().type == .read)
  }

  @Test("an address beyond the width is a fault, one that is not canonical an answer")
  func addresses() throws {
    #expect(
      ask(try legacy(), .read, 1 << 48)
        == .blocked(.fault(.addressBeyondWidth), .recorded(index: 0)))
    #expect(
      ask(try scalable(.secondStage), .read, 1 << 48)
        == .blocked(.fault(.scalableAddressBeyondWidth), .recorded(index: 0)))
    #expect(permissions(ask(try scalable(.firstStage), .read, 1 << 48)) == [])
  }

  @Test("first stage: user and supervisor, execution, and the dirty bit follow the request")
  func firstStage() throws {
    let rig = try scalable(.firstStage) {
      $0[flag: .executeRequests] = true
      $0[flag: .noExecute] = true
    }
    let leaf = PhysicalAddress(rawValue: Self.firstLeaf)
    rig.store(0x300_0007, at: Self.firstLeaf)
    // A read only: the page is clean, so W is held back, and D stays clear.
    #expect(permissions(ask(rig, .read)) == [.read])
    #expect(rig.memory.load64(leaf) == 0x300_0027)
    #expect(permissions(ask(rig, .write)) == [.read, .write])
    #expect(rig.memory.load64(leaf) == 0x300_0067)
    // Dirty now: W comes with a read as well.
    #expect(permissions(ask(rig, .read)) == [.read, .write])
    #expect(permissions(ask(rig, .read, pasid: 0, isExecute: true)) == [.read, .write, .execute])
    rig.store(0x300_0067 | 1 << 63, at: Self.firstLeaf)
    #expect(permissions(ask(rig, .read, pasid: 0, isExecute: true)) == [.read, .write])
    // A read-only page does not become dirty.
    rig.store(0x300_0025, at: Self.firstLeaf)
    #expect(permissions(ask(rig, .write)) == [.read])
    #expect(rig.memory.load64(leaf) == 0x300_0025)
    // A supervisor's page, and SRE clear.
    rig.store(0x300_0063, at: Self.firstLeaf)
    #expect(permissions(ask(rig)) == [])
    #expect(permissions(ask(rig, .read, pasid: 0, isPrivileged: true)) == [])
    #expect(!rig.status.isPending)
  }

  @Test("nested: both stages limit the answer, and only what may be written becomes dirty")
  func nested() throws {
    let rig = try scalable(.nested) { $0[flag: .secondStageAccessedDirty] = true }
    rig.store(0x82 | 0x101, at: Rig.topTable + 0x1000)
    rig.store((Rig.topTable + 0x1000) | 0x103, at: Rig.topTable)
    rig.store(0x300_0025, at: Self.firstLeaf)
    #expect(permissions(ask(rig, .write)) == [.read])
    #expect((rig.memory.load64(PhysicalAddress(rawValue: Rig.topTable + 0x1000)) ?? 0) & 0x200 == 0)
    rig.store(0x300_0067, at: Self.firstLeaf)
    #expect(permissions(ask(rig, .write)) == [.read, .write])
    #expect((rig.memory.load64(PhysicalAddress(rawValue: Rig.topTable + 0x1000)) ?? 0) & 0x200 != 0)
  }

  @Test("a function that may not ask for translations gets a fault")
  func refused() throws {
    let rig = try legacy()
    rig.store(Rig.topTable | 1, at: Rig.contextTable + 0x18 * 16)
    #expect(ask(rig) == .blocked(.fault(.requestTypeBlocked), .recorded(index: 0)))
    let passThrough = try legacy()
    passThrough.store(Rig.topTable | 9, at: Rig.contextTable + 0x18 * 16)
    #expect(ask(passThrough) == .blocked(.fault(.requestTypeBlocked), .recorded(index: 0)))
  }

  @Test("remapping off, abort-DMA mode and the interrupt range have answers of their own")
  func early() throws {
    let rig = try legacy()
    guard case .translated(let page) = ask(rig, .write, 0xfee0_1000) else {
      Issue.record("no answer")
      return
    }
    #expect(page.untranslatedOnly)
    #expect(page.permissions.intersection([.read, .write, .execute]) == .write)
    #expect(page.address.rawValue == 0xfee0_1000)
    rig.unit.write64(3 << 10, at: RegisterOffset.rtaddr)
    rig.unit.write32(rig.command(setting: .setRootTable), at: RegisterOffset.gcmd)
    #expect(ask(rig) == .blocked(.abortDMA, .notReported))
    #expect(ask(rig, .write, 0xfee0_1000) == .blocked(.abortDMA, .notReported))
    rig.unit.write32(rig.command(clearing: .translation), at: RegisterOffset.gcmd)
    #expect(ask(rig) == .blocked(.unsupportedRequest, .notReported))
    #expect(!rig.status.isPending)
  }

  @Test("a translated request into the interrupt range is blocked, in both modes")
  func translatedRange() throws {
    let request = DMARequest.test(.write, 0xfee0_1000, addressType: .translated)
    #expect(try legacy().unit.translate(request).faultReason == .interruptRange)
    #expect(
      try scalable(.secondStage).unit.translate(request).faultReason == .scalableInterruptRange)
    #expect(
      try legacy().unit.translate(.test(.write, 0x1234_5000, addressType: .translated)).address?
        .rawValue == 0x1234_5000)
  }

  @Test("a device uses what its TLB holds until it is told to drop it")
  func stale() throws {
    let rig = try legacy()
    rig.startQueue()
    let device = ATSDevice(source: SourceID(rawValue: 0x18))
    rig.unit.attach(device)
    func page(_ access: DMAAccess = .read) -> UInt64? {
      device.access(access, IOVA(rawValue: 0x4000_0008), through: rig.unit)?.address?.rawValue
    }
    #expect(page() == 0x300_0008)
    rig.store(0x500_0003, at: Self.leaf)
    // The unit's own caches are dropped, the device's TLB is not.
    rig.queue(0x12)
    #expect(page() == 0x300_0008)
    // Another page, another device: not ours.
    rig.queue(0x18 << 32 | 3, 0x4000_1000)
    rig.queue(0x20 << 32 | 3, 0x4000_0000)
    rig.unit.write32(1 << 6, at: RegisterOffset.fsts)
    #expect(page() == 0x300_0008)
    rig.queue(0x18 << 32 | 3, 0x4000_0000)
    #expect(page() == 0x500_0008)
    #expect(page(.write) == 0x500_0008)
  }

  @Test(
    "S and the address say how much goes",
    arguments: [
      (0x4000_0000, 0x4000_0000...0x4000_0fff), (0x4000_0001, 0x4000_0000...0x4000_1fff),
      (0x4000_1001, 0x4000_0000...0x4000_3fff), (0x4000_7001, 0x4000_0000...0x4000_ffff),
      (0x7fff_ffff_ffff_f001, 0...UInt64.max), (0xffff_ffff_ffff_f001, 0...UInt64.max),
    ] as [(UInt64, ClosedRange<UInt64>)])
  func sizes(_ word: UInt64, _ range: ClosedRange<UInt64>) {
    let invalidation = DeviceInvalidation(
      pasid: nil, everyPASID: false, address: word & ~0xfff, isLarge: word & 1 != 0)
    #expect(invalidation.range == range)
  }

  @Test("PASID translations of a TLB go by PASID, or with G all of them")
  func pasidTLB() throws {
    let rig = try scalable(.firstStage)
    rig.store(
      PASIDTableEntry.test(.firstStage).words[0], PASIDTableEntry.test(.firstStage).words[1],
      PASIDTableEntry.test(.firstStage).words[2], at: Rig.pasidTable + 64)
    rig.startQueue(wide: true)
    let device = ATSDevice(source: SourceID(rawValue: 0x18))
    rig.unit.attach(device)
    func fill() {
      for pasid in 0...1 as ClosedRange<UInt32> {
        _ = device.access(
          .read, IOVA(rawValue: 0x4000_0000), pasid: PASID(rawValue: pasid), through: rig.unit)
      }
    }
    fill()
    #expect(device.translationCount == 2)
    rig.queue(8 | 0x18 << 16 | 1 << 32, 0x4000_0000)
    #expect(device.translationCount == 1)
    fill()
    rig.queue(8 | 0x18 << 16 | 1 << 32, 0x4000_0000 | 1)
    #expect(device.translationCount == 0)
    fill()
    // Without PASID: the device's other entries stay.
    rig.queue(3 | 0x18 << 32, 0x4000_0000)
    #expect(device.translationCount == 2)
    #expect(!rig.status.isPending)
  }

  @Test("of several silent devices the first is named; the status of the wait is never written")
  func silentDevices() throws {
    let rig = try legacy()
    rig.startQueue()
    rig.unit.write32(0, at: RegisterOffset.fectl)
    rig.store(
      0x30 << 32 | 3, 0x4000_0000, 0x31 << 32 | 3, 0x4000_0000, 0x1_0000_0035, 0x80_0000,
      at: Rig.queueBase)
    rig.unit.write64(48, at: RegisterOffset.iqt)
    #expect(rig.status.rawValue == 1 << 6)
    #expect(rig.unit.read64(RegisterOffset.iqercd) >> 32 & 0xffff == 0x30)
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == 0)
    #expect(rig.unit.read32(RegisterOffset.ics) == 0)
    #expect(rig.log.all.map(\.event) == [.fault])
    rig.unit.write32(1 << 6, at: RegisterOffset.fsts)
    rig.queue(0x2_0000_0025, 0x80_0000)
    #expect(rig.memory.load32(PhysicalAddress(rawValue: 0x80_0000)) == 2)
  }
}
