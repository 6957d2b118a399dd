internal import ArgumentParser
internal import Glibc
internal import KernelProfiles
internal import LinuxIOMMU
internal import Scenario
internal import ScenarioFormat

/// How a command reads scenarios.
struct ScenarioOptions: ParsableArguments {
  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Change a key of the scenario, such as steps[0].dma.access=read.", valueName: "path=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run under the kernel of this file, or as a kernel of this release, such as 4.19.",
      valueName: "file or release"))
  var kernel: String?

  func load(_ path: String) throws -> ScenarioDescription {
    let overrides = try settings.map { try Override($0) }
    if let kernel, access(kernel, F_OK) != 0, !Self.isFileName(kernel) {
      guard let profile = KernelProfile.chosen(kernel) else {
        throw InputError(
          .notFound, at: Place(whole: "--kernel \(kernel)"),
          "there is no such file, and it is no release that has a profile; \(KernelProfile.choice)"
            + " was expected")
      }
      // What the build has of its own stays: its options, its version, where its calls are.
      var scenario = try ScenarioLoader(overrides: overrides).load(path)
      scenario.build.release = profile.release
      scenario.build.behaviour = profile.behaviour
      return scenario
    }
    return try ScenarioLoader(overrides: overrides, kernelFile: kernel).load(path)
  }

  /// Whether a text can only be meant as a file's name.
  private static func isFileName(_ text: String) -> Bool {
    text == "-" || text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
  }
}
