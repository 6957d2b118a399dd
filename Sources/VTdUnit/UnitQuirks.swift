/// One way in which an implementation differs from the specification.
///
/// A row has the name that scenarios and recordings have for it. Its place is its bit in ``UnitQuirks``,
/// which users write as a number, so a new quirk is a row at the end.
public enum UnitQuirk: String, CaseIterable, Hashable, Sendable {
  /// A fault of a source-id that already has one pending is not recorded. The specification allows
  /// it; QEMU does it.
  case foldFaultsOfPendingSource = "fold-faults-of-pending-source"
  /// Scalable mode: a request without PASID is recorded with PASID 0 from the address check on
  /// (QEMU).
  case recordPASIDZero = "record-pasid-zero"
  /// Legacy mode: PV is 0xffff, with PP clear, from the address check on (QEMU).
  case recordPASIDOnes = "record-pasid-ones"
  /// Scalable mode: faults of root and context entry and of the second stage have the codes of
  /// legacy mode (QEMU).
  case legacyPermissionCodes = "legacy-permission-codes"
  /// At each level of either stage permission is checked before reserved bits (QEMU); the
  /// specification checks the entry first, and permission once it is known over all levels.
  case permissionBeforeReserved = "permission-before-reserved"
  /// TTM is bit 10 alone, and legacy without ECAP.SMTS; no mode is reserved, none aborts DMA (QEMU).
  case tableModeIsOneBit = "table-mode-is-one-bit"
  /// Reads of the interrupt range pass (QEMU).
  case interruptRangeReadable = "interrupt-range-readable"
  /// A DMA to the interrupt range has no source-id: it is recorded with 0xffff, no entry refuses it
  /// for its source, and only a write of a whole dword is a message (QEMU).
  case anonymousPlainWrites = "anonymous-plain-writes"
  /// FECTL.IP is cleared by a write to FSTS only, not by clearing the last F (QEMU).
  case pendingBitNeedsStatusWrite = "pending-bit-needs-status-write"
  /// FPD does not count for reserved bits of the context entry, nor for a PASID directory or entry
  /// that cannot be read; FPD of a directory entry or PASID entry does not count for what is wrong
  /// with that entry itself (QEMU).
  case reservedContextAlwaysRecorded = "reserved-context-always-recorded"
  /// A blocked access to a cached page is not recorded (QEMU).
  case silentPermissionOnHit = "silent-permission-on-hit"
  /// A write that hits an entry cached by a read does not set the dirty bit (QEMU).
  case noDirtyOnHit = "no-dirty-on-hit"
  /// Accepted and ignored: SFL, EAFL, WBF and CFI of GCMD; compatibility-format interrupts always
  /// pass (QEMU).
  case compatibilityAlwaysPasses = "compatibility-always-passes"
  /// A wait descriptor must have exactly one of SW and IF (QEMU 10.0).
  case waitNeedsOneAction = "wait-needs-one-action"
  /// The queue stays on when QIE is cleared before a wait descriptor was its last (QEMU).
  case disableNeedsIdleQueue = "disable-needs-idle-queue"
  /// After an error the queue goes on only at the next write of IQT (QEMU); by the specification
  /// clearing IQE is enough.
  case queueResumesAtTailWrite = "queue-resumes-at-tail-write"
  /// IQERCD does not exist (QEMU).
  case noQueueErrorRecord = "no-queue-error-record"
  /// A context-cache invalidation of one domain drops the whole context cache (QEMU).
  case domainContextInvalidationIsGlobal = "domain-context-invalidation-is-global"
  /// SRTP and TE drop every cache (QEMU).
  case globalCommandsDropCaches = "global-commands-drop-caches"
  /// The first stage's canonical check uses AW, the second stage's width, as far as the unit's own
  /// (QEMU).
  case canonicalCheckUsesAW = "canonical-check-uses-aw"
  /// A device-TLB invalidation succeeds although ECAP.DT is clear (QEMU).
  case deviceTLBDescriptorAlwaysValid = "device-tlb-descriptor-always-valid"
  /// Accessed and dirty bits are written although walks do not snoop (QEMU).
  case updatesWithoutSnoop = "updates-without-snoop"
  /// RID_PASID counts although ECAP.RPS is clear (QEMU 10.0).
  case ridPASIDAlwaysUsed = "rid-pasid-always-used"
  /// Scalable mode: the enables of context entries, the size of the PASID directory and reserved
  /// bits of directory and PASID entries are not checked, and PGTT is checked before P; a device that
  /// once passed through goes on until its context entry is invalidated (QEMU).
  case scalableEntriesUnchecked = "scalable-entries-unchecked"
  /// A blocked message in compatibility format is recorded with bits 19:4 of its address as index,
  /// as public logs of real machines show it; the specification leaves the index undefined.
  case compatibilityIndexFromAddress = "compatibility-index-from-address"
  /// Every request of the first stage is a user's, XD, WPE and EAFE do not count (QEMU).
  case plainFirstStage = "plain-first-stage"
  /// A page that reaches into the interrupt range is refused as a whole, with the code of scalable
  /// mode wherever the unit has it (QEMU).
  case interruptRangeByPage = "interrupt-range-by-page"
  /// Pass-through does not look at the address's width (QEMU).
  case passThroughUnbounded = "pass-through-unbounded"
  /// TM is reserved whatever ECAP.DT says (QEMU, unless told otherwise).
  case transientMappingReserved = "transient-mapping-reserved"
  /// Nothing that is not present is cached, although CAP.CM is set (QEMU).
  case neverCachesFaults = "never-caches-faults"
  /// CAP.SAGAW may be 0: the unit remaps interrupts only (QEMU with `dma-translation=off`).
  case mayLackTranslation = "may-lack-translation"
  /// A PASID directory entry or PASID entry that is not present or not valid is reported as one that
  /// cannot be read, reason 0x58 (QEMU 7.2).
  case pasidFaultsAsEntryRead = "pasid-faults-as-entry-read"
  /// Interrupt requests that are blocked leave no fault record (QEMU 7.2).
  case interruptFaultsUnrecorded = "interrupt-faults-unrecorded"
  /// IQA is read without the descriptors' width (QEMU 7.2).
  case queueWidthHidden = "queue-width-hidden"
  /// SNP of a second-stage leaf is not reserved where the unit has scalable mode, although ECAP.SC is
  /// clear (QEMU).
  case snoopBitInScalableMode = "snoop-bit-in-scalable-mode"
  /// An entry that has one of the accessed and dirty bits that a request should set gets neither: a
  /// write leaves a leaf that was read as it is (QEMU).
  case updatesFreshEntriesOnly = "updates-fresh-entries-only"
  /// A wait descriptor must have one of SW, IF and FN (QEMU 11).
  case waitNeedsAnyAction = "wait-needs-any-action"

  /// The row's bit. Cases without values are numbered from 0 as they are declared (Swift's type layout):
  /// where a case is known when the unit is compiled, so is its bit, and no row needs a number.
  @inline(__always)
  public var bit: UInt64 { 1 &<< UInt64(unsafeBitCast(self, to: UInt8.self)) }
}

/// Where other implementations differ from the specification; by default a unit has none of them.
public struct UnitQuirks: OptionSet, Hashable, Sendable {
  public typealias Element = UnitQuirk

  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// One quirk.
  public init(_ quirk: UnitQuirk) { self.init(rawValue: quirk.bit) }

  /// Whether a unit has the quirk.
  @inline(__always)
  public func contains(_ quirk: UnitQuirk) -> Bool { rawValue & quirk.bit != 0 }

  /// Puts a quirk into the set, and says whether it was not in it.
  @discardableResult
  public mutating func insert(
    _ quirk: UnitQuirk
  ) -> (inserted: Bool, memberAfterInsert: UnitQuirk) {
    defer { formUnion(UnitQuirks(quirk)) }
    return (!contains(quirk), quirk)
  }

  /// Takes a quirk out of the set; nil where it was not in it.
  @discardableResult
  public mutating func remove(_ quirk: UnitQuirk) -> UnitQuirk? {
    defer { subtract(UnitQuirks(quirk)) }
    return contains(quirk) ? quirk : nil
  }

  /// Puts a quirk into the set; nil where it was not in it before.
  @discardableResult
  public mutating func update(with quirk: UnitQuirk) -> UnitQuirk? {
    defer { formUnion(UnitQuirks(quirk)) }
    return contains(quirk) ? quirk : nil
  }
}

extension UnitQuirks {
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
  ]).union([.waitNeedsAnyAction])

  /// Whether these are all the quirks of one of QEMU's versions.
  public var isQEMU: Bool { Self.sets.contains { $0.quirks == self } }

  /// Names for many quirks at once.
  package static let sets: [(name: String, quirks: UnitQuirks)] = [
    ("qemu-7.2", .qemu7), ("qemu-10", .qemu10), ("qemu-11", .qemu11),
  ]

  /// Every name that ``init(named:)`` knows.
  public static var allNames: [String] {
    sets.map { $0.name } + UnitQuirk.allCases.map { $0.rawValue }
  }

  /// The quirk, or the set of quirks, of that name; nil if there is none.
  public init?(named name: String) {
    let set = Self.sets.first { $0.name == name }?.quirks
    guard let known = set ?? UnitQuirk(rawValue: name).map({ UnitQuirks($0) }) else { return nil }
    self = known
  }

  /// Names that give the same quirks again: that of the largest set that is in them, and one for each
  /// other quirk. Bits that are not quirks have none.
  public var namesOfAll: [String] {
    let set = Self.sets.filter { isSuperset(of: $0.quirks) }
      .max { $0.quirks.rawValue.nonzeroBitCount < $1.quirks.rawValue.nonzeroBitCount }
    let others = subtracting(set?.quirks ?? [])
    return (set.map { [$0.name] } ?? [])
      + UnitQuirk.allCases.filter { others.contains($0) }.map { $0.rawValue }
  }
}
