/// Where other implementations differ from the specification; by default a unit has none of them.
public struct UnitQuirks: OptionSet, Hashable, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A fault of a source-id that already has one pending is not recorded. The specification allows
  /// it; QEMU does it.
  public static let foldFaultsOfPendingSource = UnitQuirks(rawValue: 1 << 0)
  /// Scalable mode: a request without PASID is recorded with PASID 0 from the address check on
  /// (QEMU).
  public static let recordPASIDZero = UnitQuirks(rawValue: 1 << 1)
  /// Legacy mode: PV is 0xffff, with PP clear, from the address check on (QEMU).
  public static let recordPASIDOnes = UnitQuirks(rawValue: 1 << 2)
  /// Scalable mode: faults of root and context entry and of the second stage have the codes of
  /// legacy mode (QEMU).
  public static let legacyPermissionCodes = UnitQuirks(rawValue: 1 << 3)
  /// At each level of either stage permission is checked before reserved bits (QEMU); the
  /// specification checks the entry first, and permission once it is known over all levels.
  public static let permissionBeforeReserved = UnitQuirks(rawValue: 1 << 4)
  /// TTM is bit 10 alone, and legacy without ECAP.SMTS; no mode is reserved, none aborts DMA (QEMU).
  public static let tableModeIsOneBit = UnitQuirks(rawValue: 1 << 5)
  /// Reads of the interrupt range pass (QEMU).
  public static let interruptRangeReadable = UnitQuirks(rawValue: 1 << 6)
  /// A DMA to the interrupt range has no source-id: it is recorded with 0xffff, no entry refuses it
  /// for its source, and what is no whole dword is no message (QEMU).
  public static let anonymousPlainWrites = UnitQuirks(rawValue: 1 << 7)
  /// FECTL.IP is cleared by a write to FSTS only, not by clearing the last F (QEMU).
  public static let pendingBitNeedsStatusWrite = UnitQuirks(rawValue: 1 << 8)
  /// FPD does not count for reserved bits of the context entry, nor for a PASID directory or entry
  /// that cannot be read; FPD of a directory entry or PASID entry does not count for what is wrong
  /// with that entry itself (QEMU).
  public static let reservedContextAlwaysRecorded = UnitQuirks(rawValue: 1 << 9)
  /// A blocked access to a cached page is not recorded (QEMU).
  public static let silentPermissionOnHit = UnitQuirks(rawValue: 1 << 10)
  /// A write that hits an entry cached by a read does not set the dirty bit (QEMU).
  public static let noDirtyOnHit = UnitQuirks(rawValue: 1 << 11)
  /// Accepted and ignored: SFL, EAFL, WBF and CFI of GCMD; compatibility-format interrupts always
  /// pass (QEMU).
  public static let compatibilityAlwaysPasses = UnitQuirks(rawValue: 1 << 12)
  /// A wait descriptor must have exactly one of SW and IF (QEMU 10.0).
  public static let waitNeedsOneAction = UnitQuirks(rawValue: 1 << 13)
  /// The queue stays on when QIE is cleared before a wait descriptor was its last (QEMU).
  public static let disableNeedsIdleQueue = UnitQuirks(rawValue: 1 << 14)
  /// After an error the queue goes on only at the next write of IQT (QEMU); by the specification
  /// clearing IQE is enough.
  public static let queueResumesAtTailWrite = UnitQuirks(rawValue: 1 << 15)
  /// IQERCD does not exist (QEMU).
  public static let noQueueErrorRecord = UnitQuirks(rawValue: 1 << 16)
  /// An IOTLB invalidation by page with too large a mask by register reports granularity 0, and by
  /// domain is done as it is (QEMU and the specification agree; the context cache is dropped as a
  /// whole for a domain).
  public static let domainContextInvalidationIsGlobal = UnitQuirks(rawValue: 1 << 17)
  /// SRTP and TE drop every cache (QEMU).
  public static let globalCommandsDropCaches = UnitQuirks(rawValue: 1 << 18)
  /// The first stage's canonical check uses AW, the second stage's width, as far as the unit's own
  /// (QEMU).
  public static let canonicalCheckUsesAW = UnitQuirks(rawValue: 1 << 19)
  /// A device-TLB invalidation succeeds although ECAP.DT is clear (QEMU).
  public static let deviceTLBDescriptorAlwaysValid = UnitQuirks(rawValue: 1 << 20)
  /// Accessed and dirty bits are written although walks do not snoop (QEMU).
  public static let updatesWithoutSnoop = UnitQuirks(rawValue: 1 << 21)
  /// RID_PASID counts although ECAP.RPS is clear (QEMU 10.0).
  public static let ridPASIDAlwaysUsed = UnitQuirks(rawValue: 1 << 22)
  /// Scalable mode: the enables of context entries, the size of the PASID directory and reserved
  /// bits of directory and PASID entries are not checked, and PGTT is checked before P; a device that
  /// once passed through goes on until its context entry is invalidated (QEMU).
  public static let scalableEntriesUnchecked = UnitQuirks(rawValue: 1 << 23)
  /// A blocked message in compatibility format is recorded with bits 19:4 of its address as index,
  /// as public logs of real machines show it; the specification leaves the index undefined.
  public static let compatibilityIndexFromAddress = UnitQuirks(rawValue: 1 << 24)
  /// Every request of the first stage is a user's, XD, WPE and EAFE do not count (QEMU).
  public static let plainFirstStage = UnitQuirks(rawValue: 1 << 25)
  /// A page that reaches into the interrupt range is refused as a whole, with the code of scalable
  /// mode wherever the unit has it (QEMU).
  public static let interruptRangeByPage = UnitQuirks(rawValue: 1 << 26)
  /// Pass-through does not look at the address's width (QEMU).
  public static let passThroughUnbounded = UnitQuirks(rawValue: 1 << 27)
  /// TM is reserved whatever ECAP.DT says (QEMU, unless told otherwise).
  public static let transientMappingReserved = UnitQuirks(rawValue: 1 << 28)
  /// Nothing that is not present is cached, although CAP.CM is set (QEMU).
  public static let neverCachesFaults = UnitQuirks(rawValue: 1 << 29)
  /// CAP.SAGAW may be 0: the unit remaps interrupts only (QEMU with `dma-translation=off`).
  public static let mayLackTranslation = UnitQuirks(rawValue: 1 << 30)
  /// A PASID directory entry or PASID entry that is not present or not valid is reported as one that
  /// cannot be read, reason 0x58 (QEMU 7.2).
  public static let pasidFaultsAsEntryRead = UnitQuirks(rawValue: 1 << 31)
  /// Interrupt requests that are blocked leave no fault record (QEMU 7.2).
  public static let interruptFaultsUnrecorded = UnitQuirks(rawValue: 1 << 32)
  /// IQA is read without the descriptors' width (QEMU 7.2).
  public static let queueWidthHidden = UnitQuirks(rawValue: 1 << 33)
  /// SNP of a second-stage leaf is not reserved where the unit has scalable mode, although ECAP.SC is
  /// clear (QEMU).
  public static let snoopBitInScalableMode = UnitQuirks(rawValue: 1 << 34)
  /// An entry that has one of the accessed and dirty bits that a request should set gets neither: a
  /// write leaves a leaf that was read as it is (QEMU).
  public static let updatesFreshEntriesOnly = UnitQuirks(rawValue: 1 << 35)
  /// A wait descriptor must have one of SW, IF and FN (QEMU 11).
  public static let waitNeedsAnyAction = UnitQuirks(rawValue: 1 << 36)

  /// What QEMU 7.2's `intel-iommu` was seen to do.
  public static let qemu7: UnitQuirks = qemu10.union([
    .interruptFaultsUnrecorded, .queueWidthHidden, .pasidFaultsAsEntryRead,
  ])

  /// What QEMU 10.0.2's `intel-iommu` was seen to do.
  public static let qemu10: UnitQuirks = [
    .foldFaultsOfPendingSource, .recordPASIDZero, .recordPASIDOnes, .legacyPermissionCodes,
    .permissionBeforeReserved, .tableModeIsOneBit, .interruptRangeReadable,
    .anonymousPlainWrites, .pendingBitNeedsStatusWrite, .reservedContextAlwaysRecorded,
    .silentPermissionOnHit, .noDirtyOnHit, .compatibilityAlwaysPasses, .waitNeedsOneAction,
    .disableNeedsIdleQueue, .queueResumesAtTailWrite, .noQueueErrorRecord,
    .domainContextInvalidationIsGlobal, .globalCommandsDropCaches, .canonicalCheckUsesAW,
    .deviceTLBDescriptorAlwaysValid, .updatesWithoutSnoop, .ridPASIDAlwaysUsed,
    .scalableEntriesUnchecked, .plainFirstStage, .interruptRangeByPage, .passThroughUnbounded,
    .transientMappingReserved, .neverCachesFaults, .mayLackTranslation, .snoopBitInScalableMode,
    .updatesFreshEntriesOnly,
  ]

  /// What QEMU 11.1.3's `intel-iommu` was seen to do.
  public static let qemu11: UnitQuirks = qemu10.subtracting([
    .recordPASIDZero, .recordPASIDOnes, .ridPASIDAlwaysUsed, .waitNeedsOneAction,
  ]).union(.waitNeedsAnyAction)

  /// Whether these are all the quirks of one of QEMU's versions.
  public var isQEMU: Bool { Self.sets.contains { $0.quirks == self } }
}

extension UnitQuirks {
  /// The quirks by the names that scenarios have for them: for reading and for writing, so that what
  /// is recorded can be read again. A new quirk is a bit above and a row here.
  static let names: [(name: String, quirk: UnitQuirks)] = [
    ("fold-faults-of-pending-source", .foldFaultsOfPendingSource),
    ("record-pasid-zero", .recordPASIDZero),
    ("record-pasid-ones", .recordPASIDOnes),
    ("legacy-permission-codes", .legacyPermissionCodes),
    ("permission-before-reserved", .permissionBeforeReserved),
    ("table-mode-is-one-bit", .tableModeIsOneBit),
    ("interrupt-range-readable", .interruptRangeReadable),
    ("anonymous-plain-writes", .anonymousPlainWrites),
    ("pending-bit-needs-status-write", .pendingBitNeedsStatusWrite),
    ("reserved-context-always-recorded", .reservedContextAlwaysRecorded),
    ("silent-permission-on-hit", .silentPermissionOnHit),
    ("no-dirty-on-hit", .noDirtyOnHit),
    ("compatibility-always-passes", .compatibilityAlwaysPasses),
    ("compatibility-index-from-address", .compatibilityIndexFromAddress),
    ("wait-needs-one-action", .waitNeedsOneAction),
    ("disable-needs-idle-queue", .disableNeedsIdleQueue),
    ("queue-resumes-at-tail-write", .queueResumesAtTailWrite),
    ("no-queue-error-record", .noQueueErrorRecord),
    ("domain-context-invalidation-is-global", .domainContextInvalidationIsGlobal),
    ("global-commands-drop-caches", .globalCommandsDropCaches),
    ("canonical-check-uses-aw", .canonicalCheckUsesAW),
    ("device-tlb-descriptor-always-valid", .deviceTLBDescriptorAlwaysValid),
    ("updates-without-snoop", .updatesWithoutSnoop),
    ("rid-pasid-always-used", .ridPASIDAlwaysUsed),
    ("scalable-entries-unchecked", .scalableEntriesUnchecked),
    ("plain-first-stage", .plainFirstStage),
    ("interrupt-range-by-page", .interruptRangeByPage),
    ("pass-through-unbounded", .passThroughUnbounded),
    ("transient-mapping-reserved", .transientMappingReserved),
    ("never-caches-faults", .neverCachesFaults),
    ("may-lack-translation", .mayLackTranslation),
    ("pasid-faults-as-entry-read", .pasidFaultsAsEntryRead),
    ("interrupt-faults-unrecorded", .interruptFaultsUnrecorded),
    ("queue-width-hidden", .queueWidthHidden),
    ("snoop-bit-in-scalable-mode", .snoopBitInScalableMode),
    ("updates-fresh-entries-only", .updatesFreshEntriesOnly),
    ("wait-needs-any-action", .waitNeedsAnyAction),
  ]

  /// Names for many quirks at once.
  package static let sets: [(name: String, quirks: UnitQuirks)] = [
    ("qemu-7.2", .qemu7), ("qemu-10", .qemu10), ("qemu-11", .qemu11),
  ]

  /// Every name that ``init(named:)`` knows.
  public static var allNames: [String] { sets.map { $0.name } + names.map { $0.name } }

  /// The quirk, or the set of quirks, of that name; nil if there is none.
  public init?(named name: String) {
    let known =
      Self.sets.first { $0.name == name }?.quirks ?? Self.names.first { $0.name == name }?.quirk
    guard let known else { return nil }
    self = known
  }

  /// Names that give the same quirks again: that of the largest set that is in them, and one for each
  /// other quirk. Bits that are no quirk have none.
  public var namesOfAll: [String] {
    let set = Self.sets.filter { isSuperset(of: $0.quirks) }
      .max { $0.quirks.rawValue.nonzeroBitCount < $1.quirks.rawValue.nonzeroBitCount }
    let others = subtracting(set?.quirks ?? [])
    return (set.map { [$0.name] } ?? [])
      + Self.names.filter { others.contains($0.quirk) }.map { $0.name }
  }
}
