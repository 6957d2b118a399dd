internal import YAMLNodes

/// Puts a document's events together to its nodes, without recursion: text decides how deep they nest.
struct NodeBuilder {
  /// A list or mapping whose end has not come yet.
  private struct Open {
    let start: Event
    let isMapping: Bool
    /// Of a mapping: its keys and values in turn.
    var children: [YAMLNode] = []
  }

  private var open: [Open] = []
  private(set) var root: YAMLNode?

  /// - Throws: `YAMLSyntaxError` if the event begins a level too many.
  mutating func take(_ event: Event) throws(YAMLSyntaxError) {
    switch event.kind {
    case .scalar(let text, let style):
      add(.scalar(text, style), from: event)
    case .alias(let name):
      add(.alias(name), from: event)
    case .sequenceStart, .mappingStart:
      guard open.count < ReadingBudget.depthLimit else {
        throw YAMLSyntaxError(ReadingBudget.depthMessage, line: event.line, column: event.column)
      }
      open.append(Open(start: event, isMapping: event.kind == .mappingStart))
    case .collectionEnd:
      guard let collection = open.popLast() else { return }
      let content: YAMLNode.Content =
        collection.isMapping
        ? .mapping(Self.pairs(collection.children)) : .sequence(collection.children)
      add(content, from: collection.start)
    case .documentStart, .end, .other:
      break
    }
  }

  private mutating func add(_ content: YAMLNode.Content, from event: Event) {
    let node = YAMLNode(content, anchor: event.anchor, line: event.line, column: event.column)
    if open.isEmpty {
      root = node
    } else {
      open[open.count - 1].children.append(node)
    }
  }

  private static func pairs(_ children: [YAMLNode]) -> [YAMLNode.Pair] {
    stride(from: 0, to: children.count - 1, by: 2).map { index in
      YAMLNode.Pair(key: children[index], value: children[index + 1])
    }
  }
}
