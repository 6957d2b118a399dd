package import YAMLNodes

/// Decides on a parser's nodes what YAML leaves open: what aliases stand for, which keys may stand
/// where, and which word means nothing.
package struct NodeResolver {
  /// A value with what it costs to repeat it.
  private struct Resolved {
    let value: YAMLValue
    /// The values in it, itself included.
    let count: Int
    /// How many values stand in each other in it.
    let depth: Int
  }

  private let file: String
  package private(set) var budget: ReadingBudget
  private var anchors: [String: Resolved] = [:]

  /// - Parameters:
  ///   - file: the file that the places name.
  ///   - budget: pays for what aliases repeat; whoever made the nodes has paid for them.
  package init(file: String, budget: ReadingBudget) {
    self.file = file
    self.budget = budget
  }

  /// - Throws: `InputError` at a duplicate key, a key that is not a word, an alias without anchor, and
  ///   where the budget ends.
  package mutating func value(of root: YAMLNode) throws(InputError) -> YAMLValue {
    try resolve(root).value
  }

  private mutating func resolve(_ node: YAMLNode) throws(InputError) -> Resolved {
    let place = place(of: node)
    let resolved: Resolved
    switch node.content {
    case .scalar(let text, let style):
      // YAML's ways to write nothing, where they are plain.
      let isNothing = style == .plain && ["~", "null", "Null", "NULL"].contains(text)
      resolved = Resolved(
        value: YAMLValue(.scalar(isNothing ? "" : text), at: place), count: 1, depth: 1)
    case .alias(let name):
      return try followed(name, at: place)
    case .sequence(let nodes):
      var elements: [YAMLValue] = []
      var (count, depth) = (1, 0)
      for node in nodes {
        let element = try resolve(node)
        elements.append(element.value)
        count += element.count
        depth = max(depth, element.depth)
      }
      resolved = Resolved(
        value: YAMLValue(.sequence(elements), at: place), count: count, depth: depth + 1)
    case .mapping(let pairs):
      var entries: [YAMLValue.Entry] = []
      var (count, depth) = (1, 0)
      for pair in pairs {
        let (key, keyPlace) = try key(pair.key)
        let element = try resolve(pair.value)
        entries.append(YAMLValue.Entry(key: key, keyPlace: keyPlace, value: element.value))
        count += element.count
        depth = max(depth, element.depth)
      }
      try Self.refuseDuplicates(entries)
      resolved = Resolved(
        value: YAMLValue(.mapping(entries), at: place), count: count, depth: depth + 1)
    }
    guard resolved.depth <= ReadingBudget.depthLimit else {
      throw InputError(at: place, ReadingBudget.depthMessage)
    }
    if let anchor = node.anchor { anchors[anchor] = resolved }
    return resolved
  }

  private mutating func followed(_ name: String, at place: Place) throws(InputError) -> Resolved {
    guard let repeated = anchors[name] else {
      throw InputError(at: place, "found undefined alias; well-formed YAML was expected")
    }
    guard budget.spend(repeated.count) else {
      throw InputError(at: place, ReadingBudget.message)
    }
    return repeated
  }

  private mutating func key(_ node: YAMLNode) throws(InputError) -> (String, Place) {
    if case .scalar(let text, _) = node.content {
      if node.anchor != nil { _ = try resolve(node) }
      return (text, place(of: node))
    }
    if case .alias(let name) = node.content {
      let repeated = try followed(name, at: place(of: node)).value
      if let text = repeated.scalar { return (text, repeated.place) }
    }
    throw InputError(
      at: place(of: node), "a key that is itself a structure; a word was expected")
  }

  /// - Throws: `InputError` at the first key, in the order of their names, that stands twice.
  private static func refuseDuplicates(_ entries: [YAMLValue.Entry]) throws(InputError) {
    var places: [String: Place] = [:]
    var twice: Set<String> = []
    for entry in entries {
      if places[entry.key] == nil {
        places[entry.key] = entry.keyPlace
      } else {
        twice.insert(entry.key)
      }
    }
    let names = twice.sorted()
    guard let first = names.first, let place = places[first] else { return }
    let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
    throw InputError(
      at: place, "the key \(list) stands twice in one mapping; once was expected")
  }

  private func place(of node: YAMLNode) -> Place {
    Place(file: file, line: node.line, column: node.column)
  }
}
