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
    let topics: [Topic]
    do throws(GlossaryText.NoTerm) {
      topics = try GlossaryText.topics(of: words.joined(separator: " "))
    } catch {
      throw ValidationError(error.description)
    }
    var output = Output()
    switch format {
    case .text where words.isEmpty:
      for line in GlossaryText.list(topics) { output.print(line) }
    case .text:
      for term in topics.flatMap(\.terms) { output.print(GlossaryText.text(term)) }
    case .json: output.print(GlossaryText.json(topics).compact)
    case .markdown: output.print(GlossaryText.markdown(topics))
    }
    try output.flush()
  }
}
