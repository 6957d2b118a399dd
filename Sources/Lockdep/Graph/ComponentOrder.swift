/// A topological order of the classes, kept up to date edge by edge (after Pearce and Kelly, 2006).
///
/// It answers "can there be a path from a to b?" nearly always without a walk through the graph:
/// there is none if b comes first. A breadth-first search for the report's path runs only when
/// there is a path, so what is reported is exactly what the kernel's search finds.
///
/// Shared locks can make circles that are no deadlock. Classes on a circle form one component,
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
    return walkForward(from: first, through: limit, to: last)
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
    let closesCircle = walkForward(from: first, through: upper, to: last, stops: false)
    walkBackward(from: last, through: lower)
    rearrange(merging: closesCircle ? last : nil)
  }

  /// Collects in `order.forward` what can be reached from `start` over places up to `limit`;
  /// whether `goal` is among it.
  private mutating func walkForward(
    from start: UInt32, through limit: UInt32, to goal: UInt32, stops: Bool = true
  ) -> Bool {
    let mark = order.mark
    order.forward.removeAll(keepingCapacity: true)
    order.forward.append(start)
    order.components[start].pointee.forwardMark = mark
    var found = false
    var index = 0
    while index < order.forward.count {
      var member = order.components[order.forward[index]].pointee.firstMember
      while member != noIndex {
        var link = classes[member].pointee.firstAfter
        while link != noEdge {
          let edge = edges[UInt32(bitPattern: link)]
          let next = classes[edge.pointee.to].pointee.component
          if next == goal {
            found = true
            if stops { return true }
          }
          let component = order.components[next]
          if component.pointee.forwardMark != mark, component.pointee.place <= limit {
            component.pointee.forwardMark = mark
            order.forward.append(next)
          }
          link = edge.pointee.nextAfter
        }
        member = classes[member].pointee.nextMember
      }
      index += 1
    }
    return found
  }

  /// Collects in `order.backward` what reaches `start` over places down to `limit`.
  private mutating func walkBackward(from start: UInt32, through limit: UInt32) {
    let mark = order.mark
    order.backward.removeAll(keepingCapacity: true)
    order.backward.append(start)
    order.components[start].pointee.backwardMark = mark
    var index = 0
    while index < order.backward.count {
      var member = order.components[order.backward[index]].pointee.firstMember
      while member != noIndex {
        var link = classes[member].pointee.firstBefore
        while link != noEdge {
          let edge = edges[UInt32(bitPattern: link)]
          let previous = classes[edge.pointee.from].pointee.component
          let component = order.components[previous]
          if component.pointee.backwardMark != mark, component.pointee.place >= limit {
            component.pointee.backwardMark = mark
            order.backward.append(previous)
          }
          link = edge.pointee.nextBefore
        }
        member = classes[member].pointee.nextMember
      }
      index += 1
    }
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
