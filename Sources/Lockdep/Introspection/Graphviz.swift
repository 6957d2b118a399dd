extension Validator {
  /// The dependency graph for Graphviz: a node a class with its usage, an edge a dependency with
  /// its kinds; dashed where only recursive readers wait.
  public func graphviz(name: String) -> [String] {
    var lines = ["digraph \(quoted(name)) {", "  node [shape=box];"]
    for index in 0..<UInt32(classInfo.count) {
      guard let lockClass = describe(index) else { continue }
      let usage = lockClass.usage
      let isUsedInIRQ = !usage.intersection(.usedInAny).isEmpty
      let label =
        "\(listName(lockClass))\n{\(usage)}-{\(lockClass.waitOuter):\(lockClass.waitInner)}"
      lines.append(
        "  c\(index) [label=\(quoted(label))\(isUsedInIRQ ? ", style=bold" : "")];")
    }
    for index in 0..<UInt32(classInfo.count) {
      for edge in successors(of: index) {
        let kinds = edge.kinds.names.joined(separator: " ")
        let isRecursive = edge.kinds.isSubset(of: [.exclusiveToRecursive, .sharedToRecursive])
        lines.append(
          "  c\(edge.from) -> c\(edge.to) [label=\(quoted(kinds))"
            + "\(isRecursive ? ", style=dashed" : "")];")
      }
    }
    lines.append("}")
    return lines
  }

  private func quoted(_ text: String) -> String {
    var quoted = "\""
    for character in text {
      switch character {
      case "\"", "\\": quoted += "\\\(character)"
      case "\n": quoted += "\\n"
      default: quoted.append(character)
      }
    }
    return quoted + "\""
  }
}

extension EdgeKinds {
  /// `SR`, `ER`, `SN`, `EN` of the kinds seen.
  var names: [String] {
    let all: [(EdgeKinds, String)] = [
      (.sharedToRecursive, "SR"), (.exclusiveToRecursive, "ER"), (.sharedToBlocking, "SN"),
      (.exclusiveToBlocking, "EN"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
