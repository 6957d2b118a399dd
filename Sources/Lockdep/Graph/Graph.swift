/// The classes and the order in which they were seen to nest.
///
/// An edge prev -> next says that next was taken while prev was held. The kernel stores it twice,
/// once in each class's list; here it is stored once and linked into both lists, whose order is
/// the order of creation in either case.
struct Graph {
  var classes = FlatTable<ClassEntry>(capacity: 64)
  var edges = FlatTable<Edge>(capacity: 64)
  /// (prev, next) -> edge.
  var edgeIndex = KeyTable()
  var order = ComponentOrder()
  var scratch = SearchScratch()

  func deallocate() {
    classes.deallocate()
    edges.deallocate()
    edgeIndex.deallocate()
    order.deallocate()
    scratch.deallocate()
  }
}

/// The kinds of a dependency, seen from prev (S shared, E exclusive) and next (R recursive reader,
/// N anything else), as kernel/locking/lockdep.c counts them. A path is strong unless a step to R is
/// followed by a step from S: a recursive reader is not blocked by a reader.
struct EdgeKinds: OptionSet {
  let rawValue: UInt8

  static let sharedToRecursive = EdgeKinds(rawValue: 1)
  static let exclusiveToRecursive = EdgeKinds(rawValue: 2)
  static let sharedToBlocking = EdgeKinds(rawValue: 4)
  static let exclusiveToBlocking = EdgeKinds(rawValue: 8)

  init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  init(previous: LockMode, next: LockMode) {
    switch (previous.isRead, next == .recursiveRead) {
    case (true, true): self = .sharedToRecursive
    case (false, true): self = .exclusiveToRecursive
    case (true, false): self = .sharedToBlocking
    case (false, false): self = .exclusiveToBlocking
    }
  }
}

struct Edge {
  var from: UInt32
  var to: UInt32
  var nextAfter = noEdge
  var nextBefore = noEdge
  var trace: TraceID
  /// How far apart the two stood on the stack when they were closest; 1 is next to each other.
  var distance: UInt16
  var kinds: EdgeKinds
  /// Scratch of the last search that reached it.
  var onlyRecursive = false
  var parent = noEdge
}

extension Graph {
  @inline(__always)
  static func indexKey(_ from: UInt32, _ to: UInt32) -> UInt64 {
    UInt64(from) << 32 | UInt64(to) | 1 << 63
  }

  func edge(from: UInt32, to: UInt32) -> UInt32? {
    edgeIndex.find(Self.indexKey(from, to))
  }

  /// Appends the edge to both lists and keeps order and bounds up to date.
  mutating func append(_ edge: Edge) {
    let index = Int32(truncatingIfNeeded: edges.count)
    edges.append(edge)
    edgeIndex.insert(Self.indexKey(edge.from, edge.to), UInt32(bitPattern: index))
    link(index)
    connectOrder(edge.from, edge.to)
    spread(classes[edge.from].pointee.usedBefore, .forward, from: edge.to)
    spread(classes[edge.to].pointee.enabledAfter, .backward, from: edge.from)
  }

  func link(_ index: Int32) {
    let edge = edges[UInt32(bitPattern: index)].pointee
    let from = classes[edge.from]
    let to = classes[edge.to]
    if from.pointee.lastAfter == noEdge {
      from.pointee.firstAfter = index
    } else {
      edges[UInt32(bitPattern: from.pointee.lastAfter)].pointee.nextAfter = index
    }
    from.pointee.lastAfter = index
    if to.pointee.lastBefore == noEdge {
      to.pointee.firstBefore = index
    } else {
      edges[UInt32(bitPattern: to.pointee.lastBefore)].pointee.nextBefore = index
    }
    to.pointee.lastBefore = index
  }

  /// A class got usage bits: the bounds of all that it reaches, or that reach it, may rise.
  mutating func noteUsage(_ usage: UInt16, of classIndex: UInt32) {
    spread(UInt8(usage & UsageMask.usedInAny.rawValue), .forward, from: classIndex)
    spread(UInt8(usage & UsageMask.enabledAny.rawValue), .backward, from: classIndex)
  }

  /// ORs `bits` into `usedBefore` of `start` and of everything behind it, or into `enabledAfter` of it and
  /// of everything before it.
  private mutating func spread(_ bits: UInt8, _ direction: Direction, from start: UInt32) {
    guard raise(bits, direction, at: start) else { return }
    scratch.stack.removeAll(keepingCapacity: true)
    scratch.stack.append(start)
    while let current = scratch.stack.popLast() {
      var link = firstEdge(direction, of: current)
      while link != noEdge {
        let (next, other) = step(direction, over: link)
        if raise(bits, direction, at: other) { scratch.stack.append(other) }
        link = next
      }
    }
  }

  /// Whether one of the bits is new to the class.
  private func raise(_ bits: UInt8, _ direction: Direction, at index: UInt32) -> Bool {
    let entry = classes[index]
    if direction == .forward {
      guard bits & ~entry.pointee.usedBefore != 0 else { return false }
      entry.pointee.usedBefore |= bits
    } else {
      guard bits & ~entry.pointee.enabledAfter != 0 else { return false }
      entry.pointee.enabledAfter |= bits
    }
    return true
  }

  /// The first edge of a class in a direction; `noEdge` where it has none.
  @inline(__always)
  func firstEdge(_ direction: Direction, of index: UInt32) -> Int32 {
    direction == .forward ? classes[index].pointee.firstAfter : classes[index].pointee.firstBefore
  }

  /// The edge behind one in its list, and the class that the edge leads to.
  @inline(__always)
  func step(_ direction: Direction, over link: Int32) -> (next: Int32, classIndex: UInt32) {
    let edge = edges[UInt32(bitPattern: link)]
    return direction == .forward
      ? (edge.pointee.nextAfter, edge.pointee.to) : (edge.pointee.nextBefore, edge.pointee.from)
  }

  /// Removes every edge of the given classes (`zap_class`); the others keep their order.
  mutating func removeEdges(of zapped: (UInt32) -> Bool) {
    for index in 0..<classes.count {
      let entry = classes[UInt32(index)]
      entry.pointee.firstAfter = noEdge
      entry.pointee.lastAfter = noEdge
      entry.pointee.firstBefore = noEdge
      entry.pointee.lastBefore = noEdge
    }
    var kept: [Edge] = []
    for index in 0..<edges.count {
      var edge = edges[UInt32(index)].pointee
      guard !zapped(edge.from), !zapped(edge.to) else { continue }
      edge.nextAfter = noEdge
      edge.nextBefore = noEdge
      kept.append(edge)
    }
    edges.removeAll()
    edgeIndex.removeAll()
    for (index, edge) in kept.enumerated() {
      edges.append(edge)
      edgeIndex.insert(Self.indexKey(edge.from, edge.to), UInt32(index))
      link(Int32(index))
    }
  }
}
