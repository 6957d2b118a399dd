internal import Scenario
internal import ScenarioFormat
internal import Text

/// `check`: reads a file of any kind that the program knows, as `dmar check` does.
enum CheckOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let path = try request.wanted("scenario")
    let files = try PageFiles(request.value("files"))
    let kind = try Failure.ofInput { () throws(InputError) in
      try FileCheck.check(path, in: files.source)
    }
    return ModuleAnswer([("kind", .string(kind.rawValue))])
  }
}
