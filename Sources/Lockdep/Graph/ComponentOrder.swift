/// A topological order of the classes, kept up to date edge by edge (after Pearce and Kelly, 2006).
///
/// It answers "can there be a path from a to b?" nearly always without a walk through the graph:
/// there is none if b comes first. A breadth-first search for the report's path runs only when
/// there is a path, so what is reported is exactly what the kernel's search finds.
///
/// Shared locks can make circles that are not deadlocks. Classes on a circle form one component,
/// which has one place in the order.
struct ComponentOrder {
  struct Component {
    /// Its place: an edge leads from a smaller to a greater one.
    var place: UInt32
    /// The first of its classes; the others follow by `nextMember`.
    var firstMember: UInt32
    /// The walks that saw it last.
    var forwardMark: UInt32 = 0
    var backwardMark: UInt32 = 0
  }

  fileprivate var components = FlatTable<Component>(capacity: 64)
  fileprivate var mark: UInt32 = 0
  fileprivate var forward: [UInt32] = []
  fileprivate var backward: [UInt32] = []
  fileprivate var places: [UInt32] = []

  func deallocate() {
    components.deallocate()
  }

  fileprivate mutating func exchange(_ list: inout [UInt32], _ direction: Graph.Direction) {
    if direction == .forward { swap(&list, &forward) } else { swap(&list, &backward) }
  }

  /// Whether the present walk in a direction sees a component for the first time.
  @inline(__always)
  fileprivate func isNew(_ component: UInt32, _ direction: Graph.Direction) -> Bool {
    let entry = components[component]
    let known = direction == .forward ? entry.pointee.forwardMark : entry.pointee.backwardMark
    if known == mark { return false }
    if direction == .forward {
      entry.pointee.forwardMark = mark
    } else {
      entry.pointee.backwardMark = mark
    }
    return true
  }

  /// A new class comes last; nothing leads from it.
  mutating func add(_ classIndex: UInt32) {
    components.append(
      Component(place: UInt32(components.count), firstMember: classIndex))
  }
}

extension Graph {
  /// False: no path of any kind leads from `from` to `to`.
  mutating func mayReach(from: UInt32, to: UInt32) -> Bool {
    let first = classes[from].pointee.component
    let last = classes[to].pointee.component
    if first == last { return true }
    let limit = order.components[last].pointee.place
    if order.components[first].pointee.place > limit { return false }
    order.mark &+= 1
    return walk(.forward, from: first, through: limit, to: last)
  }

  /// An edge was added: makes the order have `from` before `to`.
  mutating func connectOrder(_ from: UInt32, _ to: UInt32) {
    let last = classes[from].pointee.component
    let first = classes[to].pointee.component
    if first == last { return }
    let upper = order.components[last].pointee.place
    let lower = order.components[first].pointee.place
    if upper < lower { return }
    order.mark &+= 1
    let closesCircle = walk(.forward, from: first, through: upper, to: last, stops: false)
    _ = walk(.backward, from: last, through: lower)
    rearrange(merging: closesCircle ? last : nil)
  }

  /// Collects in `order.forward` what can be reached from `start` over places up to `limit`, or in
  /// `order.backward` what reaches it over places down to `limit`; whether `goal` is among it.
  private mutating func walk(
    _ direction: Direction, from start: UInt32, through limit: UInt32, to goal: UInt32? = nil,
    stops: Bool = true
  ) -> Bool {
    // Out of its place meanwhile, so that nobody else holds it and it grows where it is.
    var reached: [UInt32] = []
    order.exchange(&reached, direction)
    defer { order.exchange(&reached, direction) }
    reached.removeAll(keepingCapacity: true)
    reached.append(start)
    _ = order.isNew(start, direction)
    var found = false
    var index = 0
    while index < reached.count {
      var member = order.components[reached[index]].pointee.firstMember
      while member != noIndex {
        var link = firstEdge(direction, of: member)
        while link != noEdge {
          let (next, other) = step(direction, over: link)
          let component = classes[other].pointee.component
          if component == goal {
            found = true
            if stops { return true }
          }
          let place = order.components[component].pointee.place
          if direction == .forward ? place <= limit : place >= limit,
            order.isNew(component, direction)
          {
            reached.append(component)
          }
          link = next
        }
        member = classes[member].pointee.nextMember
      }
      index += 1
    }
    return found
  }

  /// Gives what was collected its places anew: first what leads to the edge, then the circle that
  /// the edge closes, if it does, as one component, then what the edge leads to.
  private mutating func rearrange(merging center: UInt32?) {
    let components = order.components
    let mark = order.mark
    func place(_ component: UInt32) -> UInt32 { components[component].pointee.place }
    func isOnCircle(_ component: UInt32) -> Bool {
      components[component].pointee.forwardMark == mark
        && components[component].pointee.backwardMark == mark
    }
    var places = order.places
    places.removeAll(keepingCapacity: true)
    places += order.forward.map(place)
    places += order.backward.lazy.filter { !isOnCircle($0) }.map(place)
    places.sort()
    var before = order.backward.filter { !isOnCircle($0) }
    var after = order.forward.filter { !isOnCircle($0) }
    before.sort { place($0) < place($1) }
    after.sort { place($0) < place($1) }
    for (index, component) in before.enumerated() {
      components[component].pointee.place = places[index]
    }
    if let center {
      for component in order.forward where isOnCircle(component) && component != center {
        merge(component, into: center)
      }
      components[center].pointee.place = places[before.count]
    }
    let offset = places.count - after.count
    for (index, component) in after.enumerated() {
      components[component].pointee.place = places[offset + index]
    }
    order.places = places
  }

  private mutating func merge(_ component: UInt32, into center: UInt32) {
    var member = order.components[component].pointee.firstMember
    while member != noIndex {
      let next = classes[member].pointee.nextMember
      classes[member].pointee.component = center
      classes[member].pointee.nextMember = order.components[center].pointee.firstMember
      order.components[center].pointee.firstMember = member
      member = next
    }
    order.components[component].pointee.firstMember = noIndex
  }
}
