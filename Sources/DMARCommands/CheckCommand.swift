internal import ArgumentParser
internal import Scenario
internal import ScenarioFormat

/// `dmar check`: reads files and says what is wrong with them, for editors and pre-commit hooks.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read files and say what is wrong with them.",
    discussion: """
      Scenarios, kernel and platform files, DMAR tables and PCI snapshots; what a file is, its keys \
      tell. Nothing is run and nothing is printed for a file that is right.

      """ + ExitStatus.help([.badInput, .noInput]))

  @Argument(help: ArgumentHelp("The files.", valueName: "file"))
  var files: [String]

  func run() throws {
    var failures: [InputError] = []
    for file in files {
      do throws(InputError) {
        _ = try FileCheck.check(
          try ScenarioPath.find(file), library: ScenarioPath.shipped)
      } catch {
        StandardError.print("dmar: \(error)")
        failures.append(error)
      }
    }
    if failures.contains(where: { $0.kind == .notFound }) { throw ExitStatus.noInput.code }
    if !failures.isEmpty { throw ExitStatus.badInput.code }
  }
}
