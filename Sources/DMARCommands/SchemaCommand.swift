public import ArgumentParser
public import ScenarioFormat

/// `dmar schema`: the JSON Schema of a kind of files, for editors.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of a kind of files.",
    discussion: ExitStatus.help())

  @Argument(help: "What the files are: \(FileKind.list).")
  var kind = FileKind.scenario

  @Flag(help: "Print the reference of all kinds instead, as Markdown.")
  var reference = false

  func run() throws {
    var output = Output()
    output.print(String((reference ? FileKind.reference : kind.jsonSchema).dropLast()))
    try output.flush()
  }
}

extension FileKind: ExpressibleByArgument {
  fileprivate static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
