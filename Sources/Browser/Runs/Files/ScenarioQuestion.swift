internal import KernelProfiles
internal import KernelRuntime
internal import Scenario
internal import ScenarioFormat
internal import Text
internal import YAMLNodes

/// The scenario of a question: `scenario`, `files`, and what the command line's `--set` and `--kernel`
/// are in the program.
struct ScenarioQuestion {
  /// The scenario's path.
  let path: String
  let files: PageFiles
  private let overrides: [Override]
  private let kernel: String?

  init(_ request: Request) throws(Failure) {
    path = try request.wanted("scenario")
    files = try PageFiles(request.value("files"))
    kernel = try request.text("kernel")
    overrides = try Failure.ofInput { () throws(InputError) in
      try Self.overrides(request)
    }
  }

  private static func overrides(_ request: Request) throws(InputError) -> [Override] {
    guard case .array(let values) = request.value("settings") else { return [] }
    var overrides: [Override] = []
    for value in values { overrides.append(try override(value)) }
    return overrides
  }

  /// `PATH=VALUE`, or `{"path": PATH, "value": NODE}`.
  private static func override(_ value: JSONValue) throws(InputError) -> Override {
    func wrong(_ message: String) -> InputError {
      InputError(at: Place(whole: "--set"), message)
    }
    switch value {
    case .string(let text):
      return try Override(text) { (text, file) throws(InputError) in
        // Without YAML's marks, a text is a plain word.
        let marks = "[]{}&*!|>'\"%@`#,?:"
        guard !text.contains(where: { marks.contains($0) }), !text.hasPrefix("- ") else {
          throw wrong("\"\(text)\" is not a plain word; its nodes were expected")
        }
        return try resolved(YAMLNode(.scalar(text, .plain), line: 1, column: 1), file)
      }
    case .object(let members):
      guard case .string(let path) = members.first(where: { $0.0 == "path" })?.1,
        let node = members.first(where: { $0.0 == "value" })?.1
      else { throw wrong("a setting has no \"path\" or no \"value\"") }
      return try Override("\(path)=value") { (_, file) throws(InputError) in
        let value: YAMLNode
        do throws(NodeFailure) {
          value = try NodeReader.node(node)
        } catch {
          throw wrong("the value of \(path) is not a node")
        }
        return try resolved(value, file)
      }
    default: throw wrong("a setting is neither a text nor an object")
    }
  }

  private static func resolved(_ node: YAMLNode, _ file: String) throws(InputError) -> YAMLValue {
    var resolver = NodeResolver(file: file, budget: ReadingBudget())
    return try resolver.value(of: node)
  }

  /// The scenario with all changes.
  func scenario() throws(Failure) -> ScenarioDescription {
    try Failure.ofInput { () throws(InputError) in
      var profile: KernelProfile?
      var kernelFile: String?
      if let kernel {
        if files[kernel] != nil {
          kernelFile = kernel
        } else {
          profile = KernelProfile.chosen(kernel)
          guard profile != nil else {
            throw InputError(
              .notFound, at: Place(whole: "--kernel \(kernel)"),
              "there is no such file, and it is not a release that has a profile;"
                + " \(KernelProfile.choice) was expected")
          }
        }
      }
      let loader = ScenarioLoader(from: files.source, overrides: overrides, kernelFile: kernelFile)
      var scenario = try loader.load(path)
      if let profile { scenario.build.take(profile) }
      return scenario
    }
  }
}

extension Failure {
  /// Does what may throw an error of the input.
  static func ofInput<Result>(_ body: () throws(InputError) -> Result) throws(Failure) -> Result {
    do throws(InputError) {
      return try body()
    } catch {
      throw Failure(error)
    }
  }

  init(_ error: InputError) {
    self.init(
      error.message,
      at: Place(file: error.place.file, line: error.place.line, column: error.place.column),
      text: "\(error)", status: error.kind == .notFound ? 66 : 65)
  }
}
