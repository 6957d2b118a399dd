internal import Text
package import YAMLNodes

extension Written {
  /// The nodes that a parser makes of the file that it becomes. Where nothing is printed, its places have
  /// no meaning: all are the file's beginning.
  package var node: YAMLNode {
    switch self {
    case .scalar(let text): Self.scalar(text)
    case .list(let elements, _):
      YAMLNode(.sequence(elements.map { $0.node }), line: 1, column: 1)
    case .mapping(let mapping):
      YAMLNode(
        .mapping(
          mapping.entries.map {
            YAMLNode.Pair(key: Self.scalar($0.key), value: $0.value.node)
          }), line: 1, column: 1)
    }
  }

  private static func scalar(_ text: String) -> YAMLNode {
    if let inside = Escaping.textOfYAML(text) {
      return YAMLNode(.scalar(inside, .doubleQuoted), line: 1, column: 1)
    }
    return YAMLNode(.scalar(text, .plain), line: 1, column: 1)
  }
}
