import VTdFormats

/// The context cache and the PASID cache (VT-d specification 6.2.2, 6.2.3), with what goes with
/// them under one lock: the address spaces.
///
/// With CAP.CM entries that are not present, or bad, are kept as well, and the fault comes again
/// until software has dropped them: context entries bear domain-id 0 then (6.1), entries of the
/// PASID cache any. What could not be read is not kept.
struct EntryCaches {
  var spaces = AddressSpaces()
  private(set) var contexts: [ContextSlot?]
  private(set) var pasids: [PASIDSlot?]

  struct ContextSlot {
    let source: UInt16
    /// Legacy mode: the outcome. Scalable mode: its flags only.
    let context: RequestContext
    /// Scalable mode: the entry.
    let entry: ScalableContextEntry
    let isScalable: Bool
    /// Not 0 for an entry that faults.
    let reason: UInt8
    /// QEMU: the PASID entry through which the device got past the unit.
    var passThrough: PASIDTableEntry?
  }

  struct PASIDSlot {
    let source: UInt16
    let pasid: UInt32
    let domain: UInt16
    /// FPD of directory and entry.
    let isSilent: Bool
    let entry: PASIDTableEntry
    /// Not 0 for an entry that faults.
    let reason: UInt8
  }

  init(_ configuration: CacheConfiguration) {
    contexts = Array(repeating: nil, count: configuration.contextEntries)
    pasids = Array(repeating: nil, count: configuration.pasidEntries)
  }

  /// The context for a request, from the caches or from memory; a reason other than 0 is a fault.
  mutating func find(
    _ request: DMARequest, root: RootTableAddress, _ walker: inout Walker<SilentObserver>,
    _ context: inout RequestContext
  ) -> UInt8 {
    switch root.mode {
    case .legacy where request.pasid == nil:
      return findLegacy(request, root: root, &walker, &context)
    case .scalable where walker.environment.pointee.extended[flag: .scalableMode]:
      return findScalable(request, root: root, &walker, &context)
    default:
      return walker.findContext(request, root: root, &context)
    }
  }

  private mutating func findLegacy(
    _ request: DMARequest, root: RootTableAddress, _ walker: inout Walker<SilentObserver>,
    _ context: inout RequestContext
  ) -> UInt8 {
    let source = request.source.rawValue
    let slot = Int(source) & (contexts.count - 1)
    if let cached = contexts[slot], cached.source == source, !cached.isScalable {
      context = cached.context
      return cached.reason
    }
    let reason = walker.findLegacyContext(request, root: root, &context)
    if Self.keeps(reason, walker) {
      contexts[slot] = ContextSlot(
        source: source, context: context, entry: ScalableContextEntry(), isScalable: false,
        reason: reason)
    }
    return reason
  }

  private mutating func findScalable(
    _ request: DMARequest, root: RootTableAddress, _ walker: inout Walker<SilentObserver>,
    _ context: inout RequestContext
  ) -> UInt8 {
    context.flags = .scalable
    let source = request.source.rawValue
    let slot = Int(source) & (contexts.count - 1)
    var entry = ScalableContextEntry()
    if walker.hasQuirk(.scalableEntriesUnchecked) {
      return findUncachedPASID(request, root: root, &walker, &context)
    }
    if let cached = contexts[slot], cached.source == source, cached.isScalable {
      entry = cached.entry
      if cached.reason != 0 {
        context = cached.context
        return walker.scalableReason(cached.reason, &context)
      }
    } else {
      let reason = walker.readScalableContext(request.source, root: root, &entry, &context)
      if Self.keeps(reason, walker) {
        contexts[slot] = ContextSlot(
          source: source, context: context, entry: entry, isScalable: true, reason: reason)
      }
      if reason != 0 { return walker.scalableReason(reason, &context) }
    }
    let unusable = walker.useScalableContext(entry, request, &context)
    if unusable != 0 { return unusable }
    return findPASID(source: source, entry, &walker, &context)
  }

  /// QEMU keeps a context entry once the PASID entry behind it was good, and reads directory and
  /// PASID entry each time. But a device whose requests pass through is led past the unit, and back
  /// only when its context entry is invalidated: PASID-cache invalidations do nothing.
  private mutating func findUncachedPASID(
    _ request: DMARequest, root: RootTableAddress, _ walker: inout Walker<SilentObserver>,
    _ context: inout RequestContext
  ) -> UInt8 {
    let source = request.source.rawValue
    let slot = Int(source) & (contexts.count - 1)
    var entry = ScalableContextEntry()
    var isCached = false
    var passThrough: PASIDTableEntry?
    if let cached = contexts[slot], cached.source == source, cached.isScalable {
      entry = cached.entry
      isCached = true
      passThrough = cached.passThrough
    } else {
      let reason = walker.readScalableContext(request.source, root: root, &entry, &context)
      if reason != 0 { return walker.scalableReason(reason, &context) }
    }
    var kept = ContextSlot(
      source: source, context: context, entry: entry, isScalable: true, reason: 0)
    let unusable = walker.useScalableContext(entry, request, &context)
    if unusable != 0 { return unusable }
    if let passThrough { return walker.usePASIDEntry(passThrough, &context) }
    var pasidEntry = PASIDTableEntry()
    let reason = walker.readPASIDEntry(entry, &pasidEntry, &context)
    if reason != 0 { return reason }
    if pasidEntry.translationType == .passThrough {
      kept.passThrough = pasidEntry
      isCached = false
    }
    if !isCached { contexts[slot] = kept }
    return walker.usePASIDEntry(pasidEntry, &context)
  }

  private mutating func findPASID(
    source: UInt16, _ contextEntry: ScalableContextEntry, _ walker: inout Walker<SilentObserver>,
    _ context: inout RequestContext
  ) -> UInt8 {
    let slot = (Int(source) ^ Int(context.pasid)) & (pasids.count - 1)
    if let cached = pasids[slot], cached.source == source, cached.pasid == context.pasid {
      if cached.isSilent { context.flags.insert(.faultProcessingDisabled) }
      if cached.reason != 0 { return cached.reason }
      return walker.usePASIDEntry(cached.entry, &context)
    }
    let wasSilent = context.flags.contains(.faultProcessingDisabled)
    var entry = PASIDTableEntry()
    let reason = walker.readPASIDEntry(contextEntry, &entry, &context)
    if Self.keeps(reason, walker) {
      pasids[slot] = PASIDSlot(
        source: source, pasid: context.pasid, domain: entry.domain.rawValue,
        isSilent: !wasSilent && context.flags.contains(.faultProcessingDisabled), entry: entry,
        reason: reason)
    }
    if reason != 0 { return reason }
    return walker.usePASIDEntry(entry, &context)
  }

  /// Whether what a look-up came to is kept: what is good always, the rest with CAP.CM.
  private static func keeps(_ reason: UInt8, _ walker: Walker<SilentObserver>) -> Bool {
    reason == 0
      || walker.environment.pointee.cachesFaults && !FaultReason(rawValue: reason).isReadFailure
  }

  /// Forgets context entries. Scalable ones have no domain-id, so a domain takes them all.
  mutating func removeContexts(_ selection: ContextSelection) {
    for slot in contexts.indices {
      guard let cached = contexts[slot] else { continue }
      let goes =
        switch selection {
        case .global: true
        case .domain(let domain): cached.isScalable || cached.context.domain == domain
        case .device(let source, let mask): (cached.source ^ source) & ~mask == 0
        }
      if goes { contexts[slot] = nil }
    }
  }

  /// Forgets PASID entries.
  mutating func removePASIDs(_ selection: PASIDSelection) {
    for slot in pasids.indices {
      guard let cached = pasids[slot] else { continue }
      let goes =
        switch selection {
        case .global: true
        case .domain(let domain): cached.reason != 0 || cached.domain == domain
        case .pasid(let domain, let pasid):
          (cached.reason != 0 || cached.domain == domain) && cached.pasid == pasid
        }
      if goes { pasids[slot] = nil }
    }
  }

  mutating func removeAll() {
    removeContexts(.global)
    removePASIDs(.global)
  }
}

/// Which context entries an invalidation names (VT-d specification 6.5.1.1).
enum ContextSelection {
  case global
  case domain(UInt16)
  /// The bits of `ignoring` do not count: the function mask.
  case device(UInt16, ignoring: UInt16)

  /// The source-id bits that FM leaves out: none, bit 2, bits 2:1, bits 2:0.
  static func functionMask(_ code: UInt64) -> UInt16 {
    switch code & 3 {
    case 0: 0
    case 1: 4
    case 2: 6
    default: 7
    }
  }
}

/// Which PASID entries an invalidation names (VT-d specification 6.5.2.2).
enum PASIDSelection {
  case global
  case domain(UInt16)
  case pasid(UInt16, UInt32)
}
