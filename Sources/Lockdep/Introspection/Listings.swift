import Text

/// What /proc/lockdep and /proc/lockdep_chains print.
extension Validator {
  /// `/proc/lockdep`: each class with how many classes it reaches and is reached from (itself
  /// included), its usage, and its direct successors.
  public func classListing() -> [String] {
    var lines = ["all lock classes:"]
    for index in 0..<UInt32(classInfo.count) {
      guard let lockClass = describe(index) else { continue }
      let forward = core.pointee.graph.reachable(.forward, from: index)
      let backward = core.pointee.graph.reachable(.backward, from: index)
      lines.append(
        "\(keyText(lockClass)) FD:\("\(forward)".aligned(to: 5)) BD:\("\(backward)".aligned(to: 5))"
          + " \(lockClass.usage): \(listName(lockClass))")
      for edge in successors(of: index) where edge.distance == 1 {
        if let next = describe(edge.to) {
          lines.append(" -> [\(keyText(next))] \(listName(next))")
        }
      }
      lines.append("")
    }
    return lines
  }

  /// `/proc/lockdep_chains`: the validated chains of held locks.
  public func chainListing() -> [String] {
    let contexts = ["0", "softirq", "hardirq", "hardirq|softirq"]
    var lines = ["all lock chains:"]
    for chain in core.pointee.chainStore.chains {
      lines.append("irq_context: \(contexts[Int(chain.irqContext) & 3])")
      let first = Int(chain.first)
      for index in core.pointee.chainStore.locks[first..<first + Int(chain.count)] {
        if let lockClass = describe(index) {
          lines.append("[\(keyText(lockClass))] \(listName(lockClass))")
        }
      }
      lines.append("")
    }
    return lines
  }

  func successors(of index: UInt32) -> [Edge] {
    var edges: [Edge] = []
    var link = core.pointee.graph.classes[index].pointee.firstAfter
    while link != noEdge {
      let edge = core.pointee.graph.edges[UInt32(bitPattern: link)].pointee
      edges.append(edge)
      link = edge.nextAfter
    }
    return edges
  }

  private func keyText(_ lockClass: ClassDescription) -> String {
    hex16(lockClass.key.rawValue &+ UInt64(lockClass.subclass))
  }

  func listName(_ lockClass: ClassDescription) -> String {
    var text = lockClass.name.isEmpty ? hex16(lockClass.key.rawValue) : lockClass.name
    if lockClass.version > 1 { text += "#\(lockClass.version)" }
    if lockClass.subclass != 0 { text += "/\(lockClass.subclass)" }
    return text
  }

}

extension Graph {
  /// How many classes a search from `root` over strong paths visits, itself included
  /// (`lockdep_count_forward_deps`).
  mutating func reachable(_ direction: Direction, from root: UInt32) -> Int {
    var count = 0
    let root = SearchRoot(classIndex: root, onlyRecursive: false)
    switch direction {
    case .forward:
      _ = search(.forward, from: root, skipsSpecial: false) { _, _, _ in
        count += 1
        return false
      }
    case .backward:
      _ = search(.backward, from: root, skipsSpecial: false) { _, _, _ in
        count += 1
        return false
      }
    }
    return count
  }
}
