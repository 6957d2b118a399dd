import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

/// For one reason: tables that are good but for one thing, and the request that meets it.
struct FaultCase: CustomTestStringConvertible, Sendable {
  enum Request: Sendable {
    case dma(DMARequest)
    case interrupt(InterruptRequest)
    case page(PageRequest)
  }

  let reason: FaultReason
  var mode = TranslationTableMode.scalable
  var root = Rig.root
  let arrange: @Sendable (Rig) -> Void
  var request = Request.dma(.test(.read))

  var testDescription: String { "\(reason)" }

  static let outside: UInt64 = 0x20_0000_0000

  static func legacy(
    _ reason: FaultReason, root: UInt64 = Rig.root, _ request: DMARequest = .test(.read),
    _ change: @escaping @Sendable (Rig) -> Void
  ) -> FaultCase {
    FaultCase(
      reason: reason, mode: .legacy, root: root,
      arrange: {
        $0.writeLegacyTables()
        change($0)
      }, request: .dma(request))
  }

  /// A scalable case: the PASID entry, the context entry, and memory can be changed.
  static func scalable(
    _ reason: FaultReason, _ type: PASIDTranslationType = .secondStage,
    context: [UInt64] = [Rig.directory | 1 | 4 | 8 | 16], root: UInt64 = Rig.root,
    request: DMARequest = .test(.read), _ change: @escaping @Sendable (Rig) -> Void = { _ in }
  ) -> FaultCase {
    .scalable(
      reason, type, context: context, root: root, request: request, entry: { _ in },
      change: change)
  }

  static func scalable(
    _ reason: FaultReason, _ type: PASIDTranslationType = .secondStage,
    context: [UInt64] = [Rig.directory | 1 | 4 | 8 | 16], root: UInt64 = Rig.root,
    request: DMARequest = .test(.read),
    entry: @escaping @Sendable (inout PASIDTableEntry) -> Void,
    change: @escaping @Sendable (Rig) -> Void
  ) -> FaultCase {
    FaultCase(
      reason: reason, root: root,
      arrange: { rig in
        rig.writeScalableTables(.test(type, entry), context: ScalableContextEntry(words: context))
        switch type {
        case .firstStage: rig.mapFirstStage()
        case .nested:
          rig.mapFirstStage()
          rig.mapSecondStage(0, to: 0, stopAt: 3)
        default: rig.mapSecondStage()
        }
        change(rig)
      }, request: .dma(request))
  }

  static func interrupt(
    _ reason: FaultReason, address: UInt32 = 0xfee0_0010 | 5 << 5, data: UInt32 = 0,
    _ change: @escaping @Sendable (Rig) -> Void
  ) -> FaultCase {
    FaultCase(
      reason: reason,
      arrange: { rig in
        // Entry 5 is good: fixed, vector 0x30, APIC 1, sent by 00:03.0 only.
        rig.store(1 | 0x30 << 16 | 1 << 40, 0x18 | 1 << 18, at: 0x50_0000 + 5 * 16)
        rig.unit.write64(0x50_0000 | 7, at: RegisterOffset.irta)
        rig.unit.write32(rig.command(setting: .setInterruptTable), at: RegisterOffset.gcmd)
        rig.unit.write32(rig.command(setting: .interruptRemapping), at: RegisterOffset.gcmd)
        change(rig)
      },
      request: .interrupt(
        InterruptRequest(source: SourceID(rawValue: 0x18), address: address, data: data)))
  }

  private static let entry = Rig.pasidTable
  private static let leaf = Rig.topTable + 0x3000
  private static let firstLeaf = Rig.firstStageTable + 0x3000
  private static let context = Rig.contextTable + 0x18 * 16

  static let all = legacyCases + interruptCases + contextCases + pasidCases + stageCases

  private static let legacyCases: [FaultCase] = [
    .legacy(.rootNotPresent) { $0.store(0, at: Rig.root) },
    .legacy(.contextNotPresent) { $0.store(0, at: context) },
    .legacy(.contextInvalid) { $0.store(0x100, at: context + 8) },
    .legacy(.addressBeyondWidth, .test(.read, 1 << 48)) { _ in },
    .legacy(.writeNotPermitted, .test(.write)) { $0.store(0x300_0001, at: leaf) },
    .legacy(.readNotPermitted) { $0.store(0x300_0002, at: leaf) },
    .legacy(.secondStageRead) { $0.store(outside | 3, at: Rig.topTable) },
    .legacy(.rootRead, root: outside) { _ in },
    .legacy(.contextRead) { $0.store(outside | 1, at: Rig.root) },
    .legacy(.rootReserved) { $0.store(1, at: Rig.root + 8) },
    .legacy(.contextReserved) { $0.store(Rig.topTable | 0x11, at: context) },
    .legacy(.secondStageReserved) { $0.store((Rig.topTable + 0x1000) | 0x83, at: Rig.topTable) },
    .legacy(.requestTypeBlocked, .test(.read, addressType: .translated)) { _ in },
    .legacy(.interruptRange) { $0.store(0xfee0_0003, at: leaf) },
    .legacy(.pasidRequestInLegacyMode, .test(.read, pasid: 1)) { _ in },
    FaultCase(
      reason: .pageRequestInLegacyMode, mode: .legacy, arrange: { $0.writeLegacyTables() },
      request: .page(
        PageRequest(source: SourceID(rawValue: 0x18), address: IOVA(rawValue: 0x4000_0000)))),
    FaultCase(reason: .rootTableAddressInvalid, mode: .reserved, arrange: { _ in }),
  ]

  private static let interruptCases: [FaultCase] = [
    .interrupt(.interruptRequestReserved, address: 0xfee0_0018 | 5 << 5, data: 0x1_0000) { _ in },
    .interrupt(.interruptIndexBeyondTable, address: 0xfee0_0010 | 256 << 5) { _ in },
    .interrupt(.interruptEntryNotPresent, address: 0xfee0_0010 | 6 << 5) { _ in },
    .interrupt(.interruptEntryRead) {
      $0.unit.write64(outside | 7, at: RegisterOffset.irta)
      $0.unit.write32($0.command(setting: .setInterruptTable), at: RegisterOffset.gcmd)
    },
    .interrupt(.interruptEntryReserved) { $0.store(1 | 1 << 24, at: 0x50_0050) },
    .interrupt(.compatibilityFormatBlocked, address: 0xfee0_1000) { _ in },
    .interrupt(.interruptSourceMismatch) { $0.store(0x20 | 1 << 18, at: 0x50_0058) },
    .interrupt(.postedDescriptorAccess) { $0.store(1 | 1 << 15, 0x20 << 32, at: 0x50_0050) },
    .interrupt(.postedDescriptorReserved) {
      $0.store(1 | 1 << 15 | 0x51_0000 << 32, 0, at: 0x50_0050)
      $0.store(4, at: 0x51_0020)
    },
  ]

  private static let contextCases: [FaultCase] = [
    .scalable(.scalableRootRead, root: outside),
    .scalable(.scalableRootNotPresent) { $0.store(0, at: Rig.root) },
    .scalable(.scalableRootReserved) { $0.store(Rig.contextTable | 3, at: Rig.root) },
    .scalable(.scalableContextRead) { $0.store(outside | 1, at: Rig.root) },
    .scalable(.scalableContextNotPresent, context: [Rig.directory]),
    .scalable(.scalableContextReserved, context: [Rig.directory | 1 | 32]),
    // Everything that a context entry can enable is in the unit of these tests.
    .scalable(
      .deviceTLBDisabled, context: [Rig.directory | 1], request: .test(addressType: .translated)),
    .scalable(.pasidDisabled, context: [Rig.directory | 1], request: .test(pasid: 1)),
    .scalable(.pasidBeyondDirectory, request: .test(pasid: 1 << 13)),
    .scalable(.ridPASIDInvalid, context: [Rig.directory | 1, 1 << 13]),
    FaultCase(
      reason: .pageRequestDisabled,
      arrange: {
        $0.writeScalableTables(
          .test(.secondStage), context: ScalableContextEntry(words: [Rig.directory | 1]))
      },
      request: .page(
        PageRequest(source: SourceID(rawValue: 0x18), address: IOVA(rawValue: 0x4000_0000)))),
    .scalable(.directoryRead, context: [outside | 1]),
    .scalable(.directoryNotPresent) { $0.store(0, at: Rig.directory) },
    .scalable(.directoryReserved) { $0.store(Rig.pasidTable | 5, at: Rig.directory) },
  ]

  private static let pasidCases: [FaultCase] = [
    .scalable(.pasidEntryRead) { $0.store(outside | 1, at: Rig.directory) },
    .scalable(.pasidEntryNotPresent, entry: { $0[flag: .present] = false }, change: { _ in }),
    .scalable(.pasidEntryReserved, entry: { $0[word: 0] |= 1 << 5 }, change: { _ in }),
    .scalable(.pasidEntryInvalid, entry: { $0[.translationType] = 5 }, change: { _ in }),
    .scalable(.executeRequestsDisabled, .firstStage, request: .test(pasid: 0, isExecute: true)),
    .scalable(
      .supervisorRequestsDisabled, .firstStage, request: .test(pasid: 0, isPrivileged: true)),
  ]

  private static let stageCases: [FaultCase] = [
    .scalable(.firstStageRead, .firstStage) { $0.store(outside | 0x27, at: Rig.firstStageTable) },
    .scalable(.firstStageNotPresent, .firstStage) { $0.store(0, at: firstLeaf) },
    .scalable(.firstStageReserved, .firstStage) {
      $0.store((Rig.firstStageTable + 0x1000) | 0xa7, at: Rig.firstStageTable)
    },
    .scalable(
      .firstStageTableRead, .firstStage, entry: { $0[inPlace: .firstStageTable] = outside },
      change: { _ in }),
    .scalable(
      .firstStageTableBeyondWidth, .nested, entry: { $0[inPlace: .firstStageTable] = 1 << 48 },
      change: { _ in }),
    .scalable(.firstStageTopTableNotReadable, .nested) {
      $0.store(0x82, at: Rig.topTable + 0x1000)
    },
    .scalable(.firstStageTableNotReadable, .nested) {
      // The second gibibyte can be written only; the second table lies there.
      $0.store(0x82 | 1 << 30, at: Rig.topTable + 0x1008)
      $0.store(0x4000_0000 | 0x27, at: Rig.firstStageTable)
    },
    .scalable(.firstStageTableNotWritable, .nested) {
      $0.store(0x81, at: Rig.topTable + 0x1000)
      $0.store(0x300_0007, at: firstLeaf)
    },
    .scalable(.scalableSecondStageRead) { $0.store(outside | 3, at: Rig.topTable) },
    .scalable(.secondStageNotPresent) { $0.store(0, at: leaf) },
    .scalable(.scalableSecondStageReserved) {
      $0.store((Rig.topTable + 0x1000) | 0x83, at: Rig.topTable)
    },
    .scalable(
      .secondStageTableRead, entry: { $0[inPlace: .secondStageTable] = outside }, change: { _ in }),
    .scalable(
      .secondStageAccessedDirty, entry: { $0[flag: .secondStageAccessedDirty] = true },
      change: { _ in }),
    .scalable(.addressNotCanonical, .firstStage, request: .test(.read, 1 << 48)),
    .scalable(.userNotPermitted, .firstStage) { $0.store(0x300_0063, at: firstLeaf) },
    .scalable(
      .executeNotPermitted, .firstStage, request: .test(pasid: 0, isExecute: true),
      entry: {
        $0[flag: .executeRequests] = true
        $0[flag: .noExecute] = true
      }, change: { $0.store(0x300_0067 | 1 << 63, at: firstLeaf) }),
    .scalable(.scalableAddressBeyondWidth, request: .test(.read, 1 << 48)),
    .scalable(.intermediateAddressBeyondWidth, .nested) {
      $0.store(1 << 48 | 0x67, at: firstLeaf)
    },
    .scalable(.scalableWriteNotPermitted, request: .test(.write)) {
      $0.store(0x300_0001, at: leaf)
    },
    .scalable(.scalableReadNotPermitted) { $0.store(0x300_0002, at: leaf) },
    .scalable(.scalableInterruptRange) { $0.store(0xfee0_0003, at: leaf) },
    .scalable(
      .firstStageAccessedDirtyNoSnoop, .firstStage, entry: { $0[flag: .pageWalkSnoop] = false },
      change: { $0.store(0x300_0007, at: firstLeaf) }),
  ]
}
