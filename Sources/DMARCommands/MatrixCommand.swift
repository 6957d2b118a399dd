internal import ArgumentParser
internal import Scenario
internal import ScenarioFormat

/// `dmar matrix`: one scenario under every kernel release and every cure.
struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix", abstract: "Run a scenario under every kernel release and every cure.",
    discussion: """
      Each row is compared with the one above it: lines that came (+) and went (-), and the changes \
      in the kernel that did it. The cures are for the kernel that the scenario describes.

      \(ExitStatus.help([.badInput, .noInput]))
      """)

  @Argument(help: ArgumentHelp("A scenario file.", valueName: "scenario"))
  var scenario: String

  @OptionGroup var options: ScenarioOptions

  @Option(help: "A table, or one JSON document.")
  var format = ReplayCommand.Format.text

  @Flag(help: "Leave out releases that print what the one above them prints.")
  var changed = false

  @Option(
    help: ArgumentHelp(
      "Columns that the table may take; those of the terminal, or 100.", valueName: "columns"))
  var width: Int?

  func validate() throws {
    if let width, !(72...1000).contains(width) {
      throw ValidationError("--width: \(width) columns; 72 to 1000 were expected")
    }
  }

  func run() throws {
    let description = try reportingInputErrors { try options.load(scenario) }
    guard let matrix = try reportingInputErrors({ try Matrix(of: description) }) else {
      let reason = try reportingInputErrors { try Matrix.reasonToSkip(description) }
      StandardError.print("dmar: \(scenario): skipped: \(reason ?? "it cannot be run here")")
      throw ExitStatus.badInput.code
    }
    let text = MatrixText(changed ? matrix.changed : matrix, width: width ?? Terminal.columns)
    var output = Output()
    switch format {
    case .text: for line in text.lines { output.print(line) }
    case .json: output.print(text.json)
    }
    try output.flush()
  }
}
