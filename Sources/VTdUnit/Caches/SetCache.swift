import Synchronization

/// A set-associative cache of tagged 64-bit words that threads read without a lock.
///
/// A set is nine atomic words: a version, four tags, four data words. Whoever changes a set makes
/// its version odd first and even again afterwards; whoever reads takes the version before and
/// after, and an odd or changed one is a miss. So a reader never writes, and never waits.
///
/// A tag is the page's address in bits 63:12 and the low part of the address space in 11:2; bits
/// 1:0 tell kinds of entries apart (page sizes, table levels). The high part of the address space
/// stands in bits 63:52 of the data. Data 0 means nothing.
struct SetCache: @unchecked Sendable {
  private static let ways = 4
  @inline(__always) private static var stride: Int { 9 }

  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let sets: Int
  @inline(__always) private var setMask: UInt64 { UInt64(truncatingIfNeeded: sets &- 1) }

  /// `sets` is a power of 2.
  init(sets: Int) {
    self.sets = sets
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
    let version = set.pointee.load(ordering: .acquiring)
    if version & 1 != 0 { return 0 }
    let data: UInt64
    if set[1].load(ordering: .relaxed) == tag {
      data = set[5].load(ordering: .acquiring)
    } else if set[2].load(ordering: .relaxed) == tag {
      data = set[6].load(ordering: .acquiring)
    } else if set[3].load(ordering: .relaxed) == tag {
      data = set[7].load(ordering: .acquiring)
    } else if set[4].load(ordering: .relaxed) == tag {
      data = set[8].load(ordering: .acquiring)
    } else {
      return 0
    }
    if set.pointee.load(ordering: .relaxed) != version { return 0 }
    return data &>> 52 == space &>> 12 ? data : 0
  }

  /// Keeps an entry, unless `generation` moved on since the walk began: then what was read may be
  /// what an invalidation just dropped. A set that another thread is changing is left alone.
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
      set[5 &+ way].store(data | (space &>> 12) &<< 52, ordering: .relaxed)
      set[1 &+ way].store(tag, ordering: .releasing)
    }
    set.pointee.store(version &+ 2, ordering: .releasing)
  }

  /// The way that has the tag, a free one, or the next in turn.
  @inline(__always)
  private func way(
    for tag: UInt64, in set: UnsafeMutablePointer<Atomic<UInt64>>, version: UInt64
  ) -> Int {
    var free = -1
    var way = 0
    while way < Self.ways {
      if set[1 &+ way].load(ordering: .relaxed) == tag { return way }
      if free < 0 && set[5 &+ way].load(ordering: .relaxed) == 0 { free = way }
      way &+= 1
    }
    return free >= 0 ? free : Int(truncatingIfNeeded: (version &>> 1) & 3)
  }

  /// Drops an entry, if it is there.
  func remove(tag: UInt64, page: UInt64, space: UInt64) {
    let set = set(page: page, space: space)
    let version = lock(set)
    var way = 0
    while way < Self.ways {
      if set[1 &+ way].load(ordering: .relaxed) == tag,
        set[5 &+ way].load(ordering: .relaxed) &>> 52 == space &>> 12
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
