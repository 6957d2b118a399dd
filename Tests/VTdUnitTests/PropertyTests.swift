import PhysicalMemory
import TestSupport
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Against a naive implementation")
struct PropertyTests {
  /// Tables that are mostly good, with each bit at risk: 24 table pages, random links.
  private func scatter(_ rig: Rig, _ numbers: inout SplitMix, low: UInt64) {
    for table in 0..<24 as Range<UInt64> {
      let base = Rig.topTable + table * 0x1000
      for slot in [0, 1, 2, 511] as [UInt64] {
        rig.store(entry(&numbers, low: low), at: base + slot * 8)
      }
    }
  }

  private func entry(_ numbers: inout SplitMix, low: UInt64) -> UInt64 {
    var entry = Rig.topTable + UInt64.random(in: 0..<24, using: &numbers) * 0x1000 | low
    if numbers.chance(6) { entry = UInt64.random(in: 0..<64, using: &numbers) << 21 | low | 0x80 }
    if numbers.chance(12) { entry = UInt64.random(in: 0..<4, using: &numbers) << 30 | low | 0x80 }
    if numbers.chance(5) { entry &= ~(1 << UInt64.random(in: 0..<8, using: &numbers)) }
    if numbers.chance(8) { entry ^= 1 << UInt64.random(in: 0..<64, using: &numbers) }
    if numbers.chance(40) { entry = 0xfee0_0000 | low }
    return entry
  }

  private func address(_ numbers: inout SplitMix) -> UInt64 {
    var address: UInt64 = 0
    for level in 0..<5 as Range<UInt64> {
      address |=
        ([0, 1, 2, 511] as [UInt64]).randomElement(using: &numbers).map {
          $0 << (12 + 9 * level)
        } ?? 0
    }
    if !numbers.chance(4) { address &= 0xffff_ffff_ffff }
    if numbers.chance(3) { address |= 0xffff_0000_0000_0000 }
    return address | UInt64.random(in: 0..<4096, using: &numbers)
  }

  @Test(
    "legacy mode agrees on page, reason and FPD, with caches off, on and warm",
    arguments: 0..<12 as Range<UInt64>)
  func legacy(_ seed: UInt64) throws {
    var numbers = SplitMix(state: seed)
    let rig = try Rig(
      cap: Everything.cap, ecap: Everything.ecap, hostAddressWidth: seed % 2 == 0 ? 52 : 46)
    let walking = try RemappingUnit(
      configuration: {
        var configuration = rig.unit.configuration
        configuration.caches = .off
        return configuration
      }(), memory: rig.memory)
    let naive = NaiveUnit(
      memory: rig.memory, cap: Everything.cap, ecap: Everything.ecap,
      hostWidth: rig.unit.configuration.hostAddressWidth)
    rig.enable()
    enable(walking, .legacy)
    for round in 0..<40 {
      scatter(rig, &numbers, low: 3)
      rig.store(Rig.contextTable | 1, 0, at: Rig.root)
      var low = Rig.topTable | 1
      var high: UInt64 = 0x100 + [1, 2, 2, 3].randomElement(using: &numbers).unsafelyUnwrapped
      if numbers.chance(4) { low ^= 1 << UInt64.random(in: 0..<64, using: &numbers) }
      if numbers.chance(6) { high ^= 1 << UInt64.random(in: 0..<64, using: &numbers) }
      if numbers.chance(12) {
        rig.store(Rig.contextTable ^ 1 << UInt64.random(in: 0..<64, using: &numbers), at: Rig.root)
      }
      rig.store(low, high, at: Rig.contextTable + 0x18 * 16)
      rig.unit.dropEverything()
      for _ in 0..<30 {
        let iova = address(&numbers)
        if iova >> 20 == 0xfee { continue }
        let write = Bool.random(using: &numbers)
        let expected = naive.legacy(root: Rig.root, source: 0x18, iova: iova, write: write)
        let request = DMARequest.test(write ? .write : .read, iova)
        for unit in [rig.unit, rig.unit, walking] {
          let outcome = unit.translate(request).outcome
          #expect(
            answer(outcome) == expected,
            "seed \(seed) round \(round) iova \(hex(iova)) write \(write)")
          if answer(outcome) != expected { return }
        }
        #expect(answer(rig.unit.explain(request).verdict) == expected)
      }
    }
  }

  private func enable(_ unit: RemappingUnit, _ mode: TranslationTableMode) {
    unit.write64(Rig.root | UInt64(mode.rawValue) << 10, at: RegisterOffset.rtaddr)
    unit.write32(1 << 30, at: RegisterOffset.gcmd)
    unit.write32(1 << 31, at: RegisterOffset.gcmd)
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
    "first stage, second stage and nesting agree on the reason",
    arguments: [1, 2, 3] as [UInt64], 0..<6 as Range<UInt64>)
  func scalable(_ type: UInt64, _ seed: UInt64) throws {
    var numbers = SplitMix(state: seed * 3 + type)
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    let naive = NaiveUnit(
      memory: rig.memory, cap: Everything.cap, ecap: Everything.ecap, hostWidth: 52)
    rig.enable(mode: .scalable)
    for round in 0..<40 {
      let firstLevels = Int.random(in: 4...5, using: &numbers)
      let secondLevels = Int.random(in: 3...5, using: &numbers)
      let kind = try #require(PASIDTranslationType(rawValue: UInt8(type)))
      scatter(rig, &numbers, low: type == 2 ? 3 : 0x67)
      if type == 3 {
        // The second stage maps the low gibibytes onto themselves, here and there less.
        rig.mapSecondStage(
          0, to: 0, top: 0x60_0000, levels: secondLevels, stopAt: 3,
          entry: numbers.chance(4) ? 1 : 3)
        if numbers.chance(5) {
          rig.store(entry(&numbers, low: 3), at: 0x60_0000 + UInt64(secondLevels - 3) * 0x1000)
        }
      }
      let entry = PASIDTableEntry.test(
        kind, firstStageLevels: firstLevels, secondStageLevels: secondLevels
      ) {
        if type == 1 || type == 3 { $0[inPlace: .firstStageTable] = Rig.topTable }
        if type == 3 { $0[inPlace: .secondStageTable] = 0x60_0000 }
      }
      rig.writeScalableTables(entry)
      rig.unit.dropEverything()
      for _ in 0..<30 {
        let iova = address(&numbers)
        if iova >> 20 == 0xfee { continue }
        let write = Bool.random(using: &numbers)
        let expected = naive.scalable(
          type: type, first: Rig.topTable, firstLevels: firstLevels,
          second: type == 3 ? 0x60_0000 : Rig.topTable, secondLevels: secondLevels, iova: iova,
          write: write)
        let request = DMARequest.test(write ? .write : .read, iova)
        let told = rig.unit.explain(request).verdict
        let seen = rig.unit.translate(request).faultReason
        let again = rig.unit.translate(request).faultReason
        let place = "type \(type) seed \(seed) round \(round) iova \(hex(iova)) write \(write)"
        #expect(seen?.rawValue == expected, "\(place)")
        #expect(again?.rawValue == expected, "again: \(place)")
        if case .blocked(.fault(let reason), _) = told {
          #expect(reason.rawValue == expected, "told: \(place)")
        } else {
          #expect(expected == nil, "told: \(place)")
        }
        if seen?.rawValue != expected { return }
      }
    }
  }
}
