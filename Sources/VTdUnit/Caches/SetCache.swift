public import Synchronization

/// A set-associative cache of tagged 64-bit words that threads read without a lock.
///
/// A tag is the address of a page, or of what a table covers, in bits 63:12 and the kind of entry in
/// 11:10, with the address space exclusive-ored over both. The high part of the space stands in bits
/// 63:55 of the data as well, so tag and data together tell address and space apart; the rest of the
/// data is the user's. See ``AddressSpaces`` for spaces.
@usableFromInline
struct SetCache: @unchecked Sendable {
  @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>
  /// Sets less one, in words.
  @usableFromInline let mask: UInt64
  private let sets: Int

  /// `entries` is a power of 2.
  init(entries: Int) {
    sets = max(entries / CacheSet.ways, 1)
    mask = UInt64((sets - 1) * CacheSet.stride)
    words = .words(count: sets * CacheSet.stride)
    removeAll()
  }

  func deallocate() { words.deallocate() }

  /// How many sets there are.
  var setCount: Int { sets }

  /// The set of a position: pages have consecutive ones, two to a set.
  @inline(__always)
  func set(at position: UInt64) -> CacheSet {
    CacheSet(
      words: words + Int(truncatingIfNeeded: (position &>> 1) &* UInt64(CacheSet.stride) & mask))
  }

  /// The set of a tag of kind 0, whose upper bits are its position.
  @inlinable
  @inline(__always)
  func set(of tag: UInt64) -> CacheSet {
    // The stride is 2^3 words, so a position's bits 63:1 move from tag bit 13 to bit 3.
    CacheSet(words: words + Int(truncatingIfNeeded: (tag &>> 10) & mask))
  }

  /// The tag of the page of 4 KiB at an address.
  @inlinable
  @inline(__always)
  static func tag(_ address: UInt64, space: UInt64) -> UInt64 { (address & ~0xfff) ^ space }

  /// The kind tells entries of different sizes at one address apart: 0, 1 and 2 are pages of 4 KiB,
  /// 2 MiB and 1 GiB, or in the paging-structure caches the tables that hold their entries.
  static var kindShift: UInt64 { 10 }

  /// The part of the data that tells the high part of a space.
  @inline(__always)
  static func high(_ space: UInt64) -> UInt64 { (space &>> 12) &<< 55 }

  /// Whether data found by its tag is of a space.
  @inline(__always)
  static func isData(_ data: UInt64, of space: UInt64) -> Bool { data &>> 55 == space &>> 12 }

  /// An entry by what it covers.
  struct Key {
    let tag: UInt64
    let position: UInt64
    let space: UInt64
    /// log2 of the bytes that it covers.
    let shift: UInt64

    @inline(__always)
    init(_ address: UInt64, kind: UInt64, tables: Bool = false, space: UInt64) {
      // A table covers what 512 of its entries do.
      shift = 12 &+ 9 &* (tables ? kind &+ 1 : kind)
      let page = address &>> shift
      position = page ^ (space &>> 12)
      self.space = space
      tag = SetCache.tag(page &<< shift, space: space) | kind &<< SetCache.kindShift
    }
  }

  /// The data of an entry; nil if it is not there.
  @inline(__always)
  func find(_ key: Key) -> UInt64? {
    let set = set(at: key.position)
    guard let data = set.find(key.tag, position: key.position, set.version),
      Self.isData(data, of: key.space)
    else { return nil }
    return data
  }

  /// Keeps an entry, in place of the one with its tag if there is one; see
  /// ``CacheSet/fill(_:_:way:_:_:seen:)``. `displacing` is called first if another has to go.
  @inline(__always)
  func fill(
    _ key: Key, _ data: UInt64, _ generation: borrowing Atomic<UInt64>, seen: UInt64,
    displacing: () -> Void = {}
  ) {
    let set = set(at: key.position)
    let version = set.version
    let way: Int
    if let own = set.way(of: key.tag) {
      way = own
    } else {
      way = set.freeWay(key.position, version)
      if !set.isEmpty(way) { displacing() }
    }
    set.fill(key.tag, data | Self.high(key.space), way: way, version, generation, seen: seen)
  }

  /// Drops an entry; whether it was there.
  @inline(__always)
  @discardableResult
  func remove(_ key: Key) -> Bool {
    set(at: key.position).remove(key.tag, ofSpace: key.space)
  }

  /// Drops the entries that `isDropped` says, by tag and data.
  @inline(__always)
  func removeAll(where isDropped: (UInt64, UInt64) -> Bool) {
    for index in 0..<sets { set(at: UInt64(index * CacheSet.ways)).remove(where: isDropped) }
  }

  /// Drops everything.
  func removeAll() { for index in 0..<sets { set(at: UInt64(index * CacheSet.ways)).clear() } }
}

extension UnsafeMutablePointer<Atomic<UInt64>> {
  /// Words that are zero, from the start of a cache line.
  static func words(count: Int) -> Self {
    let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 64)
    raw.initializeMemory(as: UInt64.self, repeating: 0, count: count)
    return raw.assumingMemoryBound(to: Atomic<UInt64>.self)
  }
}
