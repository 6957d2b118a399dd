internal import ArgumentParser
internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import Rebuild

/// `dmar import`: a scenario from a log.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Rebuild a scenario from kernel logs; dmar replay prints their DMAR lines again.",
    discussion: """
      Files may be logs, the driver's debugfs files, the machine's DMAR table (as dmar acpi reads \
      it) and a snapshot of its bus (dmar pci snapshot), in any mixture. What none of them tells is \
      chosen so that the faults come out, and marked "assumed:".

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate]))
      """)

  @Argument(
    help: ArgumentHelp("Logs, debugfs files, a DMAR table, a bus snapshot.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The scenario; - is standard output.", valueName: "file"))
  var output = "-"

  func run() throws {
    try OutputFile.check(output, isNoneOf: files)
    var collector = LogCollector(keepsTables: true)
    var timeline = FaultTimeline()
    var platform = PlatformReferences(output: output)
    do {
      for path in files {
        try EvidenceReader.read(path) { piece in
          switch piece {
          case .file(let name): collector.begin(file: name)
          case .event(let event):
            collector.take(event)
            timeline.take(event)
          case .platform(let input, let name):
            input.give(to: &collector)
            platform.add(input, at: name)
          case .unread(let input) where input.weight == .missing:
            StandardError.print("dmar: not read: \(input.path): \(input.words)")
          case .log, .unread, .bytes: break
          }
        }
      }
    } catch let error as LogInputError {
      StandardError.print("dmar: \(error)")
      throw (error.isMissing ? ExitStatus.noInput : .badInput).code
    }
    guard !timeline.faults.isEmpty else {
      StandardError.print("dmar: \(files[0]): no fault record; a kernel log with one was expected")
      throw ExitStatus.badInput.code
    }
    for system in collector.contents.systems {
      StandardError.print(
        "dmar: the log is one of \(system.value.rawValue): the scenario has the hardware's side of its "
          + "records; the kernel in it is a Linux, which prints other lines")
    }
    let rebuilt = RebuiltScenario(
      collector.contents, timeline, from: files.joined(separator: ", "),
      platform: try platform.files())
    for words in rebuilt.omitted { StandardError.print("dmar: left out: \(words)") }
    try OutputFile.write(rebuilt.yaml, to: output)
  }
}
