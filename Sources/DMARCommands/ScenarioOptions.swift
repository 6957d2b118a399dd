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

  /// - Parameter name: the scenario's file, or one that came with the program (``ScenarioPath``).
  func load(_ name: String) throws -> ScenarioDescription {
    try Self.scenario(of: tree(of: name), as: profile())
  }

  /// The scenario's files, read once, with the changes of the command line.
  func tree(of name: String) throws -> ScenarioTree {
    let overrides = try settings.map { try Override($0) }
    let file = try profile() == nil ? kernel : nil
    return try ScenarioLoader(
      overrides: overrides, kernelFile: file, library: ScenarioPath.shipped
    ).tree(of: try ScenarioPath.find(name))
  }

  /// The scenario of files that were read, as a kernel of a release if one is given.
  static func scenario(
    of tree: ScenarioTree, with overrides: [Override] = [], as profile: KernelProfile?
  ) throws -> ScenarioDescription {
    var scenario = try tree.scenario(with: overrides)
    if let profile { scenario.build.take(profile) }
    return scenario
  }

  /// The release that `--kernel` names; nil where it names a file, or is not there.
  ///
  /// - Throws: `InputError` where it is neither.
  func profile() throws -> KernelProfile? {
    guard let kernel, access(kernel, F_OK) != 0, !Self.isFileName(kernel) else { return nil }
    guard let profile = KernelProfile.chosen(kernel) else {
      throw InputError(
        .notFound, at: Place(whole: "--kernel \(kernel)"),
        "there is no such file, and it is not a release that has a profile; \(KernelProfile.choice)"
          + " was expected")
    }
    return profile
  }

  /// Whether a text can only be meant as a file's name.
  private static func isFileName(_ text: String) -> Bool {
    text == "-" || text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
  }
}
