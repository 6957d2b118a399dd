import Synchronization
import VTdFormats

/// For those who look on: nothing here changes a cache, and nothing of it is on the way of a request.
extension RemappingUnit {
  /// The translation that the caches hold for a request; nil where they have none, so that the tables
  /// are asked.
  public func cachedTranslation(of request: DMARequest) -> CachedTranslation? {
    guard caches.isEnabled, request.addressType == .untranslated else { return nil }
    let control = control.load(ordering: .acquiring)
    if withoutTables(request, control) != nil { return nil }
    return caches.entries.withLock { entries in
      var walker = Walker(environment, updatesMemory: false, observer: SilentObserver())
      var context = RequestContext()
      let space: UInt64
      if let known = requesters.context(request) {
        (context, space) = known
      } else {
        // A look-up keeps what it finds: in a copy here.
        var copy = entries
        let root = RootTableAddress(rawValue: control & ControlBits.root)
        if copy.find(request, root: root, &walker, &context) != 0 { return nil }
        space = entries.spaces.known(
          for: context, supervisor: walker.isSupervisor(request, context))
      }
      if space == 0 { return nil }
      return find(request, space: space, context)
    }
  }

  private func find(
    _ request: DMARequest, space: UInt64, _ context: RequestContext
  ) -> CachedTranslation? {
    var kind: UInt64 = 0
    while kind < 3 {
      let cache = kind == 0 ? iotlb : caches.largePages
      if let word = cache.find(SetCache.Key(request.iova, kind: kind, space: space)) {
        let isProcess = !context.flags.isDisjoint(with: [.firstStage, .passThrough])
        return Self.translation(
          word, at: request.iova & ~((1 &<< (12 &+ 9 &* kind)) &- 1), domain: context.domain,
          pasid: isProcess ? context.pasid : nil, passes: context.flags.contains(.passThrough))
      }
      kind &+= 1
    }
    return nil
  }

  /// All that the IOTLB holds and a request could still find, by domain, PASID and address. A page
  /// larger than 4 KiB comes as the parts of it that are in use.
  public var cachedTranslations: [CachedTranslation] {
    let spaces: [UInt64: (domain: UInt16, pasid: UInt32?, passes: Bool)] =
      caches.entries.withLock { entries in
        var spaces: [UInt64: (domain: UInt16, pasid: UInt32?, passes: Bool)] = [:]
        entries.spaces.forEachSpace { spaces[$0] = ($1, $2, $3) }
        return spaces
      }
    if spaces.isEmpty { return [] }
    var found: [CachedTranslation] = []
    iotlb.forEach { tag, data in
      let space = tag & 0x1ff | (data >> 55) << 12
      guard let owner = spaces[space] else { return }
      found.append(
        Self.translation(
          data, at: (tag ^ space).pageStart, domain: owner.domain, pasid: owner.pasid,
          passes: owner.passes))
    }
    return found.sorted {
      ($0.domain?.rawValue ?? 0, $0.pasid?.rawValue ?? 0, $0.address.rawValue)
        < ($1.domain?.rawValue ?? 0, $1.pasid?.rawValue ?? 0, $1.address.rawValue)
    }
  }

  private static func translation(
    _ word: UInt64, at address: UInt64, domain: UInt16, pasid: UInt32?, passes: Bool
  ) -> CachedTranslation {
    let page = CachedPage(word: word)
    return CachedTranslation(
      domain: DomainID(rawValue: domain), pasid: pasid.map { PASID(rawValue: $0) },
      address: IOVA(rawValue: address),
      page: TranslatedPage(
        address: PhysicalAddress(rawValue: word & PageFlags.addressMask),
        flags: word & PageFlags.mask),
      isMissing: page.isMissing, isPassThrough: passes)
  }
}

extension SetCache {
  /// Hands out the tag and the data of every entry. For those who look on: what changes meanwhile may
  /// be missed.
  fileprivate func forEach(_ body: (UInt64, UInt64) -> Void) {
    for position in 0..<setCount {
      let set = set(at: UInt64(position * CacheSet.ways))
      for way in 0..<CacheSet.ways where !set.isEmpty(way) {
        body(
          set.words[1 &+ way].load(ordering: .acquiring),
          set.words[3 &+ way].load(ordering: .acquiring))
      }
    }
  }
}
