internal import Diagnosis
internal import KernelLog
internal import KernelRuntime
internal import Machine
internal import Recording
internal import Report
internal import Scenario
internal import ScenarioFormat
internal import Text

/// `run`: what a scenario's kernel prints, as `dmar replay` has it, whether it is as expected, and the run
/// in parts.
enum RunOperation {
  static func answer(_ request: Request, _ last: inout RunView?) throws(Failure) -> ModuleAnswer {
    let question = try ScenarioQuestion(request)
    let isTraced = try request.flag("trace")
    let isJSON = try request.text("format") == "json"
    let hasTimes = try request.flag("timestamps", otherwise: true)
    let wantsRecord = try request.flag("record")
    let wantsParts = try request.flag("parts", otherwise: true)
    let steps = try request.number("steps")
    last = nil
    let scenario = try question.scenario()
    let result = try Failure.ofInput { () throws(InputError) in
      try ScenarioRun.run(
        scenario, firstSteps: steps ?? .max, isRecorded: isTraced || wantsRecord || wantsParts)
    }
    switch result {
    case .skipped(let reason):
      return ModuleAnswer([
        ("skipped", .string(reason)), ("lines", .array([])),
        ("messages", .array([.string("dmar: \(question.path): skipped: \(reason)")])),
      ])
    case .finished(let run):
      var answer = ModuleAnswer()
      answer.add(
        "lines",
        lines: ReplayText.lines(
          of: isTraced ? run.record : nil, log: run.log, isJSON: isJSON, timestamps: hasTimes,
          glyphs: .unicode))
      answer.add("messages", lines: run.messages(about: question.path))
      answer.add("release", .string(scenario.build.release))
      let verdict = Verdict(of: run, against: scenario.expectation)
      answer.add("failures", lines: verdict.mismatches.map { "\($0)" })
      if wantsRecord, let record = run.record {
        answer.add("record", .array(record.jsonLines.map { .string($0) }))
      }
      if wantsParts, let record = run.record {
        let view = RunView(record, explanation: Explanation(ofLog: run.lines))
        last = view
        answer.add("parts", parts(of: view))
      }
      return answer
    }
  }

  private static func parts(of view: RunView) -> JSONValue {
    .object([
      ("verdict", .string(view.verdict)), ("log", .string(view.log)),
      ("timeline", .string(view.timeline)), ("tables", .string(view.tables)),
      ("locks", .string(view.locks)),
    ])
  }
}
