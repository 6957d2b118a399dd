public import ArgumentParser
internal import Diagnosis
internal import Recording
public import Report
internal import Scenario
internal import ScenarioFormat
internal import Text

/// `dmar report`: a run as one page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a run as one HTML file with pictures.",
    discussion: """
      The file holds all of it: verdict, way and walk of each request that was blocked or met a stale \
      translation, tables, locks, timeline, the kernel's log and the scenario. It needs no network and \
      no script, and can be mailed and printed. With --svg it is one picture instead, with --text the \
      same picture as text of at most 100 columns. With \
      --interactive the file holds the machine too, so that whoever opens it can change the scenario \
      and run it again; it takes the page that `make site` builds.

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate]))
      """)

  @Argument(help: ArgumentHelp("A scenario file.", valueName: "scenario"))
  var scenario: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output = "-"

  @Option(
    help: ArgumentHelp(
      "Write one picture as SVG: \(PictureName.allCases.map { $0.rawValue }.joined(separator: ", ")).",
      valueName: "picture"))
  var svg: PictureName?

  @Option(
    help: ArgumentHelp("Write one picture, one of the same, as text.", valueName: "picture"))
  var text: PictureName?

  @Flag(help: "Put the machine into the file, so that the scenario can be changed and run there.")
  var interactive = false

  @Option(
    help: ArgumentHelp(
      "Stop a scenario that takes longer, with exit 65; 0 for no limit.", valueName: "seconds"))
  var timeout = TimeLimit(0)

  @OptionGroup var options: ScenarioOptions

  func validate() throws {
    if interactive, svg != nil || text != nil {
      throw ValidationError(
        "\(svg == nil ? "--text" : "--svg") is one picture and --interactive a page; one of the two was "
          + "expected")
    }
    if svg != nil, text != nil {
      throw ValidationError("--svg and --text are two forms of a picture; one was expected")
    }
    if interactive, options.kernel != nil || !options.settings.isEmpty {
      throw ValidationError(
        "--interactive holds the scenario as its files have it, without --kernel and --set; both can be "
          + "chosen in the page")
    }
  }

  func run() throws {
    let site = interactive ? try SitePage() : nil
    let result = try reportingInputErrors {
      let limit = StepLimit(timeout.duration)
      return try ScenarioRun.run(
        options.load(scenario), isRecorded: true, watching: limit.watch)
    }
    guard case .finished(let run) = result, var record = run.record else {
      if case .skipped(let reason) = result {
        StandardError.print("dmar: \(scenario): skipped: \(reason)")
      }
      throw ExitStatus.badInput.code
    }
    // Its steps may stand in the file that it extends.
    record.scenario = scenario
    let page = RunPage(
      record, explanation: Explanation(ofLog: run.lines),
      sources: RunSources.read(record, scenario: scenario), producer: RunSources.producer)
    if let site {
      let files = try LabCommand.files(of: scenario, options)
      return try OutputFile.write(site.beginning(with: files, report: page.content), to: output)
    }
    guard let name = svg ?? text else { return try OutputFile.write(page.html, to: output) }
    let picture =
      svg.map(page.picture)
      ?? page.text(name, glyphs: TerminalGlyphs.current).map {
        $0.map { PrintableText.oneLine($0) + "\n" }.joined()
      }
    guard let picture else {
      StandardError.print(
        "dmar: \(scenario): the run has nothing for the picture \(name.rawValue); "
          + "\(name.subject) was expected")
      throw ExitStatus.badInput.code
    }
    try OutputFile.write(picture, to: output)
  }
}

extension PictureName: ExpressibleByArgument {}

/// The files that a run was described by.
enum RunSources {
  static var producer: String { "dmar \(ProgramVersion.text)" }

  /// The scenario and the files of its steps; one that cannot be read any more is left out.
  static func read(_ record: RunRecord, scenario: String) -> [(name: String, text: String)] {
    record.fileNames(of: scenario).compactMap { name in
      (try? Files.text(at: name)).map { (name, $0) }
    }
  }
}
