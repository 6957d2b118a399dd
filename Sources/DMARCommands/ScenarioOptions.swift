internal import ArgumentParser
internal import Scenario

/// How a command reads scenarios.
struct ScenarioOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Change a key of the scenario, such as steps[0].dma.access=read.", valueName: "path=value"))
  var settings: [String] = []

  @Option(help: ArgumentHelp("Run under the kernel of this file.", valueName: "file"))
  var kernel: String?

  func load(_ path: String) throws -> ScenarioDescription {
    let overrides = try settings.map { try Override($0) }
    return try ScenarioLoader(overrides: overrides, kernelFile: kernel).load(path)
  }
}
