import PhysicalMemory
import TestSupport
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Cached pages of 2 MiB and 1 GiB")
struct LargePageTests {
  private static let base: UInt64 = 0x4000_0000

  @Test(
    "every 4 KiB of a page keeps its size, flags and offset, from the first time on",
    arguments: [2, 3], [nil, .firstStage, .secondStage] as [PASIDTranslationType?])
  func pieces(_ level: Int, _ type: PASIDTranslationType?) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    let size: UInt64 = 1 << UInt64(Paging.shift(level: level))
    if let type {
      rig.writeScalableTables(.test(type))
      if type == .firstStage {
        rig.mapFirstStage(to: size, stopAt: level)
      } else {
        rig.mapSecondStage(to: size, stopAt: level)
      }
    } else {
      rig.writeLegacyTables()
      rig.mapSecondStage(to: size, stopAt: level)
    }
    rig.enable(mode: type == nil ? .legacy : .scalable)
    var first: TranslationOutcome?
    for _ in 0..<2 {
      for offset in [0, 0x1000, 0x1234, size / 2 + 0x567, size - 1] as [UInt64] {
        let outcome = rig.unit.translate(.test(.read, Self.base + offset)).outcome
        guard case .translated(let page) = outcome else {
          Issue.record("\(outcome)")
          return
        }
        #expect(page.address.rawValue == size + offset)
        #expect(page.pageSize == size)
        first = first ?? outcome
        guard case .translated(let whole)? = first else { return }
        #expect(page.permissions == whole.permissions)
        #expect(page.snoop == whole.snoop)
      }
    }
  }

  @Test("a write that a read-only page denies is a fault each time")
  func readOnly() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.writeLegacyTables()
    rig.mapSecondStage(to: 0x20_0000, stopAt: 2, entry: 1)
    rig.enable()
    for _ in 0..<2 {
      #expect(rig.page() == 0x20_0000)
      #expect(rig.unit.translate(.test(.write)).faultReason == .writeNotPermitted)
    }
  }

  @Test("a read leaves the dirty bit to the first write, of whichever part", arguments: [2, 3])
  func dirty(_ level: Int) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    let size: UInt64 = 1 << UInt64(Paging.shift(level: level))
    rig.writeScalableTables(.test(.firstStage))
    rig.mapFirstStage(to: size, stopAt: level, entry: 0x27)
    rig.enable(mode: .scalable)
    let leaf = PhysicalAddress(
      rawValue: Rig.firstStageTable + UInt64(4 - level) * 0x1000
        + Paging.entryOffset(of: Self.base, level: level))
    let dirty = BitField<FirstStageEntry>.dirty.mask
    #expect(rig.page(Self.base) == size)
    #expect(rig.page(Self.base + 0x5000) == size + 0x5000)
    #expect((rig.memory.load64(leaf) ?? 0) & dirty == 0)
    for _ in 0..<2 {
      let write = rig.unit.translate(.test(.write, Self.base + 0x5008))
      #expect(write.address?.rawValue == size + 0x5008)
      #expect((rig.memory.load64(leaf) ?? 0) & dirty != 0)
    }
  }

  @Test("a page that gave way to others goes with any of its addresses, like one that did not")
  func displaced() throws {
    let rig = try Rig(
      cap: Everything.cap, ecap: Everything.ecap, caches: CacheConfiguration(largePageEntries: 1))
    rig.writeLegacyTables()
    let directory = Rig.topTable + 0x2000
    for index in 0..<6 as Range<UInt64> {
      rig.store((index + 1) << 21 | 0x83, at: directory + index * 8)
    }
    rig.enable()
    // At other offsets in each, so that the parts do not displace one another as well.
    func part(_ index: UInt64) -> UInt64 { index << 21 + index << 16 + 0x7000 }
    for index in 0..<6 as Range<UInt64> {
      #expect(rig.page(Self.base + part(index)) == 1 << 21 + part(index))
    }
    rig.store(9 << 21 | 0x83, at: directory)
    rig.store(0, at: directory + 8)
    #expect(rig.page(Self.base + part(0)) == 0x20_7000)
    rig.iotlb(3, address: Self.base + 0x9000)
    #expect(rig.page(Self.base + part(0)) == 0x120_7000)
    // The others stayed.
    #expect(rig.page(Self.base + part(1)) == 1 << 21 + part(1))
  }

  @Test(
    "what an invalidation reaches is fresh, among pages of all sizes that come and go",
    arguments: 0..<6 as Range<UInt64>)
  func random(_ seed: UInt64) throws {
    var numbers = SplitMix(state: seed)
    let caches = CacheConfiguration(
      iotlbEntries: seed % 2 == 0 ? 16 : 1024, largePageEntries: seed % 3 == 0 ? 1 : 4,
      pagingStructureEntries: 4)
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap, caches: caches)
    let naive = NaiveUnit(
      memory: rig.memory, cap: Everything.cap, ecap: Everything.ecap, hostWidth: 52)
    rig.writeLegacyTables()
    rig.enable()
    let pointer = Rig.topTable + 0x1008
    let directory = Rig.topTable + 0x2000
    func tables(_ region: UInt64) -> UInt64 { Rig.topTable + 0x10_0000 + region * 0x1000 }
    var isHuge = false
    var isLarge = [Bool](repeating: false, count: 4)
    for _ in 0..<300 {
      let region = UInt64.random(in: 0..<4, using: &numbers)
      let frame = UInt64.random(in: 1..<16, using: &numbers)
      let place = Self.base + region << 21 + UInt64.random(in: 0..<512, using: &numbers) << 12
      if numbers.chance(8) {
        // The whole gibibyte changes its size.
        let wasHuge = isHuge
        isHuge.toggle()
        rig.store(isHuge ? frame << 30 | 0x83 : directory | 3, at: pointer)
        if wasHuge {
          rig.iotlb(3, address: place, low: UInt64.random(in: 0..<7, using: &numbers))
        } else {
          rig.iotlb(2)
        }
      } else if !isHuge {
        let wasLarge = isLarge[Int(region)]
        isLarge[Int(region)] = Bool.random(using: &numbers)
        if isLarge[Int(region)] {
          rig.store(frame << 21 | 0x83, at: directory + region * 8)
        } else {
          for page in 0..<512 as Range<UInt64> {
            rig.store((frame << 9 | page) << 12 | 3, at: tables(region) + page * 8)
          }
          rig.store(tables(region) | 3, at: directory + region * 8)
        }
        rig.iotlb(
          3, address: place,
          low: wasLarge ? UInt64.random(in: 0..<10, using: &numbers) : 9)
      }
      for _ in 0..<12 {
        let iova = Self.base + UInt64.random(in: 0..<4 << 21, using: &numbers)
        let expected = naive.legacy(root: Rig.root, source: 0x18, iova: iova, write: false)
        let page = rig.page(iova)
        #expect(page.map(NaiveUnit.Answer.page) == expected || page == nil && !isPage(expected))
        if page.map(NaiveUnit.Answer.page) != expected && isPage(expected) { return }
      }
    }
  }

  private func isPage(_ answer: NaiveUnit.Answer) -> Bool {
    if case .page = answer { true } else { false }
  }
}
