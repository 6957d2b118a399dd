internal import ArgumentParser
internal import Scenario

/// `dmar schema`: the JSON Schema of scenario files, for editors.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of scenario files.",
    discussion: ExitStatus.help())

  func run() throws {
    var output = Output()
    output.print(String(ScenarioLoader.jsonSchema.dropLast()))
    try output.flush()
  }
}
