import PhysicalMemory
import VTdFormats

@testable import VTdUnit

extension Rig {
  static let directory: UInt64 = 0x14_0000
  static let pasidTable: UInt64 = 0x15_0000
  static let firstStageTable: UInt64 = 0x30_0000

  /// Second-stage tables of `levels` levels at `top`, one page each 0x1000 apart, that map `iova`
  /// to `page` with `entry` as the leaf's low bits; `stopAt` makes the leaf a large page.
  func mapSecondStage(
    _ iova: UInt64 = 0x4000_0000, to page: UInt64 = 0x300_0000, top: UInt64 = Rig.topTable,
    levels: Int = 4, stopAt: Int = 1, entry: UInt64 = 3, upper: UInt64 = 3
  ) {
    var table = top
    for level in stride(from: levels, to: stopAt, by: -1) {
      let next = table + 0x1000
      store(next | upper, at: table + Paging.entryOffset(of: iova, level: level))
      table = next
    }
    let leaf = stopAt > 1 ? entry | 1 << 7 : entry
    store(page | leaf, at: table + Paging.entryOffset(of: iova, level: stopAt))
  }

  /// First-stage tables likewise; present, writable, user, accessed unless said otherwise.
  func mapFirstStage(
    _ iova: UInt64 = 0x4000_0000, to page: UInt64 = 0x300_0000,
    top: UInt64 = Rig.firstStageTable, levels: Int = 4, stopAt: Int = 1, entry: UInt64 = 0x67,
    upper: UInt64 = 0x27
  ) {
    mapSecondStage(
      iova, to: page, top: top, levels: levels, stopAt: stopAt, entry: entry, upper: upper)
  }

  /// Scalable-mode tables for 00:03.0 down to a PASID entry.
  func writeScalableTables(
    _ entry: PASIDTableEntry, pasid: UInt64 = 0,
    context: ScalableContextEntry = ScalableContextEntry(words: [Rig.directory | 1])
  ) {
    store(Rig.contextTable | 1, 0, at: Rig.root)
    for (index, word) in context.words.enumerated() {
      store(word, at: Rig.contextTable + 0x18 * 32 + UInt64(index) * 8)
    }
    store(Rig.pasidTable | 1, at: Rig.directory + (pasid >> 6) * 8)
    for (index, word) in entry.words.enumerated() {
      store(word, at: Rig.pasidTable + (pasid & 63) * 64 + UInt64(index) * 8)
    }
  }
}

extension PASIDTableEntry {
  /// A good entry of one type, with domain 1 and the rigs' tables.
  static func test(
    _ type: PASIDTranslationType, firstStageLevels: Int = 4, secondStageLevels: Int = 4,
    _ change: (inout PASIDTableEntry) -> Void = { _ in }
  ) -> PASIDTableEntry {
    var entry = PASIDTableEntry()
    entry[flag: .present] = true
    entry[.translationType] = UInt64(type.rawValue)
    entry[.domainID] = 1
    entry[.addressWidth] = UInt64(secondStageLevels - 2)
    if type == .secondStage || type == .nested { entry[inPlace: .secondStageTable] = Rig.topTable }
    if type == .firstStage || type == .nested {
      entry[inPlace: .firstStageTable] = Rig.firstStageTable
      entry[.firstStagePagingMode] = UInt64(firstStageLevels - 4)
      entry[flag: .pageWalkSnoop] = true
    }
    change(&entry)
    return entry
  }
}

/// Capabilities of a unit that has everything: 3 to 5 levels, all page sizes, scalable mode, nested.
enum Everything {
  static let cap: UInt64 = {
    var cap = Capability(rawValue: 0xd2008c_222f0606)
    cap[.supportedAdjustedGuestAddressWidths] = 0b1110
    cap[.maximumGuestAddressWidth] = 56
    cap[.numberOfFaultRecords] = 7
    for flag in [
      BitField<Capability>.zeroLengthRead, .firstStage1GiBPages, .firstStage5Levels,
      .postedInterrupts, .protectedLowMemory, .protectedHighMemory,
    ] { cap[flag: flag] = true }
    // The records move behind the page-request registers and the memory types.
    cap[.faultRecordOffset] = 0x40
    return cap.rawValue
  }()
  static let ecap: UInt64 = {
    var ecap = ExtendedCapability(rawValue: 0xf00f4a)
    for flag in [
      BitField<ExtendedCapability>.deviceTLB, .extendedInterruptMode, .snoopControl, .nested,
      .pageRequests, .executeRequests, .supervisorRequests, .extendedAccessedFlag, .pasid,
      .pageRequestDraining, .scalableMode, .secondStageAccessedDirty, .secondStage, .firstStage,
      .scalableModePageWalkCoherency, .ridPASID, .noWriteFlag,
    ] { ecap[flag: flag] = true }
    ecap[.pasidSize] = 19
    ecap[.iotlbRegisterOffset] = 0x50
    return ecap.rawValue
  }()
}
