/// Memory that searches use again and again.
struct SearchScratch {
  /// The ring of classes whose lists wait to be visited; the kernel's `struct circular_queue`.
  let ring = UnsafeMutablePointer<Int32>.allocate(capacity: Limits.searchQueue)
  /// Counts searches: a class with this number was visited by the current one.
  var generation: UInt32 = 0
  var stack: [UInt32] = []

  func deallocate() {
    ring.deallocate()
  }
}

/// Where a search starts.
struct SearchRoot {
  var classIndex: UInt32
  /// The path so far ends (forward) or begins (backward) with a reader that such a path may not
  /// continue from.
  var onlyRecursive: Bool
}

enum SearchOutcome {
  /// The edge over which the match was reached; `noEdge` if the root itself matched.
  case match(Int32)
  case noMatch
  /// The ring is full.
  case overflow
}

extension Graph {
  enum Direction {
    case forward, backward
  }

  /// Breadth first from `root`, in list order, over strong paths only (`__bfs`).
  ///
  /// Each class is visited once, and marked *before* the test whether the path is strong: a class
  /// first reached over an edge that is then refused is not looked at again over a better one.
  /// The kernel does the same, and its reports depend on it.
  ///
  /// - Parameters:
  ///   - skipsSpecial: per-CPU and override classes are passed over with everything behind them.
  ///   - matches: asked once for each class visited, with its `only_xr`.
  @inline(__always)
  mutating func search(
    _ direction: Direction, from root: SearchRoot, skipsSpecial: Bool,
    matches: (UnsafeMutablePointer<ClassEntry>, UInt32, Bool) -> Bool
  ) -> SearchOutcome {
    scratch.generation &+= 1
    let generation = scratch.generation
    let ring = scratch.ring
    let ringMask = Limits.searchQueue - 1
    var front = 0
    var rear = 0
    // The kinds that begin with a shared lock, and those that do not end with a recursive reader,
    // as the walk meets them: backwards, the roles of prev and next are swapped.
    let shared: UInt8 = direction == .forward ? 0b0101 : 0b0011
    let blocking: UInt8 = direction == .forward ? 0b1100 : 0b1010

    var current = noEdge
    var classIndex = root.classIndex
    var onlyRecursive = root.onlyRecursive
    while true {
      let entry = classes[classIndex]
      visit: if entry.pointee.generation != generation {
        entry.pointee.generation = generation
        if current != noEdge {
          let edge = edges[UInt32(bitPattern: current)]
          var kinds = edge.pointee.kinds.rawValue
          let parent = edge.pointee.parent
          let afterRecursive =
            parent == noEdge
            ? root.onlyRecursive : edges[UInt32(bitPattern: parent)].pointee.onlyRecursive
          if afterRecursive { kinds &= ~shared }
          if kinds == 0 { break visit }
          onlyRecursive = kinds & blocking == 0
          edge.pointee.onlyRecursive = onlyRecursive
        }
        if skipsSpecial && entry.pointee.type != .normal { break visit }
        if matches(entry, classIndex, onlyRecursive) { return .match(current) }
        var link = firstEdge(direction, of: classIndex)
        guard link != noEdge else { break visit }
        // Only the first of a list waits in the ring; its siblings are found through it.
        if (rear &+ 1) & ringMask == front { return .overflow }
        ring[rear] = link
        rear = (rear &+ 1) & ringMask
        while link != noEdge {
          edges[UInt32(bitPattern: link)].pointee.parent = current
          link = step(direction, over: link).next
        }
      }
      // The sibling of what was just visited, else the next list of the ring.
      var next = current == noEdge ? noEdge : step(direction, over: current).next
      if next == noEdge {
        if front == rear { return .noMatch }
        next = ring[front]
        front = (front &+ 1) & ringMask
      }
      current = next
      classIndex = step(direction, over: current).classIndex
    }
  }

  /// The edges from the match back to the root: the match's own first.
  func path(to match: Int32) -> [UInt32] {
    var path: [UInt32] = []
    var link = match
    while link != noEdge {
      path.append(UInt32(bitPattern: link))
      link = edges[UInt32(bitPattern: link)].pointee.parent
    }
    return path
  }
}
