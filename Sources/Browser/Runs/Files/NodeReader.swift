internal import Text
internal import YAMLNodes

/// Reads a YAML document from the form in which a page sends it: arrays, as docs/Browser.md has them.
enum NodeReader {
  /// - Throws: `Failure` where a node has another form; `YAMLSyntaxError` where nodes stand too deep
  ///   in each other, which is the document's fault.
  static func node(_ value: JSONValue, depth: Int = 1) throws(NodeFailure) -> YAMLNode {
    guard case .array(let parts) = value, (4...5).contains(parts.count),
      let line = number(parts[0]), let column = number(parts[1]), case .string(let kind) = parts[2]
    else { throw .form }
    guard depth <= ReadingBudget.depthLimit else {
      throw .document(YAMLSyntaxError(ReadingBudget.depthMessage, line: line, column: column))
    }
    var anchor: String?
    if parts.count == 5 {
      guard case .string(let name) = parts[4] else { throw .form }
      anchor = name
    }
    return YAMLNode(
      try content(kind, parts[3], depth), anchor: anchor, line: line, column: column)
  }

  private static func content(_ kind: String, _ value: JSONValue, _ depth: Int)
    throws(NodeFailure) -> YAMLNode.Content
  {
    switch (kind, value) {
    case ("[", .array(let elements)):
      return .sequence(try nodes(elements, depth))
    case ("{", .array(let elements)):
      guard elements.count.isMultiple(of: 2) else { throw .form }
      let nodes = try nodes(elements, depth)
      return .mapping(
        stride(from: 0, to: nodes.count, by: 2).map {
          YAMLNode.Pair(key: nodes[$0], value: nodes[$0 + 1])
        })
    case ("*", .string(let name)): return .alias(name)
    case (_, .string(let text)):
      guard let style = style(kind) else { throw .form }
      return .scalar(text, style)
    default: throw .form
    }
  }

  private static func nodes(_ values: [JSONValue], _ depth: Int) throws(NodeFailure) -> [YAMLNode] {
    var nodes: [YAMLNode] = []
    nodes.reserveCapacity(values.count)
    for value in values { nodes.append(try node(value, depth: depth + 1)) }
    return nodes
  }

  private static func style(_ letter: String) -> YAMLNode.Style? {
    switch letter {
    case "p": .plain
    case "s": .singleQuoted
    case "d": .doubleQuoted
    case "l": .literal
    case "f": .folded
    default: nil
    }
  }

  static func number(_ value: JSONValue) -> Int? {
    if case .unsigned(let number) = value { return Int(exactly: number) }
    return nil
  }
}

/// Why there are no nodes.
enum NodeFailure: Error {
  /// The page sent something that is not a node.
  case form
  /// The document itself is not to be read.
  case document(YAMLSyntaxError)
}
