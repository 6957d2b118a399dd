package import Text

/// The glossary as `dmar words` prints it.
package enum GlossaryText {
  /// A term that the glossary has not.
  package struct NoTerm: Error, CustomStringConvertible {
    /// What was asked for, and what is near.
    package let description: String
  }

  /// The one term of a name with its topic; all topics where the name is empty.
  package static func topics(of name: String) throws(NoTerm) -> [Topic] {
    if name.isEmpty { return Terms.topics }
    if let term = Terms.term(name) {
      let topic = Terms.topics.first { $0.terms.contains(term) }
      return [Topic(title: topic?.title ?? "", terms: [term])]
    }
    var suggestions = Terms.suggestions(for: name).map { $0.name }
    if suggestions.isEmpty {
      let names = Terms.all.flatMap { [$0.name] + $0.aliases }
      suggestions = [nearest(to: name, in: names)].compactMap { $0 }
    }
    let hint =
      suggestions.isEmpty
      ? "\"dmar words\" lists all terms" : "these are near: " + suggestions.joined(separator: ", ")
    throw NoTerm(description: "no term is called \"\(name)\"; \(hint)")
  }

  /// The names under their topics, as many in a line as fit 100 columns.
  package static func list(_ topics: [Topic]) -> [String] {
    topics.flatMap { topic in
      [topic.title] + wrapped(topic.terms.map { $0.name }.joined(separator: ", "), indent: 2)
    }
  }

  /// A term with all that is known of it.
  package static func text(_ term: Term) -> String {
    var lines = [term.name]
    if !term.aliases.isEmpty {
      lines += wrapped("also: " + term.aliases.joined(separator: ", "), indent: 2)
    }
    lines += wrapped(term.meaning, indent: 2)
    if !term.related.isEmpty {
      lines += wrapped("see also: " + term.related.joined(separator: ", "), indent: 2)
    }
    return lines.joined(separator: "\n")
  }

  /// The terms for programs.
  package static func json(_ topics: [Topic]) -> JSONValue {
    .array(
      topics.flatMap { topic in
        topic.terms.map { term in
          .object([
            ("term", .string(term.name)), ("topic", .string(topic.title)),
            ("aliases", .array(term.aliases.map { .string($0) })),
            ("meaning", .string(term.meaning)),
            ("related", .array(term.related.map { .string($0) })),
          ])
        }
      })
  }

  /// The page `docs/Glossary.md`; `make docs` writes it.
  package static func markdown(_ topics: [Topic]) -> String {
    var lines = [
      "# Glossary", "",
      "This page is made by `dmar words --format markdown`. `dmar words TERM` shows one term.",
    ]
    for topic in topics {
      lines += ["", "## " + topic.title]
      for term in topic.terms {
        let aliases = term.aliases.isEmpty ? "" : " (\(names(term.aliases)))"
        lines += ["", "**\(term.name)**" + aliases, "", term.meaning]
        if !term.related.isEmpty { lines += ["See also: \(names(term.related))."] }
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func names(_ names: [String]) -> String { names.joined(separator: ", ") }

  /// Lines of at most 100 columns, broken at blanks.
  private static func wrapped(_ text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in text.split(separator: " ") {
      if line.count > indent, line.count + 1 + word.count > 100 {
        lines.append(line)
        line = margin
      }
      line += (line.count > indent ? " " : "") + word
    }
    return lines + [line]
  }
}
