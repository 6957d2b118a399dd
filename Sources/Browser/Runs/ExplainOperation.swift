internal import Diagnosis
internal import Report
internal import Text

/// `explain`: what the faults in logs mean, as `dmar explain` says it.
enum ExplainOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let wanted = try request.texts("want")
    let width = try request.number("width") ?? 100
    let evidence = try Evidence(try PageFiles(request.value("files")))
    let explanation = evidence.explanation
    guard !explanation.isEmpty else {
      let names = evidence.pieces.map { $0.name }
      if let (name, words) = evidence.unread.first {
        throw Failure(
          "\(name): \(words); a kernel log was expected, as text or packed (gzip)", status: 65)
      }
      throw Failure(
        Explanation.complaint(
          name: names.count == 1 ? names[0] : "the files", isEmpty: evidence.byteCount == 0),
        status: 65)
    }
    var answer = ModuleAnswer()
    func wants(_ name: String) -> Bool {
      wanted.isEmpty ? name != "ndjson" && name != "report" : wanted.contains(name)
    }
    if wants("text") {
      let text = ExplanationText(width: width, isColoured: false)
      answer.add("text", .string(PrintableText.lines(text.render(explanation)) + "\n"))
    }
    let json = ExplanationJSON(explanation)
    if wants("json") { answer.add("json", .string(json.document + "\n")) }
    if wants("ndjson") {
      answer.add("ndjson", .string(json.lines.map { $0 + "\n" }.joined()))
    }
    if wants("report") {
      answer.add("report", .string(PrintableText.lines(ReportText(explanation).text) + "\n"))
    }
    let lines = evidence.lines(of: explanation.contents.files)
    if wants("html") {
      answer.add(
        "html", .string(ExplanationPage.fragment(explanation, line: { lines[$0] })))
    }
    if wants("page") {
      let producer = try request.text("producer") ?? Module.producer
      let page = ExplanationPage.html(explanation, producer: producer, line: { lines[$0] })
      answer.add("page", .string(page))
    }
    if let severity = explanation.severity { answer.add("severity", .string(severity.rawValue)) }
    answer.add("messages", lines: evidence.unread.map { "dmar: not read: \($0.name): \($0.words)" })
    return answer
  }
}
