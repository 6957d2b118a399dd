internal import KernelRuntime

/// Free ranges of IOVA, found from the top down (drivers/iommu/iova.c).
///
/// Pages are counted, not bytes. The kernel keeps ranges in a tree and remembers two nodes, one for
/// addresses below 4 GiB and one for all, from which the next search goes on downwards; a range that
/// is freed above such a node moves it up again. Here the tree is a sorted array, and a node is the
/// first page of its range.
struct IOVAAllocator {
  private struct Node {
    var first: UInt64
    var last: UInt64
  }

  /// Ascending. The last is the anchor, above everything.
  private var nodes = [Node(first: .max, last: .max)]
  private var cachedLow = UInt64.max
  private var cached = UInt64.max
  /// No request of this size or larger has room below 4 GiB until something there is freed.
  private var largestLow = IOVAAllocator.lowEnd

  /// The first page that is never given out below it: address 0 is not a valid IOVA.
  private static let start: UInt64 = 1
  /// The page at 4 GiB (`dma_32bit_pfn`).
  static let lowEnd: UInt64 = 1 << 20

  /// Takes `count` pages below `limit`, aligned to the next power of two of their number
  /// (alloc_iova); nil where there is no room.
  mutating func allocate(_ count: UInt64, below limit: UInt64) -> UInt64? {
    let isLow = limit <= Self.lowEnd
    if isLow, count >= largestLow { return nil }
    let alignment: UInt64 = count <= 1 ? 1 : 1 << UInt64(64 - (count - 1).leadingZeroBitCount)
    let start = index(of: isLow ? cachedLow : cached)
    if let found = search(count, alignment, from: start, below: limit, above: Self.start) {
      return take(found, count)
    }
    // Once more from the limit down to where the first search began.
    let retry = nodes[start].last
    if retry < limit {
      let top = nodes.firstIndex { $0.first >= limit } ?? nodes.count - 1
      if let found = search(count, alignment, from: top, below: limit, above: retry + 1) {
        return take(found, count)
      }
    }
    if isLow { largestLow = count }
    return nil
  }

  private func search(
    _ count: UInt64, _ alignment: UInt64, from start: Int, below limit: UInt64, above low: UInt64
  ) -> UInt64? {
    var end = limit
    var index = start
    while true {
      end = min(end, nodes[index].first)
      guard end >= count else { return nil }
      let first = (end - count) & ~(alignment - 1)
      guard first >= low else { return nil }
      index -= 1
      if index < 0 || first > nodes[index].last { return first }
    }
  }

  private mutating func take(_ first: UInt64, _ count: UInt64) -> UInt64 {
    insert(Node(first: first, last: first + count - 1))
    if first + count - 1 < Self.lowEnd { cachedLow = first } else { cached = first }
    return first
  }

  private mutating func insert(_ node: Node) {
    let place = nodes.firstIndex { $0.first > node.first } ?? nodes.count
    nodes.insert(node, at: place)
  }

  private func index(of first: UInt64) -> Int {
    nodes.firstIndex { $0.first == first } ?? nodes.count - 1
  }

  /// free_iova.
  mutating func free(_ first: UInt64) {
    guard let index = nodes.firstIndex(where: { $0.first == first }), index + 1 < nodes.count
    else { return }
    let next = nodes[index + 1].first
    let isLow = nodes[index].last < Self.lowEnd
    if first == cachedLow || isLow && cachedLow != .max && first >= cachedLow { cachedLow = next }
    if first < Self.lowEnd { largestLow = Self.lowEnd }
    if cached == first || cached != .max && first >= cached { cached = next }
    nodes.remove(at: index)
  }

  /// reserve_iova: the range is never given out. What of it is taken already stays as it is.
  mutating func reserve(_ range: ClosedRange<UInt64>) {
    var first = range.lowerBound
    for node in nodes where node.first <= range.upperBound && node.last >= first {
      if node.first > first { insert(Node(first: first, last: node.first - 1)) }
      guard node.last < range.upperBound else { return }
      first = node.last + 1
    }
    insert(Node(first: first, last: range.upperBound))
  }
}
