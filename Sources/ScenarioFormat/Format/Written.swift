internal import Text

/// A value on its way into a file: text with layout and comments, and nothing to be decided any more.
package indirect enum Written: Hashable, Sendable {
  /// As it is printed, quotation marks included.
  case scalar(String)
  case list([Written], isFlow: Bool)
  case mapping(Mapping)

  package struct Entry: Hashable, Sendable {
    package var key: String
    package var notes: [String] = []
    package var value: Written
  }

  package struct Mapping: Hashable, Sendable {
    package var entries: [Entry] = []
    package var isFlow: Bool
    package var notes = Notes()
  }

  /// Nothing stands in it.
  var isEmpty: Bool {
    switch self {
    case .scalar(let text): text.isEmpty
    case .list(let elements, _): elements.isEmpty
    case .mapping(let mapping): mapping.entries.isEmpty
    }
  }

  /// Whether it takes one line.
  private var isFlow: Bool {
    switch self {
    case .scalar: true
    case .list(let elements, let isFlow): isFlow || elements.isEmpty
    case .mapping(let mapping): mapping.isFlow || mapping.entries.isEmpty
    }
  }

  private var notes: Notes {
    if case .mapping(let mapping) = self { mapping.notes } else { Notes() }
  }

  /// In one line, without comments.
  package var flow: String {
    switch self {
    case .scalar(let text): text
    case .list(let elements, _): "[\(elements.map { $0.flow }.joined(separator: ", "))]"
    case .mapping(let mapping):
      "{\(mapping.entries.map { "\($0.key): \($0.value.flow)" }.joined(separator: ", "))}"
    }
  }

  /// The lines of a file that holds this mapping.
  ///
  /// - Parameter isSpaced: an empty line stands between its keys.
  package func document(isSpaced: Bool = false) -> String {
    guard case .mapping(let mapping) = self else { return flow + "\n" }
    var lines = Self.comments(mapping.notes.lines)
    for (index, entry) in mapping.entries.enumerated() {
      if isSpaced, index > 0 { lines.append("") }
      lines += Self.lines(of: entry, indent: "")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The lines of a list's element, from its dash on.
  package func element(indent: String) -> [String] {
    var lines = Self.comments(notes.lines, indent: indent)
    let inner = isFlow || isShortMapping ? [] : block(indent: indent + "  ")
    if inner.isEmpty {
      lines.append("\(indent)- \(shortOrFlow)\(remark)")
    } else {
      // The first key stands behind the dash.
      lines.append("\(indent)- \(inner[0].dropFirst(indent.utf8.count + 2))")
      lines += inner.dropFirst()
    }
    return lines
  }

  /// Comment lines; a text of several lines stays a comment.
  private static func comments(_ texts: [String], indent: String = "") -> [String] {
    texts.flatMap { $0.split(omittingEmptySubsequences: false, whereSeparator: { $0.isNewline }) }
      .map { "\(indent)# \(PrintableText.oneLine(String($0)))" }
  }

  private var remark: String { notes.behind.isEmpty ? "" : "  # \(notes.behind)" }

  /// A mapping with one key, which needs no brackets as an element of a list.
  private var isShortMapping: Bool {
    if case .mapping(let mapping) = self, mapping.entries.count == 1 {
      return mapping.entries[0].value.isFlow && mapping.entries[0].notes.isEmpty
    }
    return false
  }

  private var shortOrFlow: String {
    if case .mapping(let mapping) = self, isShortMapping {
      let entry = mapping.entries[0]
      return "\(entry.key): \(entry.value.flow)\(entry.value.remark)"
    }
    return flow
  }

  private static func lines(of entry: Entry, indent: String) -> [String] {
    let comments = Self.comments(entry.notes + entry.value.notes.lines, indent: indent)
    if entry.value.isFlow {
      return comments + ["\(indent)\(entry.key): \(entry.value.flow)\(entry.value.remark)"]
    }
    return comments + ["\(indent)\(entry.key):"] + entry.value.block(indent: indent + "  ")
  }

  private func block(indent: String) -> [String] {
    switch self {
    case .scalar(let text): ["\(indent)\(text)"]
    case .list(let elements, _): elements.flatMap { $0.element(indent: indent) }
    case .mapping(let mapping): mapping.entries.flatMap { Self.lines(of: $0, indent: indent) }
    }
  }
}
