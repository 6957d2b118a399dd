internal import Text

/// The scenario's files as they are written.
struct SourceSection {
  private let sources: [(name: String, text: String)]
  private static let limit = 60_000

  init(_ sources: [(name: String, text: String)]) { self.sources = sources }

  var elements: [Element] {
    var parts: [Element] = []
    for source in sources {
      let text =
        source.text.utf8.count > Self.limit
        ? String(source.text.prefix(Self.limit)) + "\n..." : source.text
      parts.append(.tag("h3", [], source.name))
      parts.append(.tag("pre", [.style("yaml"), .focusable], text))
    }
    return parts
  }
}
