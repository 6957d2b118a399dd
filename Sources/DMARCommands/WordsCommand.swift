internal import ArgumentParser
internal import Glossary
import Text

/// `dmar words`: the glossary.
struct WordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "Explain a term of IOMMUs, of Linux or of this program.",
    discussion: """
      Without a term it lists all of them by topic. Upper and lower case, blanks and hyphens are the \
      same: "fault record", FRCD and Fault-Record give one answer.

      \(ExitStatus.help())
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, markdown }

  @Argument(help: ArgumentHelp("The term; several words are one term.", valueName: "term"))
  var words: [String] = []

  @Option(help: "How to print: text, json, or markdown (the page docs/Glossary.md).")
  var format = Format.text

  func run() throws {
    let topics = try wanted()
    var output = Output()
    switch format {
    case .text where words.isEmpty: for line in Self.list(topics) { output.print(line) }
    case .text: for term in topics.flatMap(\.terms) { output.print(Self.text(term)) }
    case .json: output.print(Self.json(topics).compact)
    case .markdown: output.print(Self.markdown(topics))
    }
    try output.flush()
  }

  /// All topics, or the one term that was asked for.
  private func wanted() throws -> [Topic] {
    if words.isEmpty { return Terms.topics }
    let name = words.joined(separator: " ")
    if let term = Terms.term(name) {
      let topic = Terms.topics.first { $0.terms.contains(term) }
      return [Topic(title: topic?.title ?? "", terms: [term])]
    }
    var suggestions = Terms.suggestions(for: name).map(\.name)
    if suggestions.isEmpty {
      let names = Terms.all.flatMap { [$0.name] + $0.aliases }
      suggestions = [nearest(to: name, in: names)].compactMap { $0 }
    }
    let hint =
      suggestions.isEmpty
      ? "\"dmar words\" lists all terms" : "these are near: " + suggestions.joined(separator: ", ")
    throw ValidationError("no term is called \"\(name)\"; \(hint)")
  }

  /// The names under their topics, as many in a line as fit 100 columns.
  private static func list(_ topics: [Topic]) -> [String] {
    topics.flatMap { topic in
      [topic.title] + wrapped(topic.terms.map(\.name).joined(separator: ", "), indent: 2)
    }
  }

  private static func text(_ term: Term) -> String {
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

  private static func json(_ topics: [Topic]) -> JSONValue {
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
  private static func markdown(_ topics: [Topic]) -> String {
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
