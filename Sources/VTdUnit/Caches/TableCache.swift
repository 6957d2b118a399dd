import Synchronization

/// The paging-structure caches: which table holds the entry of a page, by the region that the table
/// covers. Direct-mapped, and read without a lock.
///
/// An entry is a version, a tag and a data word, all atomic, under the rules of ``CacheSet``: tags
/// and the upper bits of the data are those of ``SetCache``. The rest of the data is the table's
/// address and the ``Permissions`` above it.
struct TableCache: @unchecked Sendable {
  let words: UnsafeMutablePointer<Atomic<UInt64>>
  let count: Int
  /// Entries less one, in words.
  private let mask: UInt64
  static var stride: UInt64 { 4 }

  /// `count` is a power of 2.
  init(count: Int) {
    self.count = count
    mask = UInt64(count - 1) * Self.stride
    words = .words(count: count * Int(Self.stride))
    removeAll()
  }

  func deallocate() { words.deallocate() }

  /// The place of a table, whether it is there or not.
  struct Place {
    fileprivate let words: UnsafeMutablePointer<Atomic<UInt64>>
    fileprivate let tag: UInt64
    let version: UInt64

    /// The table's address with the permissions above it; nil if it is not there.
    @inline(__always)
    func find(_ space: UInt64) -> UInt64? {
      if words[1].load(ordering: .acquiring) != tag { return nil }
      let data = words[2].load(ordering: .acquiring)
      if words.pointee.load(ordering: .relaxed) != version { return nil }
      return SetCache.isData(data, of: space) ? data : nil
    }

    /// Keeps the table, as ``CacheSet/fill(_:_:way:_:_:seen:)`` does a page.
    @inline(__always)
    func fill(
      _ data: UInt64, space: UInt64, _ generation: borrowing Atomic<UInt64>, seen: UInt64
    ) {
      guard
        words.pointee.compareExchange(
          expected: version, desired: version &+ 1, ordering: .acquiringAndReleasing
        ).exchanged
      else { return }
      if generation.load(ordering: .acquiring) == seen {
        words[2].store(data | SetCache.high(space), ordering: .releasing)
        words[1].store(tag, ordering: .releasing)
      }
      words.pointee.store(version &+ 2, ordering: .releasing)
    }
  }

  @inline(__always)
  func place(_ key: SetCache.Key) -> Place {
    let entry = entry(key)
    return Place(words: entry, tag: key.tag, version: entry.pointee.load(ordering: .acquiring) & ~1)
  }

  @inline(__always)
  private func entry(_ key: SetCache.Key) -> UnsafeMutablePointer<Atomic<UInt64>> {
    words + Int(truncatingIfNeeded: (key.position &* Self.stride) & mask)
  }

  /// Drops a table, if it is there.
  @inline(__always)
  func remove(_ key: SetCache.Key) {
    let entry = entry(key)
    let version = CacheSet.lock(entry)
    if entry[1].load(ordering: .relaxed) == key.tag,
      SetCache.isData(entry[2].load(ordering: .relaxed), of: key.space)
    {
      entry[1].store(CacheSet.emptyTag, ordering: .releasing)
    }
    entry.pointee.store(version &+ 2, ordering: .releasing)
  }

  /// Drops everything.
  func removeAll() {
    for index in 0..<count {
      let entry = words + index * Int(Self.stride)
      let version = CacheSet.lock(entry)
      entry[1].store(CacheSet.emptyTag, ordering: .releasing)
      entry.pointee.store(version &+ 2, ordering: .releasing)
    }
  }
}
