import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

/// One structure in memory that is good, and the bits of it that must be zero, numbered as the
/// reference's tables print them and with no regard to the layouts in VTdFormats.
struct ReservedCase: CustomTestStringConvertible, Sendable {
  let name: String
  let reason: FaultReason
  /// Where the structure lies, and its bits.
  let place: UInt64
  var width = 64
  let reserved: [ClosedRange<Int>]
  /// Bits whose change is another case: they make another kind of entry.
  var apart: Set<Int> = []
  var cap = Everything.cap
  var ecap = Everything.ecap
  var request = DMARequest.test(.read, ReservedCase.iova)
  let arrange: @Sendable (Rig) -> Void

  var testDescription: String { "\(name), \(reason)" }

  /// Index 1 in every table, so that no table holds two entries of the walk.
  static let iova: UInt64 = 0x80_4020_1000
  static let hostAddressWidth = 46
  static let beyond = hostAddressWidth...63
  static let address = hostAddressWidth...51

  static func without(_ flag: BitField<ExtendedCapability>) -> UInt64 {
    var ecap = ExtendedCapability(rawValue: Everything.ecap)
    ecap[flag: flag] = false
    return ecap.rawValue
  }

  static func without(_ flag: BitField<Capability>) -> UInt64 {
    var cap = Capability(rawValue: Everything.cap)
    cap[flag: flag] = false
    return cap.rawValue
  }

  // MARK: Root, context, PASID

  private static func legacy(_ rig: Rig) {
    rig.store(Rig.contextTable | 1, 0, at: Rig.root)
    rig.store(Rig.topTable | 1, 0x102, at: Rig.contextTable + 0x18 * 16)
    rig.mapSecondStage(iova)
    rig.enable()
  }

  private static func scalable(
    _ rig: Rig, _ type: PASIDTranslationType = .secondStage, levels: Int = 4, stopAt: Int = 1,
    _ change: (inout PASIDTableEntry) -> Void = { _ in }
  ) {
    rig.writeScalableTables(
      .test(type, firstStageLevels: max(levels, 4), secondStageLevels: levels, change))
    if type == .firstStage {
      rig.mapFirstStage(iova, to: 1 << 30, levels: levels, stopAt: stopAt)
    } else {
      rig.mapSecondStage(iova, to: 1 << 30, levels: levels, stopAt: stopAt)
    }
    rig.enable(mode: .scalable)
  }

  static let entries: [ReservedCase] = [
    ReservedCase(
      name: "root entry", reason: .rootReserved, place: Rig.root, width: 128,
      reserved: [1...11, beyond, 64...127], arrange: { legacy($0) }),
    ReservedCase(
      name: "context entry", reason: .contextReserved, place: Rig.contextTable + 0x18 * 16,
      width: 128, reserved: [4...11, beyond, 71...71, 88...127], arrange: { legacy($0) }),
    ReservedCase(
      name: "scalable root entry, lower half", reason: .scalableRootReserved, place: Rig.root,
      width: 128, reserved: [1...11, beyond], arrange: { scalable($0) }),
    ReservedCase(
      name: "scalable root entry, upper half", reason: .scalableRootReserved, place: Rig.root,
      width: 128, reserved: [65...75, 64 + hostAddressWidth...127],
      request: .test(.read, iova, source: SourceID(rawValue: 0x98)),
      arrange: {
        scalable($0)
        $0.store(0, Rig.contextTable | 1, at: Rig.root)
      }),
    ReservedCase(
      name: "scalable context entry", reason: .scalableContextReserved,
      place: Rig.contextTable + 0x18 * 32, width: 256,
      reserved: [5...8, beyond, 85...127, 128...255], arrange: { scalable($0) }),
    ReservedCase(
      name: "PASID directory entry", reason: .directoryReserved, place: Rig.directory,
      reserved: [2...11, beyond], arrange: { scalable($0) }),
    ReservedCase(
      name: "PASID entry, second stage", reason: .pasidEntryReserved, place: Rig.pasidTable,
      width: 512,
      reserved: [5...5, 10...11, beyond, 80...86, 134...134, 136...139, 192...511],
      arrange: { scalable($0) }),
    ReservedCase(
      name: "PASID entry, first stage", reason: .pasidEntryReserved, place: Rig.pasidTable,
      width: 512,
      reserved: [
        5...5, 10...11, 80...86, 134...134, 136...139, 128 + hostAddressWidth...191, 192...511,
      ], arrange: { scalable($0, .firstStage) }),
    ReservedCase(
      name: "PASID entry of a unit that lacks SSADS, SMPWCS, SC, SRS, ERS and EAFS",
      reason: .pasidEntryReserved, place: Rig.pasidTable, width: 512,
      reserved: [
        5...5, 9...9, 10...11, beyond, 80...86, 87...88, 128...129, 134...134, 135...139, 192...511,
      ], cap: 0xd2008c_222f0606, ecap: 0x4900_00f0_0f4a, arrange: { scalable($0) }),
  ]

  // MARK: Paging entries

  /// Where `mapSecondStage` puts the entry of a level.
  private static func place(_ top: UInt64, _ levels: Int, _ level: Int) -> UInt64 {
    top + UInt64(levels - level) * 0x1000 + Paging.entryOffset(of: iova, level: level)
  }

  /// Bits that are reserved in a good entry of the second stage.
  private static func secondStage(
    _ level: Int, leaf: Bool, snoop: Bool = true, transient: Bool = true
  ) -> [ClosedRange<Int>] {
    var reserved = [address]
    if level >= 4 { reserved.append(7...7) }
    if !leaf || !snoop { reserved.append(11...11) }
    if !leaf || !transient { reserved.append(62...62) }
    if leaf && level > 1 { reserved.append(12...(11 + 9 * (level - 1))) }
    return reserved
  }

  static let secondStage: [ReservedCase] =
    (2...5).map { level in
      ReservedCase(
        name: "second-stage entry of level \(level) that points to a table",
        reason: .scalableSecondStageReserved, place: place(Rig.topTable, 5, level),
        reserved: secondStage(level, leaf: false), apart: level < 4 ? [7] : [],
        arrange: { scalable($0, levels: 5) })
    }
    + (1...3).map { level in
      ReservedCase(
        name: "second-stage leaf of level \(level)", reason: .scalableSecondStageReserved,
        place: place(Rig.topTable, 4, level), reserved: secondStage(level, leaf: true),
        apart: level > 1 ? [7] : [], arrange: { scalable($0, stopAt: level) })
    }
    + [
      ReservedCase(
        name: "second-stage leaf without ECAP.SC", reason: .scalableSecondStageReserved,
        place: place(Rig.topTable, 4, 1), reserved: secondStage(1, leaf: true, snoop: false),
        ecap: without(.snoopControl), arrange: { scalable($0) }),
      ReservedCase(
        name: "second-stage leaf without ECAP.DT", reason: .scalableSecondStageReserved,
        place: place(Rig.topTable, 4, 1), reserved: secondStage(1, leaf: true, transient: false),
        ecap: Everything.ecap & ~(1 << 2 | 1 << 29 | 1 << 33 | 1 << 42),
        arrange: { scalable($0) }),
      ReservedCase(
        name: "second-stage entry of level 2 without pages of 2 MiB",
        reason: .scalableSecondStageReserved, place: place(Rig.topTable, 4, 2),
        reserved: secondStage(2, leaf: false) + [7...7], cap: Everything.cap & ~(1 << 34),
        arrange: { scalable($0) }),
      ReservedCase(
        name: "second-stage entry of level 3 without pages of 1 GiB",
        reason: .scalableSecondStageReserved, place: place(Rig.topTable, 4, 3),
        reserved: secondStage(3, leaf: false) + [7...7], cap: Everything.cap & ~(1 << 35),
        arrange: { scalable($0) }),
      ReservedCase(
        name: "second-stage leaf in legacy mode", reason: .secondStageReserved,
        place: place(Rig.topTable, 4, 1), reserved: secondStage(1, leaf: true),
        arrange: { legacy($0) }),
      ReservedCase(
        name: "second-stage entry of level 4 in legacy mode", reason: .secondStageReserved,
        place: place(Rig.topTable, 4, 4), reserved: secondStage(4, leaf: false),
        arrange: { legacy($0) }),
    ]

  private static func firstStage(_ level: Int, leaf: Bool) -> [ClosedRange<Int>] {
    var reserved = [address]
    if level >= 4 { reserved.append(7...7) }
    if leaf && level > 1 { reserved.append(13...(11 + 9 * (level - 1))) }
    return reserved
  }

  static let firstStage: [ReservedCase] =
    (2...5).map { level in
      ReservedCase(
        name: "first-stage entry of level \(level) that points to a table",
        reason: .firstStageReserved, place: place(Rig.firstStageTable, 5, level),
        reserved: firstStage(level, leaf: false), apart: level < 4 ? [7] : [],
        arrange: { scalable($0, .firstStage, levels: 5) })
    }
    + (1...3).map { level in
      ReservedCase(
        name: "first-stage leaf of level \(level)", reason: .firstStageReserved,
        place: place(Rig.firstStageTable, 4, level), reserved: firstStage(level, leaf: true),
        apart: level > 1 ? [7] : [],
        arrange: { scalable($0, .firstStage, levels: 4, stopAt: level) })
    }
    + [
      ReservedCase(
        name: "first-stage entry of level 3 without pages of 1 GiB", reason: .firstStageReserved,
        place: place(Rig.firstStageTable, 4, 3), reserved: firstStage(3, leaf: false) + [7...7],
        cap: without(.firstStage1GiBPages), arrange: { scalable($0, .firstStage) }),
      ReservedCase(
        name: "first-stage leaf with NXE, where XD is a field", reason: .firstStageReserved,
        place: place(Rig.firstStageTable, 4, 1), reserved: firstStage(1, leaf: true),
        arrange: { scalable($0, .firstStage) { $0[flag: .noExecute] = true } }),
    ]

  static let all = entries + secondStage + firstStage
}

@Suite("Every reserved bit, set alone")
struct ReservedBitTests {
  @Test(
    "a bit gives the structure's reason if it is reserved, and only then",
    arguments: ReservedCase.all)
  func tables(_ structure: ReservedCase) throws {
    let rig = try Rig(
      cap: structure.cap, ecap: structure.ecap, caches: .off,
      hostAddressWidth: ReservedCase.hostAddressWidth)
    structure.arrange(rig)
    #expect(rig.unit.translate(structure.request).faultReason == nil)
    let reserved = Set(structure.reserved.flatMap { $0 })
    for bit in 0..<structure.width where !structure.apart.contains(bit) {
      let place = structure.place + UInt64(bit / 64) * 8
      let good = try #require(rig.memory.load64(PhysicalAddress(rawValue: place)))
      // A bit that a good entry has set is not a reserved one.
      rig.store(good ^ 1 << UInt64(bit % 64), at: place)
      let reason = rig.unit.translate(structure.request).faultReason
      #expect(
        (reason == structure.reason) == reserved.contains(bit),
        "bit \(bit): \(reason.map { "\($0)" } ?? "no fault")")
      rig.store(good, at: place)
    }
    #expect(rig.unit.translate(structure.request).faultReason == nil)
  }

  @Test(
    "a missing paging entry is missing whatever else it holds",
    arguments: [PASIDTranslationType.firstStage, .secondStage])
  func missing(_ type: PASIDTranslationType) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap, caches: .off)
    rig.writeScalableTables(.test(type))
    if type == .firstStage { rig.mapFirstStage() } else { rig.mapSecondStage() }
    rig.enable(mode: .scalable)
    let top = type == .firstStage ? Rig.firstStageTable : Rig.topTable
    let presence: UInt64 = type == .firstStage ? 1 : 3
    for level in 0..<4 as Range<UInt64> {
      rig.store(~presence, at: top + level * 0x1000 + (level == 1 ? 8 : 0))
      #expect(
        rig.unit.translate(.test()).faultReason
          == (type == .firstStage ? .firstStageNotPresent : .secondStageNotPresent))
      if type == .firstStage { rig.mapFirstStage() } else { rig.mapSecondStage() }
    }
  }
}
