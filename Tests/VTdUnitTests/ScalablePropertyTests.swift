import PhysicalMemory
import TestSupport
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Scalable mode against a naive implementation")
struct ScalablePropertyTests {
  private let secondTop: UInt64 = 0x60_0000

  /// A context entry, a directory entry and a PASID entry that are mostly good.
  private func describe(
    _ rig: Rig, _ numbers: inout SplitMix, pasid: UInt64, rid: UInt64
  ) {
    var root = [Rig.contextTable | 1, Rig.contextTable | 1]
    var context = [
      Rig.directory | 1 | 8 | UInt64.random(in: 0..<3, using: &numbers) << 9, rid, 0, 0,
    ]
    if numbers.chance(3) { context[0] |= 4 | 16 }
    if numbers.chance(8) { context[1] |= 1 << 20 }
    var directory = Rig.pasidTable | 1
    var entry = PASIDTableEntry.test(
      [.firstStage, .secondStage, .nested, .nested, .passThrough].randomElement(using: &numbers)
        ?? .nested,
      firstStageLevels: Int.random(in: 4...5, using: &numbers),
      secondStageLevels: Int.random(in: 3...5, using: &numbers))
    entry[inPlace: .firstStageTable] = Rig.topTable
    entry[inPlace: .secondStageTable] =
      entry.translationType == .nested ? secondTop : Rig.topTable
    for field in [
      BitField<PASIDTableEntry>.supervisorRequests, .executeRequests, .writeProtect, .noExecute,
      .extendedAccessedFlag, .secondStageAccessedDirty, .pageSnoop, .pageWalkSnoop,
    ] { entry[flag: field] = Bool.random(using: &numbers) }
    var words = entry.words
    func flip(_ word: inout UInt64, _ numbers: inout SplitMix, one: Int) {
      if numbers.chance(one) { word ^= 1 << UInt64.random(in: 0..<64, using: &numbers) }
    }
    for index in 0..<2 { flip(&root[index], &numbers, one: 24) }
    for index in 0..<4 { flip(&context[index], &numbers, one: 24) }
    flip(&directory, &numbers, one: 12)
    for index in 0..<8 { flip(&words[index], &numbers, one: 40) }
    rig.store(root[0], root[1], at: Rig.root)
    rig.store(context[0], context[1], context[2], context[3], at: Rig.contextTable + 0x18 * 32)
    for number in Set([pasid, rid]) {
      rig.store(directory, at: Rig.directory + (number >> 6) * 8)
      for (index, word) in words.enumerated() {
        rig.store(word, at: Rig.pasidTable + (number & 63) * 64 + UInt64(index) * 8)
      }
    }
    rig.mapSecondStage(
      0, to: 0, top: secondTop, levels: max(3, min(entry.secondStageLevels, 5)), stopAt: 3,
      entry: [3, 1, 7, 0x307, 0x103].randomElement(using: &numbers) ?? 3,
      upper: numbers.chance(2) ? 0x107 : 7)
  }

  /// Paging entries with all bits of both stages at risk.
  private func scatter(_ rig: Rig, _ numbers: inout SplitMix) {
    for table in 0..<12 as Range<UInt64> {
      for slot in [0, 1, 511] as [UInt64] {
        var entry = Rig.topTable + UInt64.random(in: 0..<12, using: &numbers) * 0x1000 | 0x27
        if numbers.chance(5) {
          entry = UInt64.random(in: 0..<24, using: &numbers) << 21 | 0xa7
        }
        if numbers.chance(2) { entry |= 0x740 }
        if numbers.chance(12) { entry = UInt64.random(in: 0..<4, using: &numbers) << 30 | 0xa7 }
        for bit in [0, 1, 2, 5] as [UInt64] where numbers.chance(12) { entry &= ~(1 << bit) }
        if numbers.chance(10) { entry ^= 1 << UInt64.random(in: 0..<64, using: &numbers) }
        rig.store(entry, at: Rig.topTable + table * 0x1000 + slot * 8)
      }
    }
  }

  private func request(_ numbers: inout SplitMix, pasid: UInt64) -> NaiveRequest {
    var iova: UInt64 = 0
    for level in 0..<5 as Range<UInt64> {
      iova |= ([0, 1, 511] as [UInt64])[Int.random(in: 0..<3, using: &numbers)] << (12 + 9 * level)
    }
    if !numbers.chance(4) { iova &= 0x7fff_ffff_ffff }
    if numbers.chance(4) { iova |= 0xffff_8000_0000_0000 }
    iova |= UInt64.random(in: 0..<4096, using: &numbers)
    let access = Int.random(in: 0..<3, using: &numbers)
    var request = NaiveRequest(iova: iova, read: access != 1, write: access != 0)
    request.zeroLength = access == 0 && numbers.chance(4)
    if Bool.random(using: &numbers) {
      request.pasid = numbers.chance(10) ? 1 << 14 : pasid
      request.privileged = numbers.chance(3)
      request.execute = access == 0 && numbers.chance(3)
    }
    return request
  }

  private func answer(_ outcome: TranslationOutcome) -> NaiveUnit.Answer? {
    switch outcome {
    case .translated(let page): .page(page.address.rawValue)
    case .blocked(.fault(let reason), let disposition):
      .fault(reason.rawValue, silent: disposition == .faultProcessingDisabled)
    case .blocked, .interruptRequest: nil
    }
  }

  @Test(
    "root, context, directory, PASID entry and both stages agree on page, reason and FPD",
    arguments: 0..<16 as Range<UInt64>)
  func agrees(_ seed: UInt64) throws {
    var numbers = SplitMix(state: 0x5ca1ab1e + seed)
    let lacks: UInt64 = seed % 4 == 3 ? 1 << 7 | 1 << 49 | 1 << 26 : 0
    let ecap = Everything.ecap & ~lacks
    let rig = try Rig(
      cap: Everything.cap, ecap: ecap, caches: seed % 2 == 0 ? .off : .init(),
      hostAddressWidth: seed % 3 == 0 ? 46 : 52)
    let naive = NaiveUnit(
      memory: rig.memory, cap: Everything.cap, ecap: ecap,
      hostWidth: rig.unit.configuration.hostAddressWidth)
    rig.enable(mode: .scalable)
    var reasons: Set<UInt8> = []
    for round in 0..<60 {
      let pasid = UInt64.random(in: 0..<0x200, using: &numbers)
      scatter(rig, &numbers)
      describe(rig, &numbers, pasid: pasid, rid: numbers.chance(2) ? 0 : pasid ^ 1)
      rig.unit.dropEverything()
      for _ in 0..<12 {
        let request = request(&numbers, pasid: pasid)
        if request.iova >> 20 == 0xfee { continue }
        // Before the walk: it sets accessed and dirty bits.
        let expected = naive.scalable(root: Rig.root, request)
        let told = answer(rig.unit.explain(request.dma).verdict)
        let seen = answer(rig.unit.translate(request.dma).outcome)
        let again = answer(rig.unit.translate(request.dma).outcome)
        let place = "seed \(seed) round \(round): \(request)"
        #expect(told == expected, "told, \(place)")
        #expect(seen == expected, "\(place)")
        #expect(again == expected, "again, \(place)")
        if seen != expected { return }
        if case .fault(let reason, _) = expected { reasons.insert(reason) }
      }
    }
    // The tables are random, but not so that only the first checks are ever reached.
    #expect(reasons.count > 15, "\(reasons.sorted())")
  }
}
