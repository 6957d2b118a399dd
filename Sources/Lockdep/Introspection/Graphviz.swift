import Text

extension Validator {
  /// The dependency graph for Graphviz: a node a class with its usage, an edge a dependency with
  /// its kinds; dashed where only recursive readers wait.
  public func graphviz(name: String) -> [String] {
    var lines = ["digraph \(Escaping.dot(name)) {", "  node [shape=box];"]
    for index in 0..<UInt32(classInfo.count) {
      guard let lockClass = describe(index) else { continue }
      let usage = lockClass.usage
      let isUsedInIRQ = !usage.intersection(.usedInAny).isEmpty
      let label =
        "\(listName(lockClass))\n{\(usage)}-{\(lockClass.waitOuter):\(lockClass.waitInner)}"
      lines.append(
        "  c\(index) [label=\(Escaping.dot(label))\(isUsedInIRQ ? ", style=bold" : "")];")
    }
    for index in 0..<UInt32(classInfo.count) {
      for edge in successors(of: index) {
        let kinds = edge.kinds.names.joined(separator: " ")
        let isRecursive = edge.kinds.isSubset(of: [.exclusiveToRecursive, .sharedToRecursive])
        lines.append(
          "  c\(edge.from) -> c\(edge.to) [label=\(Escaping.dot(kinds))"
            + "\(isRecursive ? ", style=dashed" : "")];")
      }
    }
    lines.append("}")
    return lines
  }
}

extension EdgeKinds {
  /// `SR`, `ER`, `SN`, `EN` of the kinds seen.
  var names: [String] {
    let all: [(EdgeKinds, String)] = [
      (.sharedToRecursive, "SR"), (.exclusiveToRecursive, "ER"), (.sharedToBlocking, "SN"),
      (.exclusiveToBlocking, "EN"),
    ]
    return all.filter { contains($0.0) }.map { $0.1 }
  }
}
