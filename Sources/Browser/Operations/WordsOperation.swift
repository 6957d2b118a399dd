internal import Glossary
internal import Text

/// `words`: the glossary, as `dmar words` prints it.
enum WordsOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let name = try request.text("term") ?? ""
    do throws(GlossaryText.NoTerm) {
      let topics = try GlossaryText.topics(of: name)
      var answer = ModuleAnswer([("terms", GlossaryText.json(topics))])
      answer.add(
        "lines",
        lines: name.isEmpty
          ? GlossaryText.list(topics)
          : topics.flatMap { $0.terms }.map { GlossaryText.text($0) })
      return answer
    } catch {
      throw Failure(error.description)
    }
  }
}
