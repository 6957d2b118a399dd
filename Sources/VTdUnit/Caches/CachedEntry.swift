import Synchronization
public import VTdFormats

/// One entry that a unit remembers beside its translations: of the context cache, the PASID cache, the
/// paging-structure caches or the interrupt-entry cache (VT-d specification 6.2, 6.3).
public struct CachedEntry: Hashable, Sendable {
  /// Which cache holds an entry.
  public enum Cache: Hashable, Sendable, CaseIterable {
    /// Context entries, by source-id.
    case context
    /// PASID entries, by source-id and PASID.
    case pasid
    /// Tables that hold leaves, by domain, PASID and the addresses that they cover.
    case pagingStructure
    /// Interrupt entries, by index.
    case interruptEntry
  }

  /// Which cache holds it.
  public let cache: Cache
  /// Whose context or PASID entry it is.
  public var source: SourceID?
  /// The domain that a legacy context entry or a PASID entry gives, or whose table it is.
  public var domain: DomainID?
  /// The PASID; nil for what is told by no PASID.
  public var pasid: PASID?
  /// The first address that a table covers.
  public var address: IOVA?
  /// How many bytes a table covers.
  public var byteCount: UInt64?
  /// Which interrupt entry it is.
  public var index: UInt32?
  /// Where a context or PASID entry leads: the PASID directory, or the top table of the first stage where
  /// there is one, of the second where not; nil where requests pass through. For a table, where it lies.
  public var target: PhysicalAddress?
  /// What all entries above a table allow.
  public var permissions: Permissions?
  /// The words of an interrupt entry, the lowest first; empty for the others.
  public var words: [UInt64] = []
  /// Why it is remembered as one that faults (CAP.CM); nil for a good one.
  public var reason: FaultReason?

  init(_ cache: Cache) { self.cache = cache }

  /// The cache and what finds an entry in it, whatever it says.
  public struct Key: Hashable, Sendable {
    let cache: Cache
    let place: UInt64
    let domain: UInt16?
    let pasid: UInt32?
    let byteCount: UInt64?
  }

  /// What names the entry among those of one unit.
  public var key: Key {
    let place =
      source.map { UInt64($0.rawValue) } ?? address?.rawValue ?? index.map { UInt64($0) } ?? 0
    return Key(
      cache: cache, place: place, domain: cache == .pagingStructure ? domain?.rawValue : nil,
      pasid: pasid?.rawValue, byteCount: byteCount)
  }
}

extension CachedEntry: CustomStringConvertible {
  /// What finds it, and what it says: `context 00:03.0 -> domain 1, 0x20100000`.
  public var description: String {
    var text =
      switch cache {
      case .context: "context"
      case .pasid: "PASID entry"
      case .pagingStructure: "table"
      case .interruptEntry: "interrupt entry"
      }
    if let source { text += " \(source)" }
    if let address { text += " 0x\(hex(address.rawValue))" }
    if let index { text += " \(index)" }
    if let pasid { text += " PASID 0x\(hex(UInt64(pasid.rawValue)))" }
    text += " ->"
    if let domain { text += " domain \(domain.rawValue)," }
    if let reason { return text + " \(reason)" }
    if let target { return text + " 0x\(hex(target.rawValue))" }
    return text + (words.isEmpty ? " as it is" : " 0x\(hex(words[0], digits: 16))")
  }
}

/// For those who look on: nothing here changes a cache, and nothing of it is on the way of a request.
extension RemappingUnit {
  /// What the caches hold for a request beside its translation: the context entry, the PASID entry, the
  /// table with its leaf.
  public func cachedEntries(for request: DMARequest) -> [CachedEntry] {
    guard caches.isEnabled, request.addressType == .untranslated else { return [] }
    let sizes = caches.largeSizes.load(ordering: .relaxed)
    return caches.entries.withLock { entries in
      var found: [CachedEntry] = []
      let known = requesters.context(request)
      // Without a PASID it is the context entry's RID_PASID, which the requester's slot has; while it has
      // none, each PASID entry of the device may be meant.
      let pasid = request.pasid ?? known.map { PASID(rawValue: $0.0.pasid) }
      entries.forEachContext { if $0.source == request.source { found.append($0) } }
      entries.forEachPASID {
        if $0.source == request.source, pasid == nil || $0.pasid == pasid { found.append($0) }
      }
      if let (context, space) = known,
        let table = caches.findTable(request.iova, space: space, sizes)
      {
        let size: UInt64 = 1 &<< UInt64(12 &+ 9 &* table.level)
        found.append(
          Self.table(
            table.data, at: request.iova & ~(size &- 1), byteCount: size, domain: context.domain,
            pasid: context.flags.contains(.firstStage) ? context.pasid : nil))
      }
      return found
    }
  }

  /// The interrupt entry that the cache holds for a request; nil where it holds none, or none is asked
  /// for.
  public func cachedEntry(for request: InterruptRequest) -> CachedEntry? {
    var found: CachedEntry?
    // How the entry is found is told once; that none is given ends it there.
    _ = decide(request) { index, _ in
      found = interruptEntries.withLock { cache in
        cache.find(index).map { CachedEntry(interrupt: $0, index: index) }
      }
      return nil
    }
    return found
  }

  /// All entries of these caches that a request could still find, cache by cache.
  public func cachedEntries(of kinds: Set<CachedEntry.Cache>) -> [CachedEntry] {
    var found: [CachedEntry] = []
    if caches.isEnabled {
      let spaces: [UInt64: (domain: UInt16, pasid: UInt32?)] = caches.entries.withLock { entries in
        if kinds.contains(.context) { entries.forEachContext { found.append($0) } }
        if kinds.contains(.pasid) { entries.forEachPASID { found.append($0) } }
        var spaces: [UInt64: (domain: UInt16, pasid: UInt32?)] = [:]
        if kinds.contains(.pagingStructure) {
          entries.spaces.forEachSpace { space, domain, pasid, _ in spaces[space] = (domain, pasid) }
        }
        return spaces
      }
      if !spaces.isEmpty {
        caches.pagingStructures.forEach { tag, data in
          let space = tag & 0x1ff | (data >> 55) << 12
          guard let owner = spaces[space] else { return }
          let kind = tag >> SetCache.kindShift & 3
          found.append(
            Self.table(
              data, at: (tag ^ space).pageStart, byteCount: 1 &<< (21 &+ 9 &* kind),
              domain: owner.domain, pasid: owner.pasid))
        }
      }
    }
    if kinds.contains(.interruptEntry) {
      interruptEntries.withLock { cache in
        cache.forEach { found.append(CachedEntry(interrupt: $1, index: $0)) }
      }
    }
    return found
  }

  private static func table(
    _ data: UInt64, at address: UInt64, byteCount: UInt64, domain: UInt16, pasid: UInt32?
  ) -> CachedEntry {
    var entry = CachedEntry(.pagingStructure)
    entry.domain = DomainID(rawValue: domain)
    entry.pasid = pasid.map { PASID(rawValue: $0) }
    entry.address = IOVA(rawValue: address)
    entry.byteCount = byteCount
    entry.target = PhysicalAddress(rawValue: data & BitField<SecondStageEntry>.address.mask)
    let permissions = Permissions(rawValue: UInt8(truncatingIfNeeded: data & 15))
    // The second stage knows no users, so it keeps none out.
    entry.permissions = pasid == nil ? permissions.union(.user) : permissions
    return entry
  }
}

extension CachedEntry {
  fileprivate init(interrupt entry: InterruptEntry, index: UInt32) {
    self.init(.interruptEntry)
    self.index = index
    words = entry.words
  }
}

extension TableCache {
  /// Hands out the tag and the data of every table. For those who look on: what changes meanwhile may be
  /// missed.
  fileprivate func forEach(_ body: (UInt64, UInt64) -> Void) {
    for index in 0..<count {
      let entry = words + index * Int(Self.stride)
      let tag = entry[1].load(ordering: .acquiring)
      if tag != CacheSet.emptyTag { body(tag, entry[2].load(ordering: .acquiring)) }
    }
  }
}

extension EntryCaches {
  /// Hands out every context entry.
  fileprivate func forEachContext(_ body: (CachedEntry) -> Void) {
    for slot in contexts {
      guard let slot else { continue }
      var entry = CachedEntry(.context)
      entry.source = SourceID(rawValue: slot.source)
      if slot.reason != 0 {
        entry.reason = FaultReason(rawValue: slot.reason)
      } else if slot.isScalable {
        entry.target = PhysicalAddress(rawValue: slot.entry[inPlace: .pasidDirectory])
      } else {
        entry.domain = DomainID(rawValue: slot.context.domain)
        entry.target = slot.context.top
      }
      body(entry)
    }
  }

  /// Hands out every PASID entry.
  fileprivate func forEachPASID(_ body: (CachedEntry) -> Void) {
    for slot in pasids {
      guard let slot else { continue }
      var entry = CachedEntry(.pasid)
      entry.source = SourceID(rawValue: slot.source)
      entry.pasid = PASID(rawValue: slot.pasid)
      if slot.reason != 0 {
        entry.reason = FaultReason(rawValue: slot.reason)
      } else {
        entry.domain = DomainID(rawValue: slot.domain)
        switch slot.entry.translationType {
        case .firstStage, .nested:
          entry.target = PhysicalAddress(rawValue: slot.entry[inPlace: .firstStageTable])
        case .secondStage:
          entry.target = PhysicalAddress(rawValue: slot.entry[inPlace: .secondStageTable])
        default: break
        }
      }
      body(entry)
    }
  }
}

extension RequestContext {
  /// The table at which a walk begins; nil where requests pass through.
  fileprivate var top: PhysicalAddress? {
    if flags.contains(.passThrough) { return nil }
    return PhysicalAddress(
      rawValue: flags.contains(.firstStage) ? firstStageTable : secondStageTable)
  }
}
