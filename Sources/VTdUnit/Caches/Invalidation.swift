import Synchronization
import VTdFormats

// Invalidations by every granularity (VT-d specification 6.5). Registers and queue end here.
//
// Generation first, then what could feed a walk, then what a walk feeds, and the generation again
// from each to the next: see TranslationCaches.
extension RemappingUnit {
  /// Drops all that is cached.
  func dropEverything() { caches.entries.withLock { dropEverything(&$0) } }

  func dropEverything(_ entries: inout EntryCaches) {
    caches.moveOn()
    entries.removeAll()
    entries.spaces.restart()
    requesters.removeAll()
    caches.pagingStructures.removeAll()
    caches.largeSizes.store(0, ordering: .sequentiallyConsistent)
    caches.moveOn()
    caches.largePages.removeAll()
    caches.moveOn()
    iotlb.removeAll()
  }

  /// Empties the hit path's first step; what lies behind it stays.
  func forgetRequesters() { caches.entries.withLock { _ in requesters.removeAll() } }

  /// Drops context entries.
  func invalidateContexts(_ selection: ContextSelection) {
    var selection = selection
    if case .domain = selection,
      configuration.quirks.contains(.domainContextInvalidationIsGlobal)
    {
      selection = .global
    }
    caches.entries.withLock { entries in
      entries.removeContexts(selection)
      requesters.removeAll()
    }
  }

  /// Drops PASID entries.
  func invalidatePASIDs(_ selection: PASIDSelection) {
    caches.entries.withLock { entries in
      entries.removePASIDs(selection)
      requesters.removeAll()
    }
  }

  /// Drops all translations: their spaces are forgotten, so no table is searched.
  func invalidateTranslations() {
    caches.entries.withLock { entries in
      entries.spaces.removeAll()
      requesters.removeAll()
      // What a late walk still keeps is of a space that nobody asks for.
      caches.largeSizes.store(0, ordering: .sequentiallyConsistent)
    }
  }

  /// Drops a domain's translations, of every stage and PASID.
  func invalidateTranslations(domain: UInt16) {
    caches.entries.withLock { entries in
      entries.spaces.remove(domain: domain)
      requesters.removeAll()
    }
  }

  /// Drops 2^`mask` pages of a domain's second stage, and all its first-stage and nested
  /// translations: the address is not one of theirs (VT-d specification 6.5.2.3).
  ///
  /// With `leavesOnly` (IH) the paging-structure caches are kept. A range of more pages than it is
  /// worth looking for drops the whole second stage: hardware may always drop more.
  func invalidatePages(domain: UInt16, address: UInt64, mask: UInt64, leavesOnly: Bool) {
    caches.entries.withLock { entries in
      var requestersChanged = entries.spaces.removeProcesses(domain: domain)
      let space = entries.spaces.secondStageSpace(domain: domain)
      if mask > Self.largestSearch {
        entries.spaces.removeSecondStage(domain: domain)
        requestersChanged = true
      } else if space != 0 {
        dropPages(space, address: address, mask: mask, leavesOnly: leavesOnly)
      }
      if requestersChanged { requesters.removeAll() }
    }
  }

  /// Drops the pages of pass-through: protected memory has changed, which they were checked against.
  func invalidatePassThrough() {
    caches.entries.withLock { entries in
      entries.spaces.removePassThrough()
      requesters.removeAll()
    }
  }

  /// Drops one PASID's translations.
  func invalidateTranslations(domain: UInt16, pasid: UInt32) {
    caches.entries.withLock { entries in
      if entries.spaces.remove(domain: domain, pasid: pasid) { requesters.removeAll() }
    }
  }

  /// Drops 2^`mask` pages of one PASID's first stage.
  func invalidatePages(
    domain: UInt16, pasid: UInt32, address: UInt64, mask: UInt64, leavesOnly: Bool
  ) {
    caches.entries.withLock { entries in
      if mask > Self.largestSearch {
        if entries.spaces.remove(domain: domain, pasid: pasid) { requesters.removeAll() }
        return
      }
      entries.spaces.forEach(domain: domain, pasid: pasid) { space in
        dropProcessPages(space, address: address, mask: mask, leavesOnly: leavesOnly)
      }
    }
  }

  /// 2^6 pages are looked for one by one.
  private static var largestSearch: UInt64 { 6 }

  /// Drops the entries of every size that map part of a range.
  @inline(__always)
  private func dropPages(_ space: UInt64, address: UInt64, mask: UInt64, leavesOnly: Bool) {
    caches.moveOn()
    let sizes = caches.largeSizes.load(ordering: .sequentiallyConsistent)
    if mask | sizes != 0 {
      dropRange(space, address, mask, leavesOnly: leavesOnly, sizes)
      return
    }
    if !leavesOnly {
      caches.pagingStructures.remove(
        SetCache.Key(address, kind: 0, tables: true, space: space))
      caches.moveOn()
    }
    iotlb.remove(SetCache.Key(address, kind: 0, space: space))
  }

  @inline(never)
  private func dropProcessPages(
    _ space: UInt64, address: UInt64, mask: UInt64, leavesOnly: Bool
  ) {
    dropPages(space, address: address, mask: mask, leavesOnly: leavesOnly)
  }

  /// More than one page, or where there are large pages.
  @inline(never)
  private func dropRange(
    _ space: UInt64, _ address: UInt64, _ mask: UInt64, leavesOnly: Bool, _ sizes: UInt64
  ) {
    // A canonical address's copies of its highest bit are part of a first-stage tag.
    let first = address & ~((4096 &<< mask) &- 1)
    let last = first &+ ((4096 &<< mask) &- 1)
    if !leavesOnly {
      var kind: UInt64 = 0
      while kind == 0 || (kind < 3 && sizes &>> kind != 0) {
        forEachKey(space, first, last, kind: kind, tables: true) {
          caches.pagingStructures.remove($0)
        }
        kind &+= 1
      }
      caches.moveOn()
    }
    var hasParts = sizes & 1 != 0
    var kind: UInt64 = 1
    while kind < 3 {
      if sizes & 1 &<< kind != 0 {
        forEachKey(space, first, last, kind: kind) {
          if caches.largePages.remove($0) { hasParts = true }
        }
      }
      kind &+= 1
    }
    caches.moveOn()
    forEachKey(space, first, last, kind: 0) { iotlb.remove($0) }
    if hasParts { dropParts(space, first, last) }
  }

  /// Drops the parts of every large page that maps part of a range. They may be anywhere, so all
  /// sets are searched; where no large page is touched this is not called.
  @inline(never)
  private func dropParts(_ space: UInt64, _ first: UInt64, _ last: UInt64) {
    iotlb.removeAll { tag, data in
      let page = CachedPage(word: data)
      if !page.isPart || !SetCache.isData(data, of: space) { return false }
      let inside = (1 &<< PageFlags.shift(data)) &- 1 as UInt64
      let begin = (tag ^ space) & ~inside
      return begin <= last && first <= begin | inside
    }
  }

  /// What of one size covers part of a range.
  @inline(__always)
  private func forEachKey(
    _ space: UInt64, _ first: UInt64, _ last: UInt64, kind: UInt64, tables: Bool = false,
    _ body: (SetCache.Key) -> Void
  ) {
    var address = first
    while true {
      let key = SetCache.Key(address, kind: kind, tables: tables, space: space)
      body(key)
      let end = address | ((1 &<< key.shift) &- 1)
      if end >= last { return }
      address = end &+ 1
    }
  }
}
