import Synchronization

/// A set-associative cache of tagged 64-bit words that threads read without a lock.
///
/// A set is nine atomic words: a version, four tags, four data words. Whoever changes a set makes
/// its version odd first and even again afterwards; whoever reads takes the version before and
/// after, and an odd or changed one is a miss. So a reader never writes, and never waits.
///
/// A tag is the page's address in bits 63:12 and the low part of the address space in 11:2; bits
/// 1:0 tell kinds of entries apart (page sizes, table levels). The high part of the address space
/// stands in bits 63:53 of the data. Data 0 means nothing.
struct SetCache: @unchecked Sendable {
  private static let ways = 4
  @inline(__always) private static var stride: Int { 9 }

  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let sets: Int
  private let setMask: UInt64

  /// `sets` is a power of 2.
  init(sets: Int) {
    self.sets = sets
    setMask = UInt64(sets - 1)
    words = .allocate(capacity: sets * Self.stride)
    for index in 0..<sets * Self.stride { (words + index).initialize(to: Atomic(0)) }
  }

  func deallocate() {
    words.deinitialize(count: sets * Self.stride)
    words.deallocate()
  }

  /// The set for a page number in an address space.
  @inline(__always)
  private func set(page: UInt64, space: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
    words + Int(truncatingIfNeeded: (page ^ space) & setMask) &* Self.stride
  }

  @inline(__always)
  static func tag(address: UInt64, space: UInt64, kind: UInt64) -> UInt64 {
    (address & ~0xfff) | (space & 0xfff) | kind
  }

  /// The data of an entry, or 0. `page` is the address in units of the entry's size.
  @inline(__always)
  func find(tag: UInt64, page: UInt64, space: UInt64) -> UInt64 {
    let set = set(page: page, space: space)
    // An odd version never equals itself rounded down, so that needs no test of its own.
    let version = set.pointee.load(ordering: .acquiring) & ~1
    if set[1].load(ordering: .relaxed) == tag { return data(set, 5, version, space) }
    if set[2].load(ordering: .relaxed) == tag { return data(set, 6, version, space) }
    if set[3].load(ordering: .relaxed) == tag { return data(set, 7, version, space) }
    if set[4].load(ordering: .relaxed) == tag { return data(set, 8, version, space) }
    return 0
  }

  @inline(__always)
  private func data(
    _ set: UnsafeMutablePointer<Atomic<UInt64>>, _ word: Int, _ version: UInt64, _ space: UInt64
  ) -> UInt64 {
    let data = set[word].load(ordering: .acquiring)
    if set.pointee.load(ordering: .relaxed) != version { return 0 }
    return Self.belongs(data, to: space) ? data : 0
  }

  /// Whether the high part of the space is the data's.
  @inline(__always)
  private static func belongs(_ data: UInt64, to space: UInt64) -> Bool {
    (data ^ (space &<< 41)) &>> 53 == 0
  }

  /// Keeps an entry, unless `generation` moved on since the walk began: then what was read may be
  /// what an invalidation just dropped. A set that another thread is changing is left alone.
  @inline(__always)
  func fill(
    tag: UInt64, page: UInt64, space: UInt64, data: UInt64, generation: borrowing Atomic<UInt64>,
    seen: UInt64
  ) {
    let set = set(page: page, space: space)
    let version = set.pointee.load(ordering: .relaxed)
    if version & 1 != 0 { return }
    if !set.pointee.compareExchange(
      expected: version, desired: version &+ 1, ordering: .acquiringAndReleasing
    ).exchanged {
      return
    }
    if generation.load(ordering: .acquiring) == seen {
      let way = way(for: tag, in: set, version: version)
      set[5 &+ way].store(data | (space &>> 12) &<< 53, ordering: .relaxed)
      set[1 &+ way].store(tag, ordering: .releasing)
    }
    set.pointee.store(version &+ 2, ordering: .releasing)
  }

  /// The way that has the tag, or the next in turn: versions count changes, so an empty set fills
  /// up in order.
  @inline(__always)
  private func way(
    for tag: UInt64, in set: UnsafeMutablePointer<Atomic<UInt64>>, version: UInt64
  ) -> Int {
    var way = Int(truncatingIfNeeded: (version &>> 1) & 3)
    if set[1].load(ordering: .relaxed) == tag { way = 0 }
    if set[2].load(ordering: .relaxed) == tag { way = 1 }
    if set[3].load(ordering: .relaxed) == tag { way = 2 }
    if set[4].load(ordering: .relaxed) == tag { way = 3 }
    return way
  }

  /// Drops an entry, if it is there.
  func remove(tag: UInt64, page: UInt64, space: UInt64) {
    let set = set(page: page, space: space)
    let version = lock(set)
    var way = 0
    while way < Self.ways {
      if set[1 &+ way].load(ordering: .relaxed) == tag,
        Self.belongs(set[5 &+ way].load(ordering: .relaxed), to: space)
      {
        set[1 &+ way].store(0, ordering: .relaxed)
        set[5 &+ way].store(0, ordering: .relaxed)
      }
      way &+= 1
    }
    set.pointee.store(version &+ 2, ordering: .releasing)
  }

  /// Drops everything.
  func removeAll() {
    for index in 0..<sets {
      let set = words + index * Self.stride
      let version = lock(set)
      for word in 1..<Self.stride { set[word].store(0, ordering: .relaxed) }
      set.pointee.store(version &+ 2, ordering: .releasing)
    }
  }

  /// Makes the version odd; whoever holds it does so for a few instructions only.
  @inline(__always)
  private func lock(_ set: UnsafeMutablePointer<Atomic<UInt64>>) -> UInt64 {
    while true {
      let version = set.pointee.load(ordering: .relaxed)
      if version & 1 == 0,
        set.pointee.compareExchange(
          expected: version, desired: version &+ 1, ordering: .acquiringAndReleasing
        ).exchanged
      {
        return version
      }
    }
  }
}
