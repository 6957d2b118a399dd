import Synchronization
import VTdFormats

/// Everything that a unit remembers of the tables in memory.
///
/// Threads look up without a lock. Whoever invalidates holds ``entries``' lock and moves
/// ``generation`` on before it drops anything, so that a walk which began earlier cannot bring the
/// old translation back: it compares the generation when it fills.
final class TranslationCaches: Sendable {
  let isEnabled: Bool
  let requesters: RequesterCache
  let iotlb: SetCache
  /// Pages of 2 MiB and 1 GiB, each once and whole; the 4 KiB of them that are in use are in the
  /// IOTLB as well.
  let largePages: SetCache
  let pagingStructures: TableCache
  let hasPagingStructures: Bool
  let generation = Atomic<UInt64>(0)
  /// Bit 1: pages of 2 MiB are cached; bit 2: pages of 1 GiB; bit 0: parts of one may be in the IOTLB
  /// that is no longer in ``largePages``.
  ///
  /// A bit is set before the page is kept, and read after ``generation`` has moved on: so whoever
  /// invalidates sees the bit, or the page is not kept.
  let largeSizes = Atomic<UInt64>(0)
  let entries: UnitLock<EntryCaches>

  init(_ configuration: CacheConfiguration) {
    isEnabled = configuration.isEnabled
    requesters = RequesterCache(
      count: max(configuration.contextEntries, configuration.pasidEntries))
    iotlb = SetCache(entries: configuration.iotlbEntries)
    largePages = SetCache(entries: configuration.largePageEntries)
    hasPagingStructures = configuration.pagingStructureEntries > 0
    pagingStructures = TableCache(count: max(configuration.pagingStructureEntries, 1))
    entries = UnitLock(EntryCaches(configuration))
  }

  deinit {
    requesters.deallocate()
    iotlb.deallocate()
    largePages.deallocate()
    pagingStructures.deallocate()
  }
}

extension TranslationCaches {
  /// Walks that began before keep nothing any more.
  @inline(__always)
  func moveOn() { generation.wrappingAdd(1, ordering: .sequentiallyConsistent) }

  /// A page of 4 KiB, or so much of a larger one; nil if there is none.
  @inline(__always)
  func findPage(_ request: DMARequest, space: UInt64) -> CachedPage? {
    iotlb.find(SetCache.Key(request.iova, kind: 0, space: space)).map(CachedPage.init)
  }

  /// The 4 KiB that a request asks for of a page of 2 MiB or 1 GiB, if it may have them; from then on
  /// the IOTLB has them, where one look-up finds a page of any size. `sizes` is ``largeSizes``.
  @inline(never)
  func part(for request: DMARequest, space: UInt64, _ sizes: UInt64, seen: UInt64) -> CachedPage? {
    var kind: UInt64 = 1
    while kind <= 2 {
      if sizes & 1 &<< kind != 0,
        let word = largePages.find(SetCache.Key(request.iova, kind: kind, space: space))
      {
        let page = CachedPage(word: word)
        if page.allows(request) {
          let part = page.part(at: request.iova)
          keepPart(part, request, space: space, seen: seen)
          return part
        }
      }
      kind &+= 1
    }
    return nil
  }

  private func keepPart(_ part: CachedPage, _ request: DMARequest, space: UInt64, seen: UInt64) {
    iotlb.fill(
      SetCache.Key(request.iova, kind: 0, space: space), part.word, generation, seen: seen)
  }

  /// Keeps a page.
  ///
  /// Pages that reach into the interrupt range are not kept: there a request without PASID is no
  /// memory access at all, and the look-up does not ask. Nor are large pages that map to it, for
  /// part of such a page is a fault.
  func keep(_ request: DMARequest, space: UInt64, _ page: CachedPage, seen: UInt64) {
    let kind = (page.word &>> PageFlags.sizeShift) & 3
    let key = SetCache.Key(request.iova, kind: kind, space: space)
    if PageFlags.holdsInterruptRange(request.iova, shift: key.shift) { return }
    if kind != 0 {
      if PageFlags.holdsInterruptRange(page.word & PageFlags.addressMask, shift: key.shift) {
        return
      }
      largeSizes.bitwiseOr(1 &<< kind, ordering: .sequentiallyConsistent)
      largePages.fill(key, page.word, generation, seen: seen) {
        largeSizes.bitwiseOr(1, ordering: .sequentiallyConsistent)
      }
      keepPart(page.part(at: request.iova), request, space: space, seen: seen)
      return
    }
    iotlb.fill(key, page.word, generation, seen: seen)
  }

  /// The table that holds an address's leaf, if it is cached, as table address and permissions,
  /// with the level of its entries; nil if the walk starts at the top.
  ///
  /// Only tables with leaves are kept; those of large pages are asked for where such pages are in
  /// use (`sizes` is ``largeSizes``).
  @inline(__always)
  func findTable(
    _ address: UInt64, space: UInt64, _ sizes: UInt64
  ) -> (data: UInt64, level: Int)? {
    if !hasPagingStructures { return nil }
    var kind: UInt64 = 0
    while kind == 0 || (kind < 3 && sizes &>> kind != 0) {
      let place = pagingStructures.place(
        SetCache.Key(address, kind: kind, tables: true, space: space))
      if let data = place.find(space) {
        return (data, Int(truncatingIfNeeded: kind) &+ 1)
      }
      kind &+= 1
    }
    return nil
  }

  /// Keeps the table at `level` on the way to an address.
  func keepTable(_ address: UInt64, space: UInt64, level: Int, data: UInt64, seen: UInt64) {
    if !hasPagingStructures { return }
    let key = SetCache.Key(address, kind: UInt64(level - 1), tables: true, space: space)
    pagingStructures.place(key).fill(data, space: space, generation, seen: seen)
  }
}
