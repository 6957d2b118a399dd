import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

/// Two devices in two domains, two PASIDs, two pages: who sees a change after which invalidation.
@Suite("Every invalidation, by registers and by the queue")
struct InvalidationTests {
  /// What stays and what goes, for the four translations of a legacy rig: domain 1's two pages, and
  /// domain 2's two.
  struct Scope: CustomTestStringConvertible, Sendable {
    let name: String
    /// Granularity, domain, address, AM.
    let granularity: UInt64
    var domain: UInt64 = 1
    var address: UInt64 = 0x4000_0000
    var mask: UInt64 = 0
    /// Whether domain 1's first page, its second, domain 2's first and second are dropped.
    let drops: [Bool]
    var testDescription: String { name }

    static let all: [Scope] = [
      Scope(name: "global", granularity: 1, drops: [true, true, true, true]),
      Scope(name: "domain 1", granularity: 2, drops: [true, true, false, false]),
      Scope(name: "domain 2", granularity: 2, domain: 2, drops: [false, false, true, true]),
      Scope(name: "domain 3", granularity: 2, domain: 3, drops: [false, false, false, false]),
      Scope(name: "first page of domain 1", granularity: 3, drops: [true, false, false, false]),
      Scope(
        name: "second page of domain 2", granularity: 3, domain: 2, address: 0x4000_1000,
        drops: [false, false, false, true]),
      Scope(
        name: "both pages of domain 1", granularity: 3, mask: 1, drops: [true, true, false, false]),
      Scope(
        name: "128 pages of domain 1", granularity: 3, mask: 7,
        drops: [true, true, false, false]),
      Scope(
        name: "another page", granularity: 3, address: 0x4000_2000,
        drops: [false, false, false, false]),
    ]
  }

  private func translate(_ rig: Rig) -> [UInt64?] {
    [0x18, 0x20].flatMap { source in
      [0x4000_0000, 0x4000_1000].map { address in
        rig.unit.translate(.test(.read, address, source: SourceID(rawValue: source))).address?
          .rawValue
      }
    }
  }

  @Test(
    "IOTLB: each granularity drops what it names and keeps the rest",
    arguments: Scope.all, [false, true])
  func iotlb(_ scope: Scope, _ queued: Bool) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeLegacyTables()
    let second: UInt64 = 0x60_0000
    rig.store(second | 1, 0x0202, at: Rig.contextTable + 0x20 * 16)
    rig.mapSecondStage(top: second)
    rig.store(0x300_1003, at: Rig.topTable + 0x3008)
    rig.store(0x300_1003, at: second + 0x3008)
    rig.enable()
    if queued { rig.startQueue() }
    #expect(translate(rig) == [0x300_0000, 0x300_1000, 0x300_0000, 0x300_1000])
    for table in [Rig.topTable, second] { rig.store(0x500_0003, 0x500_1003, at: table + 0x3000) }
    if queued {
      rig.queue(2 | scope.granularity << 4 | scope.domain << 16, scope.address | scope.mask)
    } else {
      rig.iotlb(
        scope.granularity, domain: scope.domain, address: scope.address, low: scope.mask)
      #expect(rig.unit.read64(0x508) >> 57 & 3 == scope.granularity)
      #expect(rig.unit.read64(0x508) >> 63 == 0)
    }
    let pages = zip(translate(rig), scope.drops.enumerated()).map { found, drop in
      found == (drop.element ? 0x500_0000 : 0x300_0000) + UInt64(drop.offset % 2) * 0x1000
    }
    #expect(pages == [true, true, true, true])
    #expect(!rig.status.isPending)
  }

  @Test(
    "context cache: global, domain, device with its function mask",
    arguments: [
      ("global", 1, 0, 0, [true, true]), ("domain 1", 2, 1, 0, [true, false]),
      ("domain 2", 2, 2, 0, [false, true]), ("domain 3", 2, 3, 0, [false, false]),
      ("device 03.0", 3, 1, 0x18, [true, false]), ("device 04.0", 3, 2, 0x20, [false, true]),
      ("device 03.4, FM 0", 3, 1, 0x1c, [false, false]),
      ("device 03.4, FM 1", 3, 1, 0x1c | 1 << 16, [true, false]),
      ("device 03.7, FM 2", 3, 1, 0x1f | 2 << 16, [false, false]),
      ("device 03.7, FM 3", 3, 1, 0x1f | 3 << 16, [true, false]),
    ] as [(String, UInt64, UInt64, UInt64, [Bool])], [false, true])
  func context(
    _ scope: (name: String, granularity: UInt64, domain: UInt64, source: UInt64, drops: [Bool]),
    _ queued: Bool
  ) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.store(Rig.topTable | 1, 0x0202, at: Rig.contextTable + 0x20 * 16)
    rig.enable()
    if queued { rig.startQueue() }
    for source in [0x18, 0x20] as [UInt16] {
      _ = rig.unit.translate(.test(source: SourceID(rawValue: source)))
      rig.store(0, at: Rig.contextTable + UInt64(source) * 16)
    }
    if queued {
      rig.queue(1 | scope.granularity << 4 | scope.domain << 16 | scope.source << 32)
    } else {
      rig.unit.write64(
        1 << 63 | scope.granularity << 61 | scope.source << 16 | scope.domain,
        at: RegisterOffset.ccmd)
      #expect(rig.unit.read64(RegisterOffset.ccmd) >> 59 & 3 == scope.granularity)
    }
    let dropped = [0x18, 0x20].map { source in
      rig.unit.translate(.test(.read, 0x4000_0000, source: SourceID(rawValue: source)))
        .faultReason == .contextNotPresent
    }
    #expect(dropped == scope.drops)
  }

  @Test(
    "a granularity that is reserved reports 0 and drops nothing; without PSI a page costs its domain"
  )
  func refused() throws {
    let rig = try Rig(cap: Everything.cap & ~(1 << 39), ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.enable()
    #expect(rig.page() == 0x300_0000)
    rig.store(0, at: Rig.topTable + 0x3000)
    rig.iotlb(0)
    #expect(rig.unit.read64(0x508) >> 57 & 3 == 0)
    rig.iotlb(3, low: 19)
    #expect(rig.unit.read64(0x508) >> 57 & 3 == 0)
    #expect(rig.page() == 0x300_0000)
    rig.iotlb(3, address: 0x7000_0000)
    #expect(rig.unit.read64(0x508) >> 57 & 3 == 2)
    #expect(rig.page() == nil)
  }

  @Test("IVT and ICC in the upper half alone are enough, and the lower half alone starts nothing")
  func halves() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.enable()
    #expect(rig.page() == 0x300_0000)
    rig.store(0, at: Rig.topTable + 0x3000)
    rig.unit.write32(0x4000_0000, at: 0x500)
    rig.unit.write32(0, at: 0x504)
    rig.unit.write32(0, at: 0x508)
    #expect(rig.page() == 0x300_0000)
    rig.unit.write32(1 << 31 | 3 << 28 | 1, at: 0x50c)
    #expect(rig.unit.read64(0x508) >> 57 & 3 == 3)
    #expect(rig.page() == nil)
    rig.store(0, at: Rig.contextTable + 0x18 * 16)
    rig.unit.write32(0x18 << 16 | 1, at: 0x28)
    #expect(rig.unit.translate(.test()).faultReason == .readNotPermitted)
    rig.unit.write32(1 << 31 | 3 << 29, at: 0x2c)
    #expect(rig.unit.translate(.test()).faultReason == .contextNotPresent)
  }

  /// PASIDs 1 and 2 of domain 1, PASID 3 of domain 2, one page each.
  @Test(
    "PASID cache and PASID-based IOTLB: by PASID, by domain, all",
    arguments: [
      ("cache: PASID 1", [0x17 | 1 << 16 | 1 << 32], [true, false, false]),
      ("cache: PASID 3 in the wrong domain", [0x17 | 1 << 16 | 3 << 32], [false, false, false]),
      ("cache: domain 1", [0x07 | 1 << 16], [true, true, false]),
      ("cache: global", [0x37], [true, true, true]),
    ] as [(String, [UInt64], [Bool])])
  func pasidCache(_ name: String, _ words: [UInt64], _ drops: [Bool]) throws {
    let rig = try pasidRig()
    for pasid in 1...3 as ClosedRange<UInt64> { rig.store(0, at: Rig.pasidTable + pasid * 64) }
    rig.queue(words[0])
    // The translations would hide it: they go as a whole.
    rig.queue(0x12)
    #expect(reasons(rig) == drops.map { $0 ? .pasidEntryNotPresent : nil })
  }

  @Test(
    "PASID-based IOTLB: all of a PASID, a page of it, nothing of another's",
    arguments: [
      ("PASID 1", [0x26 | 1 << 16 | 1 << 32, 0], [true, false, false]),
      ("PASID 1 in the wrong domain", [0x26 | 2 << 16 | 1 << 32, 0], [false, false, false]),
      ("page of PASID 2", [0x36 | 1 << 16 | 2 << 32, 0x4000_0000], [false, true, false]),
      ("another page", [0x36 | 1 << 16 | 2 << 32, 0x4000_1000], [false, false, false]),
      // So many that the whole PASID goes: hardware may always drop more.
      ("512 pages of PASID 2 elsewhere", [0x36 | 1 << 16 | 2 << 32, 9], [false, true, false]),
      (
        "512 pages around PASID 3's", [0x36 | 2 << 16 | 3 << 32, 0x4000_0009], [false, false, true]
      ),
      ("IOTLB of domain 1", [0x22 | 1 << 16, 0], [true, true, false]),
      (
        "IOTLB, page of domain 1: its processes go as well", [0x32 | 1 << 16, 0x4000_0000],
        [true, true, false]
      ),
      ("IOTLB global", [0x12, 0], [true, true, true]),
    ] as [(String, [UInt64], [Bool])])
  func pasidIOTLB(_ name: String, _ words: [UInt64], _ drops: [Bool]) throws {
    let rig = try pasidRig()
    rig.store(0, at: Rig.firstStageTable + 0x3000)
    rig.queue(words[0], words[1])
    #expect(reasons(rig) == drops.map { $0 ? .firstStageNotPresent : nil })
    #expect(!rig.status[flag: .invalidationQueueError])
  }

  private func pasidRig() throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeScalableTables(
      .test(.firstStage), context: ScalableContextEntry(words: [Rig.directory | 9]))
    for pasid in 1...3 as ClosedRange<UInt64> {
      let entry = PASIDTableEntry.test(.firstStage) { $0[.domainID] = pasid == 3 ? 2 : 1 }
      for (index, word) in entry.words.enumerated() {
        rig.store(word, at: Rig.pasidTable + pasid * 64 + UInt64(index) * 8)
      }
    }
    rig.mapFirstStage()
    rig.enable(mode: .scalable)
    rig.startQueue(wide: true)
    #expect(reasons(rig) == [nil, nil, nil])
    return rig
  }

  private func reasons(_ rig: Rig) -> [FaultReason?] {
    (1...3).map { rig.unit.translate(.test(.read, pasid: $0)).faultReason }
  }

  // MARK: What CAP.CM lets a unit keep

  private func cachingRig(_ isOn: Bool = true, quirks: UnitQuirks = []) throws -> Rig {
    try Rig(
      cap: Everything.cap | (isOn ? 1 << 7 : 0), ecap: Everything.ecap, quirks: quirks)
  }

  /// With CM a missing context entry stays missing until it is dropped by its device, by domain-id 0,
  /// or with all others.
  @Test(
    "CM: a missing context entry is remembered under domain-id 0",
    arguments: [
      ("nothing", nil, false), ("its device", 3 << 61 | 0x18 << 16, true),
      ("domain 0", 2 << 61, true), ("domain 1", 2 << 61 | 1, false), ("all", 1 << 61, true),
    ] as [(String, UInt64?, Bool)], [true, false])
  func missingContext(_ flush: (name: String, command: UInt64?, drops: Bool), _ isOn: Bool) throws {
    let rig = try cachingRig(isOn)
    rig.writeLegacyTables()
    rig.store(0, at: Rig.contextTable + 0x18 * 16)
    rig.enable()
    #expect(rig.unit.translate(.test()).faultReason == .contextNotPresent)
    rig.store(Rig.topTable | 1, at: Rig.contextTable + 0x18 * 16)
    if let command = flush.command { rig.unit.write64(1 << 63 | command, at: RegisterOffset.ccmd) }
    #expect((rig.page() == 0x300_0000) == (flush.drops || !isOn))
  }

  @Test("CM: the fault comes again as it was, FPD included")
  func missingContextAgain() throws {
    let rig = try cachingRig()
    rig.writeLegacyTables()
    rig.store(2, at: Rig.contextTable + 0x18 * 16)
    rig.enable()
    for _ in 0..<2 {
      #expect(
        rig.unit.translate(.test()).outcome
          == .blocked(.fault(.contextNotPresent), .faultProcessingDisabled))
      rig.store(0, at: Rig.contextTable + 0x18 * 16)
    }
  }

  @Test("CM: scalable context entries and PASID entries are remembered as well")
  func missingPASID() throws {
    let rig = try cachingRig()
    rig.writeScalableTables(
      .test(.firstStage), context: ScalableContextEntry(words: [Rig.directory]))
    rig.mapFirstStage()
    rig.enable(mode: .scalable)
    rig.startQueue(wide: true)
    #expect(rig.unit.translate(.test()).faultReason == .scalableContextNotPresent)
    rig.writeScalableTables(PASIDTableEntry())
    #expect(rig.unit.translate(.test()).faultReason == .scalableContextNotPresent)
    rig.queue(0x31 | 0x18 << 32)
    #expect(rig.unit.translate(.test()).faultReason == .pasidEntryNotPresent)
    rig.writeScalableTables(.test(.firstStage))
    #expect(rig.unit.translate(.test()).faultReason == .pasidEntryNotPresent)
    // Linux names the new domain, which the remembered entry never had.
    rig.queue(0x17 | 1 << 16)
    #expect(rig.page() == 0x300_0000)
  }

  @Test("CM: what could not be read is not remembered, nor anything by QEMU")
  func notRemembered() throws {
    let rig = try cachingRig()
    rig.writeLegacyTables()
    rig.store(0x20_0000_0001, at: Rig.root)
    rig.enable()
    #expect(rig.unit.translate(.test()).faultReason == .contextRead)
    rig.store(Rig.contextTable | 1, at: Rig.root)
    #expect(rig.page() == 0x300_0000)
    let qemu = try cachingRig(quirks: [.neverCachesFaults])
    qemu.writeLegacyTables()
    qemu.store(0, at: Rig.contextTable + 0x18 * 16)
    qemu.enable()
    #expect(qemu.page() == nil)
    qemu.store(Rig.topTable | 1, at: Rig.contextTable + 0x18 * 16)
    qemu.store(0, at: Rig.topTable + 0x3000)
    #expect(qemu.unit.translate(.test()).faultReason == .readNotPermitted)
    qemu.store(0x300_0003, at: Rig.topTable + 0x3000)
    #expect(qemu.page() == 0x300_0000)
  }
}
