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
  let pagingStructures: TableCache
  let hasPagingStructures: Bool
  let generation = Atomic<UInt64>(0)
  /// Bit 1: pages of 2 MiB are cached; bit 2: pages of 1 GiB.
  let largePages = Atomic<UInt64>(0)
  let entries: UnitLock<EntryCaches>

  init(_ configuration: CacheConfiguration) {
    isEnabled = configuration.isEnabled
    requesters = RequesterCache(
      count: max(configuration.contextEntries, configuration.pasidEntries))
    iotlb = SetCache(entries: configuration.iotlbEntries)
    hasPagingStructures = configuration.pagingStructureEntries > 0
    pagingStructures = TableCache(count: max(configuration.pagingStructureEntries, 1))
    entries = UnitLock(EntryCaches(configuration))
  }

  deinit {
    requesters.deallocate()
    iotlb.deallocate()
    pagingStructures.deallocate()
  }
}

extension TranslationCaches {
  /// A page of 4 KiB (`kind` 0), 2 MiB (1) or 1 GiB (2); nil if there is none.
  @inline(__always)
  func findPage(_ request: DMARequest, space: UInt64, kind: UInt64 = 0) -> CachedPage? {
    iotlb.find(SetCache.Key(request.iova, kind: kind, space: space)).map(CachedPage.init)
  }

  /// Keeps a page.
  ///
  /// Pages that reach into the interrupt range are not kept: there a request without PASID is no
  /// memory access at all, and the look-up does not ask. Nor are large pages that map to it, for
  /// part of such a page is a fault.
  func keep(_ request: DMARequest, space: UInt64, _ page: CachedPage, seen: UInt64) {
    let kind = (page.word &>> PageFlags.sizeShift) & 3
    let key = SetCache.Key(request.iova, kind: kind, space: space)
    let interrupts: UInt64 = 0xfee0_0000
    // The range is of 1 MiB, larger than the smallest page.
    let shift = max(key.shift, 20)
    if request.iova &>> shift == interrupts &>> shift { return }
    if kind != 0 {
      if PageFlags.holdsInterruptRange(page.word & PageFlags.addressMask, page.word) { return }
      largePages.bitwiseOr(1 &<< kind, ordering: .relaxed)
    }
    iotlb.fill(key, page.word, generation, seen: seen)
  }

  /// The table that holds an address's leaf, if it is cached, as table address and permissions,
  /// with the level of its entries; nil if the walk starts at the top.
  ///
  /// Only tables with leaves are kept; those of large pages are asked for where such pages are in
  /// use (`large` is ``largePages``).
  @inline(__always)
  func findTable(
    _ address: UInt64, space: UInt64, _ large: UInt64
  ) -> (data: UInt64, level: Int)? {
    if !hasPagingStructures { return nil }
    var kind: UInt64 = 0
    while kind == 0 || (kind < 3 && large &>> kind != 0) {
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
