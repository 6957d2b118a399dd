import PhysicalMemory
import VTdFormats

/// The constants of one unit that a walk needs, worked out once from its configuration.
///
/// A trivial struct behind one pointer: nothing here is reference counted, and reserved bits are
/// masks by level instead of rules to apply.
struct WalkEnvironment {
  let memory: MemoryView
  let plainMemory: PlainMemory
  let capability: Capability
  let extended: ExtendedCapability
  let quirks: UnitQuirks
  /// CAP.CM: what is not present, or wrong, may be cached.
  let cachesFaults: Bool
  /// MGAW as a mask of the bits that an address must not have.
  let beyondMGAW: UInt64
  /// Address bits at and above the host address width.
  let beyondHost: UInt64
  /// Reserved bits of second-stage entries, at `level * 2 + (leaf ? 1 : 0)`, 12 words.
  let secondStageReserved: UnsafeMutablePointer<UInt64>
  /// What a second-stage entry must not have to be good at first sight: its reserved bits; every
  /// bit where a quirk wants each entry judged.
  let secondStageSuspect: UnsafeMutablePointer<UInt64>
  /// Reserved bits of first-stage entries, at the same places.
  let firstStageReserved: UnsafeMutablePointer<UInt64>
  let secondStagePlain: PlainMasks
  let firstStagePlain: PlainMasks
  let rootReserved: (low: UInt64, high: UInt64)
  let contextReserved: (low: UInt64, high: UInt64)
  let scalableRootReserved: (low: UInt64, high: UInt64)
  let scalableContextReserved: SIMD4<UInt64>
  let directoryReserved: UInt64
  /// Without the pointers' bits beyond the host address width: only the used ones count.
  let pasidReserved: SIMD8<UInt64>

  init(_ configuration: UnitConfiguration, memory: MemoryView) {
    self.memory = memory
    plainMemory = PlainMemory(memory)
    let cap = configuration.capability
    let ecap = configuration.extendedCapability
    let width = configuration.hostAddressWidth
    let allowsTransientMapping =
      ecap[flag: .deviceTLB] && !configuration.quirks.contains(.transientMappingReserved)
    let allowsSnoopBit =
      ecap[flag: .snoopControl]
      || ecap[flag: .scalableMode] && configuration.quirks.contains(.snoopBitInScalableMode)
    capability = cap
    extended = ecap
    quirks = configuration.quirks
    cachesFaults =
      cap[flag: .cachingMode] && !configuration.quirks.contains(.neverCachesFaults)
    beyondMGAW =
      cap.maximumGuestAddressWidth >= 64 ? 0 : ~0 << UInt64(cap.maximumGuestAddressWidth)
    beyondHost = ~0 << UInt64(width)
    secondStageReserved = Self.masks { index in
      let level = index / 2
      return level == 0
        ? 0
        : SecondStageEntry.reservedMask(
          level: level, leaf: index % 2 == 1, hostAddressWidth: width,
          snoopControl: allowsSnoopBit, transientMapping: allowsTransientMapping,
          largePages: cap.supportsSecondStageLargePage(level: level))
    }
    let judgesAll = configuration.quirks.contains(.permissionBeforeReserved)
    let reserved = secondStageReserved
    secondStageSuspect = Self.masks { judgesAll ? ~0 : reserved[$0] }
    firstStageReserved = Self.masks { index in
      let level = index / 2
      return level == 0
        ? 0
        : FirstStageEntry.reservedMask(
          level: level, leaf: index % 2 == 1, hostAddressWidth: width,
          // First-stage pages of 2 MiB always exist; those of 1 GiB are CAP.FS1GP.
          largePages: level == 2 || cap[flag: .firstStage1GiBPages])
    }
    secondStagePlain = PlainMasks(secondStageSuspect)
    // With the same quirk no first-stage walk is plain either.
    firstStagePlain = judgesAll ? .all : PlainMasks(firstStageReserved)
    // Pointers in entries must not go beyond the host address width either.
    let beyond: UInt64 = ~0 << UInt64(width)
    rootReserved = (
      RootEntry.reservedMask(word: 0) | beyond & BitField<RootEntry>.contextTable.mask,
      RootEntry.reservedMask(word: 1)
    )
    contextReserved = (
      ContextEntry.reservedMask(word: 0) | beyond & BitField<ContextEntry>.secondStageTable.mask,
      ContextEntry.reservedMask(word: 1)
    )
    scalableRootReserved = (
      ScalableRootEntry.reservedMask(word: 0)
        | beyond & BitField<ScalableRootEntry>.lowerContextTable.mask,
      ScalableRootEntry.reservedMask(word: 1)
        | beyond & BitField<ScalableRootEntry>.upperContextTable.mask
    )
    directoryReserved =
      PASIDDirectoryEntry.reservedMask(word: 0)
      | beyond & BitField<PASIDDirectoryEntry>.pasidTable.mask
    var context = SIMD4<UInt64>()
    for word in 0..<4 { context[word] = ScalableContextEntry.reservedMask(word: word) }
    context[0] |= beyond & BitField<ScalableContextEntry>.pasidDirectory.mask
    scalableContextReserved = context
    pasidReserved = Self.pasidReserved(cap, ecap)
  }

  private static func masks(_ mask: (Int) -> UInt64) -> UnsafeMutablePointer<UInt64> {
    let masks = UnsafeMutablePointer<UInt64>.allocate(capacity: 12)
    for index in 0..<12 { masks[index] = mask(index) }
    return masks
  }

  /// Frees the masks.
  func deallocate() {
    secondStageReserved.deallocate()
    secondStageSuspect.deallocate()
    firstStageReserved.deallocate()
  }

  /// Reserved bits of a PASID entry: those without a field, and the fields of features that the
  /// unit lacks.
  private static func pasidReserved(_ cap: Capability, _ ecap: ExtendedCapability) -> SIMD8<UInt64>
  {
    var entry = PASIDTableEntry()
    for word in 0..<8 { entry[word: word] = PASIDTableEntry.reservedMask(word: word) }
    let features: [(BitField<PASIDTableEntry>, Bool)] = [
      (.secondStageAccessedDirty, ecap[flag: .secondStageAccessedDirty]),
      (.pageWalkSnoop, ecap[flag: .scalableModePageWalkCoherency]),
      (.pageSnoop, ecap[flag: .snoopControl]),
      (.supervisorRequests, ecap[flag: .supervisorRequests]),
      (.executeRequests, ecap[flag: .executeRequests]),
      (.extendedAccessedFlag, ecap[flag: .extendedAccessedFlag]),
    ]
    for (field, isSupported) in features where !isSupported { entry[flag: field] = true }
    return entry.storage
  }
}
