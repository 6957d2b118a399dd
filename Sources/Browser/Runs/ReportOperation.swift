internal import Diagnosis
internal import Recording
internal import Report
internal import Scenario
internal import ScenarioFormat
internal import Text

/// `report`: a run as one page, as `dmar report` writes it, or its requests or its events alone.
enum ReportOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let wanted = try request.texts("want")
    let page = try Page(request)
    var answer = ModuleAnswer()
    if wanted.isEmpty || wanted.contains("html") {
      answer.add("html", .string(page.whole.html))
    }
    if wanted.contains("requests") || wanted.contains("timeline") {
      let view = RunView(page.record, explanation: page.explanation)
      if wanted.contains("requests") { answer.add("requests", .string(view.requests)) }
      if wanted.contains("timeline") { answer.add("timeline", .string(view.timeline)) }
    }
    if wanted.contains("lines") { answer.add("lines", lines: page.lines) }
    return answer
  }

  /// `picture`: one picture of the page as SVG, or all that is known of an event of the last run.
  static func picture(_ request: Request, of last: RunView?) throws(Failure) -> ModuleAnswer {
    if let event = try request.number("event") {
      guard let last else { throw Failure("nothing was run yet; operation run was expected") }
      return ModuleAnswer([("html", .string(last.moment(event)))])
    }
    let name = try request.wanted("name")
    guard let picture = PictureName(rawValue: name) else {
      throw Failure(
        "no picture is called \"\(name)\"; one of "
          + PictureName.allCases.map { $0.rawValue }.joined(separator: ", ") + " was expected")
    }
    guard let svg = try Page(request).whole.picture(picture) else {
      throw Failure(
        "the run has nothing for the picture \(name); \(picture.subject) was expected")
    }
    return ModuleAnswer([("svg", .string(svg))])
  }

  /// A run with all that its page holds.
  private struct Page {
    let record: RunRecord
    let explanation: Explanation?
    let whole: RunPage
    let lines: [String]

    init(_ request: Request) throws(Failure) {
      let question = try ScenarioQuestion(request)
      let producer = try request.text("producer") ?? Module.producer
      let scenario = try question.scenario()
      let result = try Failure.ofInput { () throws(InputError) in
        try ScenarioRun.run(scenario, isRecorded: true)
      }
      guard case .finished(let run) = result, let record = run.record else {
        if case .skipped(let reason) = result { throw Failure("skipped: \(reason)") }
        throw Failure("the run was not recorded")
      }
      self.record = record
      lines = run.lines
      explanation = Explanation(ofLog: run.lines)
      whole = RunPage(
        record, explanation: explanation,
        sources: record.fileNames(of: question.path).compactMap { name in
          question.files.text(name).map { (name, $0) }
        }, producer: producer)
    }
  }
}
