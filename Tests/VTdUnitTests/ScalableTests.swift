import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Scalable translation")
struct ScalableTests {
  private func rig(
    _ entry: PASIDTableEntry, pasid: UInt64 = 0, caches: CacheConfiguration = CacheConfiguration(),
    context: ScalableContextEntry = ScalableContextEntry(words: [Rig.directory | 1 | 8])
  ) throws -> Rig {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap, caches: caches)
    rig.writeScalableTables(entry, pasid: pasid, context: context)
    return rig
  }

  struct Mode: CustomTestStringConvertible, Sendable {
    let type: PASIDTranslationType
    var firstLevels = 4
    var secondLevels = 4
    var stopAt = 1
    var testDescription: String { "\(type) \(firstLevels)/\(secondLevels) leaf \(stopAt)" }

    static let all: [Mode] =
      [4, 5].flatMap { levels in
        (1...3).map { Mode(type: .firstStage, firstLevels: levels, stopAt: $0) }
      }
      + [3, 4, 5].flatMap { levels in
        (1...3).map { Mode(type: .secondStage, secondLevels: levels, stopAt: $0) }
      }
      + [4, 5].flatMap { first in
        [4, 5].flatMap { second in
          (1...3).map {
            Mode(type: .nested, firstLevels: first, secondLevels: second, stopAt: $0)
          }
        }
      }
  }

  @Test("a report shows both halves of a root entry, though the walk reads one")
  func rootEntryHalves() throws {
    let rig = try rig(.test(.secondStage))
    rig.store(Rig.contextTable | 1, 0x7654_3001, at: Rig.root)
    rig.enable(mode: .scalable)
    let root = try #require(rig.unit.explain(.test(.write, 0x1000)).steps.first)
    #expect(root.structure == .scalableRootEntry)
    #expect(root.words == [Rig.contextTable | 1, 0x7654_3001])
  }

  @Test(
    "every mode, depth and page size translates, twice: from the tables and from the cache",
    arguments: Mode.all)
  func translates(_ mode: Mode) throws {
    let entry = PASIDTableEntry.test(
      mode.type, firstStageLevels: mode.firstLevels, secondStageLevels: mode.secondLevels)
    let rig = try rig(entry)
    let shift = UInt64(12 + 9 * (mode.stopAt - 1))
    let page: UInt64 = 0x8000_0000
    let iova: UInt64 = 0x40_0000_0000 - (1 << 30) + 0x123
    switch mode.type {
    case .secondStage:
      rig.mapSecondStage(
        iova, to: page, levels: mode.secondLevels, stopAt: mode.stopAt)
    case .firstStage:
      rig.mapFirstStage(iova, to: page, levels: mode.firstLevels, stopAt: mode.stopAt)
    default:
      rig.mapFirstStage(iova, to: page, levels: mode.firstLevels, stopAt: mode.stopAt)
      // The second stage maps the first gibibyte, where the tables are, and the page onto itself.
      rig.mapSecondStage(0, to: 0, levels: mode.secondLevels, stopAt: 3)
      rig.store(
        page | 0x83, at: Rig.topTable + UInt64(mode.secondLevels - 3) * 0x1000 + (page >> 30) * 8)
    }
    rig.enable(mode: .scalable)
    for round in 0..<3 {
      let result = rig.unit.translate(.test(.write, iova)).outcome
      guard case .translated(let found) = result else {
        Issue.record("round \(round): \(result)")
        return
      }
      #expect(found.address.rawValue == page | iova & (1 << shift - 1))
      #expect(found.pageSize == 1 << shift)
      #expect(found.permissions.isSuperset(of: [.read, .write]))
    }
    #expect(!rig.status.isPending)
  }

  @Test("a request with PASID takes the PASID's own tables")
  func pasid() throws {
    let rig = try rig(.test(.firstStage), pasid: 0x1042)
    rig.mapFirstStage()
    rig.enable(mode: .scalable)
    #expect(rig.unit.translate(.test(.read, pasid: 0x1042)).address?.rawValue == 0x300_0000)
    #expect(rig.unit.translate(.test(.read)).faultReason == .directoryNotPresent)
    #expect(rig.record().pasid == nil)
    #expect(rig.unit.translate(.test(.read, pasid: 0x1041)).faultReason == .pasidEntryNotPresent)
    #expect(rig.record(1).pasid == PASID(rawValue: 0x1041))
  }

  @Test("a write sets the dirty bit although a read has cached the page")
  func dirtyAfterCachedRead() throws {
    let rig = try rig(.test(.firstStage))
    rig.mapFirstStage(entry: 7, upper: 7)
    rig.enable(mode: .scalable)
    let leaf = PhysicalAddress(rawValue: Rig.firstStageTable + 0x3000)
    _ = rig.unit.translate(.test(.read))
    #expect(rig.memory.load64(leaf) == 0x300_0027)
    _ = rig.unit.translate(.test(.write))
    #expect(rig.memory.load64(leaf) == 0x300_0067)
  }
}
