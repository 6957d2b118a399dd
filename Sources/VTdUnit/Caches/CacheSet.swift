public import Synchronization

/// One set of a ``SetCache``: a version, two tags, two data words, all atomic, in one cache line.
///
/// Whoever changes a set makes its version odd first and even again afterwards; whoever reads takes
/// the version before and after, and an odd or changed one is a miss. So a reader never writes, and
/// never waits.
///
/// An entry lies in the way that the lowest bit of its position names, if that was free when it
/// came: there a look-up finds it at once.
@usableFromInline
struct CacheSet {
  @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>

  @inlinable
  @inline(__always)
  init(words: UnsafeMutablePointer<Atomic<UInt64>>) { self.words = words }

  static var ways: Int { 2 }
  /// Words from set to set; five are used.
  static var stride: Int { 8 }
  /// The tag of an empty way: a kind that nothing has.
  static var emptyTag: UInt64 { 3 &<< SetCache.kindShift }

  /// The version to read under.
  ///
  /// An odd version never equals itself rounded down, so that needs no test of its own.
  @inlinable
  @inline(__always)
  var version: UInt64 { words.pointee.load(ordering: .acquiring) & ~1 }

  /// The data with a tag, of whatever space; nil if it is not there or `version` is over.
  @inlinable
  @inline(__always)
  func find(_ tag: UInt64, position: UInt64, _ version: UInt64) -> UInt64? {
    let named = words + Int(truncatingIfNeeded: position & 1)
    let data: UInt64
    if _fastPath(named[1].load(ordering: .acquiring) == tag) {
      data = named[3].load(ordering: .acquiring)
    } else {
      let other = words + Int(truncatingIfNeeded: ~position & 1)
      if other[1].load(ordering: .acquiring) != tag { return nil }
      data = other[3].load(ordering: .acquiring)
    }
    return words.pointee.load(ordering: .relaxed) == version ? data : nil
  }

  /// The way that has a tag.
  func way(of tag: UInt64) -> Int? {
    (0..<Self.ways).first { words[1 &+ $0].load(ordering: .relaxed) == tag }
  }

  /// The way for a new entry: the one that its position names if that is empty, or else the one
  /// whose turn it is, for versions count changes.
  @inline(__always)
  func freeWay(_ position: UInt64, _ version: UInt64) -> Int {
    let way = Int(truncatingIfNeeded: position & 1)
    return isEmpty(way) ? way : Int(truncatingIfNeeded: (version &>> 1) & 1)
  }

  @inline(__always)
  func isEmpty(_ way: Int) -> Bool { words[1 &+ way].load(ordering: .relaxed) == Self.emptyTag }

  /// Keeps an entry, unless the set has changed since `version`, or `generation` has moved on since
  /// the walk began: then what was read may be what an invalidation just dropped.
  ///
  /// `way` is the one that has the tag, or a free one if a look-up under `version` found none.
  @inline(__always)
  func fill(
    _ tag: UInt64, _ data: UInt64, way: Int, _ version: UInt64,
    _ generation: borrowing Atomic<UInt64>, seen: UInt64
  ) {
    guard
      words.pointee.compareExchange(
        expected: version, desired: version &+ 1, ordering: .acquiringAndReleasing
      ).exchanged
    else { return }
    if generation.load(ordering: .sequentiallyConsistent) == seen {
      words[3 &+ way].store(data, ordering: .releasing)
      words[1 &+ way].store(tag, ordering: .releasing)
    }
    words.pointee.store(version &+ 2, ordering: .releasing)
  }

  /// Drops the entry with a tag in one space; whether it was there.
  @inline(__always)
  func remove(_ tag: UInt64, ofSpace space: UInt64) -> Bool {
    remove { $0 == tag && SetCache.isData($1, of: space) }
  }

  /// Drops the entries that `isDropped` says, by tag and data; whether there was one.
  @inline(__always)
  @discardableResult
  func remove(where isDropped: (UInt64, UInt64) -> Bool) -> Bool {
    let version = Self.lock(words)
    var wasThere = false
    var way = 0
    while way < Self.ways {
      let tag = words[1 &+ way].load(ordering: .relaxed)
      if isDropped(tag, words[3 &+ way].load(ordering: .relaxed)) {
        words[1 &+ way].store(Self.emptyTag, ordering: .releasing)
        wasThere = true
      }
      way &+= 1
    }
    words.pointee.store(version &+ 2, ordering: .releasing)
    return wasThere
  }

  /// Drops all entries.
  func clear() {
    let version = Self.lock(words)
    for way in 0..<Self.ways { words[1 &+ way].store(Self.emptyTag, ordering: .releasing) }
    words.pointee.store(version &+ 2, ordering: .releasing)
  }

  /// Makes a version odd; whoever holds it does so for a few instructions only.
  @inline(__always)
  static func lock(_ word: UnsafeMutablePointer<Atomic<UInt64>>) -> UInt64 {
    while true {
      let version = word.pointee.load(ordering: .relaxed)
      if version & 1 == 0,
        word.pointee.compareExchange(
          expected: version, desired: version &+ 1, ordering: .acquiringAndReleasing
        ).exchanged
      {
        return version
      }
    }
  }
}
