public import VTdFormats

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
  /// The first stage's canonical check uses AW, the second stage's width (QEMU).
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
    .transientMappingReserved, .neverCachesFaults, .mayLackTranslation,
  ]
}

/// How large the caches are; see ``UnitConfiguration/caches``.
public struct CacheConfiguration: Hashable, Sendable {
  /// Off: every request walks memory, so no stale translation is ever seen.
  public var isEnabled: Bool
  /// Pages kept in the IOTLB, two to a set; a power of 2.
  public var iotlbEntries: Int
  /// Pages of 2 MiB and 1 GiB kept whole, two to a set; a power of 2. What is in use of them is in
  /// the IOTLB, 4 KiB by 4 KiB.
  public var largePageEntries: Int
  /// Tables kept in the paging-structure caches; a power of 2; 0 for none.
  public var pagingStructureEntries: Int
  /// Context entries kept; a power of 2.
  public var contextEntries: Int
  /// PASID entries kept; a power of 2.
  public var pasidEntries: Int
  /// Interrupt entries kept; a power of 2; 0 for none.
  public var interruptEntries: Int

  public init(
    isEnabled: Bool = true, iotlbEntries: Int = 1024, largePageEntries: Int = 64,
    pagingStructureEntries: Int = 256, contextEntries: Int = 256, pasidEntries: Int = 256,
    interruptEntries: Int = 256
  ) {
    self.isEnabled = isEnabled
    self.iotlbEntries = iotlbEntries
    self.largePageEntries = largePageEntries
    self.pagingStructureEntries = pagingStructureEntries
    self.contextEntries = contextEntries
    self.pasidEntries = pasidEntries
    self.interruptEntries = interruptEntries
  }

  /// No caches.
  public static let off = CacheConfiguration(isEnabled: false)
}

/// What a unit is: its capabilities, where it sits, how it differs.
public struct UnitConfiguration: Hashable, Sendable {
  /// Where the machine maps the registers.
  public var registerBase: PhysicalAddress
  public var version: VersionRegister
  public var capability: Capability
  public var extendedCapability: ExtendedCapability
  /// Address bits of the platform (the DMAR table's host address width), 32 to 52: higher address
  /// bits in tables are reserved.
  public var hostAddressWidth: Int
  public var quirks: UnitQuirks
  public var caches: CacheConfiguration

  public init(
    capability: Capability, extendedCapability: ExtendedCapability,
    registerBase: PhysicalAddress = PhysicalAddress(rawValue: 0xfed9_0000),
    version: VersionRegister = VersionRegister(rawValue: 0x10), hostAddressWidth: Int = 52,
    quirks: UnitQuirks = [], caches: CacheConfiguration = CacheConfiguration()
  ) {
    self.registerBase = registerBase
    self.version = version
    self.capability = capability
    self.extendedCapability = extendedCapability
    self.hostAddressWidth = hostAddressWidth
    self.quirks = quirks
    self.caches = caches
  }

  /// A unit with the raw values that a kernel prints at boot: `cap d2008c22260206 ecap f00f4a`.
  public init(cap: UInt64, ecap: UInt64) {
    self.init(
      capability: Capability(rawValue: cap), extendedCapability: ExtendedCapability(rawValue: ecap))
  }

  /// Every register that the unit has, by offset.
  public var registers: [RegisterDescription] {
    RegisterMap.registers(capability: capability, extendedCapability: extendedCapability)
  }
}
