internal import Scenario
internal import ScenarioFormat
internal import Text

/// `matrix`: a scenario under every kernel release and every cure, as `dmar matrix` prints it.
enum MatrixOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let question = try ScenarioQuestion(request)
    let isChanged = try request.flag("changed")
    let width = try request.number("width") ?? 100
    guard (72...1000).contains(width) else {
      throw Failure("\"width\" is \(width); 72 to 1000 columns were expected")
    }
    let scenario = try question.scenario()
    let matrix = try Failure.ofInput { () throws(InputError) in try Matrix(of: scenario) }
    guard let matrix else {
      let reason = try Failure.ofInput { () throws(InputError) in try Matrix.reasonToSkip(scenario)
      }
      return ModuleAnswer([("skipped", .string(reason ?? "it cannot be run here"))])
    }
    let text = MatrixText(isChanged ? matrix.changed : matrix, width: width)
    var answer = ModuleAnswer()
    answer.add("lines", lines: text.lines)
    answer.add("document", .string(text.json))
    return answer
  }
}
