public import ArgumentParser
public import Scenario
internal import ScenarioFormat

/// `dmar new`: a commented scenario to start from.
struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Print a commented scenario to start from.",
    discussion: ExitStatus.help())

  @Argument(help: "What it shows: \(ScenarioTemplate.list).")
  var kind: ScenarioTemplate

  func run() throws {
    var output = Output()
    output.print(String(kind.text.dropLast()))
    try output.flush()
  }
}

extension ScenarioTemplate: ExpressibleByArgument {
  fileprivate static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
