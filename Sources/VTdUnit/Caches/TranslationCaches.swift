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
  let pagingStructures: SetCache
  let hasPagingStructures: Bool
  let generation = Atomic<UInt64>(0)
  /// Bit 1: pages of 2 MiB are cached; bit 2: pages of 1 GiB.
  let largePages = Atomic<UInt64>(0)
  let entries: Mutex<EntryCaches>

  init(_ configuration: CacheConfiguration) {
    isEnabled = configuration.isEnabled
    requesters = RequesterCache(
      count: max(configuration.contextEntries, configuration.pasidEntries))
    iotlb = SetCache(sets: configuration.iotlbSets)
    hasPagingStructures = configuration.pagingStructureSets > 0
    pagingStructures = SetCache(sets: max(configuration.pagingStructureSets, 1))
    entries = Mutex(EntryCaches(configuration))
  }

  deinit {
    requesters.deallocate()
    iotlb.deallocate()
    pagingStructures.deallocate()
  }
}

/// Which bits of a cached page's data word deny an access at once: permissions that are missing,
/// and writing where the dirty bit is still to be set.
enum Denial {
  @inline(__always) static var shift: UInt64 { 9 }

  /// Whether a page that was found may be used at once.
  @inline(__always)
  static func allows(_ request: DMARequest, _ page: UInt64) -> Bool {
    // The needs are the top bits of the attributes, with nothing directly below them.
    (request.attributes &>> (DMARequest.Bits.needsShift &- shift)) & page == 0
  }
}

extension TranslationCaches {
  /// A page of 4 KiB that may be used at once; 0 otherwise.
  @inline(__always)
  func findPage(_ request: DMARequest, space: UInt64) -> UInt64 {
    let tag = SetCache.tag(address: request.iova, space: space, kind: 0)
    return iotlb.find(tag: tag, page: request.iova &>> 12, space: space)
  }

  /// A page of 2 MiB (`kind` 1) or 1 GiB (2); 0 if there is none.
  @inline(__always)
  func findLargePage(_ request: DMARequest, space: UInt64, kind: UInt64) -> UInt64 {
    let shift = 12 &+ 9 &* kind
    let page = request.iova &>> shift
    let tag = SetCache.tag(address: page &<< shift, space: space, kind: kind)
    return iotlb.find(tag: tag, page: page, space: space)
  }

  /// Keeps a page, or with ``PageFlags/fault`` a reason.
  ///
  /// Pages that reach into the interrupt range are not kept: there a request without PASID is no
  /// memory access at all, and the look-up does not ask.
  func keep(_ request: DMARequest, space: UInt64, data: UInt64, seen: UInt64) {
    let kind = (data &>> PageFlags.sizeShift) & 3
    let shift = 12 &+ 9 &* kind
    let page = request.iova &>> shift
    if shift < 32 && page == 0xfee0_0000 &>> shift { return }
    if kind == 0 && request.iova &>> 20 == 0xfee { return }
    if kind != 0 { largePages.bitwiseOr(1 &<< kind, ordering: .relaxed) }
    let tag = SetCache.tag(address: page &<< shift, space: space, kind: kind)
    iotlb.fill(
      tag: tag, page: page, space: space, data: data, generation: generation, seen: seen)
  }

  /// The cached table of an address's page of 4 KiB with its permissions, or 0.
  @inline(__always)
  func findLeafTable(_ address: UInt64, space: UInt64) -> UInt64 {
    let region = address &>> 21
    return pagingStructures.find(
      tag: SetCache.tag(address: region &<< 21, space: space, kind: 1), page: region, space: space)
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
    var level = 1
    while level == 1 || (level <= 3 && large &>> UInt64(level &- 1) != 0) {
      let shift = UInt64(truncatingIfNeeded: Paging.shift(level: level &+ 1))
      let region = address &>> shift
      let tag = SetCache.tag(
        address: region &<< shift, space: space, kind: UInt64(truncatingIfNeeded: level))
      let data = pagingStructures.find(tag: tag, page: region, space: space)
      if data != 0 { return (data, level) }
      level &+= 1
    }
    return nil
  }

  /// Keeps the table at `level` on the way to an address.
  func keepTable(_ address: UInt64, space: UInt64, level: Int, data: UInt64, seen: UInt64) {
    let shift = UInt64(truncatingIfNeeded: Paging.shift(level: level &+ 1))
    let region = address &>> shift
    let tag = SetCache.tag(
      address: region &<< shift, space: space, kind: UInt64(truncatingIfNeeded: level))
    pagingStructures.fill(
      tag: tag, page: region, space: space, data: data, generation: generation, seen: seen)
  }
}
