internal import ArgumentParser
internal import KernelLog
internal import Machine
internal import Recording
internal import Report
internal import Scenario
internal import ScenarioFormat
import Text

/// `dmar replay`: runs scenarios and prints what their kernels print.
struct ReplayCommand: ParsableCommand {
  // With a super command named, the parser does not look for completion-script options when it
  // parses this command alone; that would double the time of parsing.
  static let configuration = CommandConfiguration(
    commandName: "replay", _superCommandName: "dmar",
    abstract: "Run scenarios and print the kernel's log.",
    discussion: ExitStatus.help([.badInput, .noInput, .cannotCreate]))

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
  }

  @Argument(help: ArgumentHelp("Scenario files.", valueName: "scenario"))
  var scenarios: [String]

  @OptionGroup var options: ScenarioOptions

  @Option(help: "Lines of text, or one JSON object a line.")
  var format = Format.text

  @Flag(inversion: .prefixedNo, help: "Print time stamps as dmesg does.")
  var timestamps = true

  @Option(
    help: ArgumentHelp(
      "Write what the kernel's debugfs files hold at the end to this folder.", valueName: "folder"))
  var debugfs: String?

  @Flag(help: "Print what hardware and CPU do between the kernel's lines.")
  var trace = false

  @Flag(
    help: ArgumentHelp(
      "Print the scenario as a qtest session instead: what kernel and steps do to the hardware."))
  var qtestScript = false

  @Option(
    help: ArgumentHelp(
      "Stop a scenario that takes longer, with exit 65; 0 for no limit.", valueName: "seconds"))
  var timeout = TimeLimit(0)

  func validate() throws {
    if qtestScript, scenarios.count != 1 || debugfs != nil || trace || format != .text {
      throw ValidationError(
        "--qtest-script is for one scenario, without --debugfs, --trace, --format")
    }
    if debugfs != nil, scenarios.count != 1 {
      throw ValidationError("--debugfs is for one scenario; \(scenarios.count) were given")
    }
  }

  func run() throws {
    if qtestScript { return try printQTestScript() }
    // All scenarios run before anything is printed, so that one that cannot be read does not leave
    // half an output.
    let runs = try reportingInputErrors {
      try scenarios.map { path in
        let limit = StepLimit(timeout.duration)
        return try (
          path: path,
          result: ScenarioRun.run(
            options.load(path), isRecorded: trace, watching: limit.watch)
        )
      }
    }
    var output = Output()
    for (path, result) in runs {
      switch result {
      case .skipped(let reason):
        StandardError.print("dmar: \(path): skipped: \(reason)")
      case .finished(let run):
        if let debugfs {
          try DebugfsFolder.write(run, to: debugfs)
        }
        for message in run.messages(about: path) { StandardError.print(message) }
        let lines = ReplayText.lines(
          of: run.record, log: run.log, isJSON: format == .json, timestamps: timestamps,
          glyphs: TerminalGlyphs.current)
        for line in lines { output.print(line) }
      }
    }
    try output.flush()
  }

  private func printQTestScript() throws {
    let path = scenarios[0]
    guard let script = try reportingInputErrors({ try QTestScript.make(of: options.load(path)) })
    else {
      return StandardError.print("dmar: \(path): skipped: this machine has no PCI bus for it")
    }
    StandardError.print(
      "dmar: for dmar-system-x86_64 \(script.arguments.joined(separator: " "))")
    var output = Output()
    for request in script.requests { output.print(request) }
    try output.flush()
  }
}
