internal import ArgumentParser
internal import Course
internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import Rebuild
internal import Scenario
internal import ScenarioFormat
internal import VTdFormats

/// `dmar import`: a scenario from a log.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Rebuild a scenario from kernel logs; dmar replay prints their DMAR lines again.",
    discussion: """
      A trace of QEMU's unit (-trace 'vtd_*') with an image of the guest's memory, or the log of a qtest \
      session, becomes a scenario of the same steps.

      Files may be logs, the driver's debugfs files, the machine's DMAR table (as dmar acpi reads \
      it) and a snapshot of its bus (dmar pci snapshot), in any mixture. What none of them tells is \
      chosen so that the faults come out, and marked "assumed:". What is written has been replayed: \
      each line of the log that does not come back is named on standard error as "left out:", with the \
      reason, and the exit status is 1.

      \(ExitStatus.help(
        [.badInput, .noInput, .cannotCreate], failure: "a line of a log was left out"))
      """)

  @Argument(
    help: ArgumentHelp("Logs, debugfs files, a DMAR table, a bus snapshot.", valueName: "file"))
  var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The scenario; - is standard output.", valueName: "file"))
  var output = "-"

  @Option(
    help: ArgumentHelp(
      "Which boot of a log that has several, from 1 on; the one with the most faults unless given.",
      valueName: "number"))
  var boot: Int?

  func run() throws {
    try OutputFile.check(output, isNoneOf: files)
    do {
      if let emulator = try EmulatorImport(files) { return try write(emulator.result()) }
    } catch let error as LogInputError {
      StandardError.print("dmar: \(error)")
      throw (error.isMissing ? ExitStatus.noInput : .badInput).code
    }
    var boots = LogBoots()
    var platform = PlatformReferences(output: output)
    var tap = HistoryTap()
    do {
      for path in files {
        try EvidenceReader.read(path) { piece in
          switch piece {
          case .file(let name): boots.begin(file: name)
          case .event(let event): boots.take(event)
          case .platform(let input, let name):
            boots.giveEach { input.give(to: &$0) }
            platform.add(input, at: name)
          case .unread(let input) where input.weight == .missing:
            StandardError.print("dmar: not read: \(input.path): \(input.words)")
          case .text(let name, let text): tap.take(name, text)
          case .log, .unread, .bytes: break
          }
        }
      }
      tap.end()
    } catch let error as LogInputError {
      StandardError.print("dmar: \(error)")
      throw (error.isMissing ? ExitStatus.noInput : .badInput).code
    }
    let (boot, others) = try chosen(of: boots)
    for note in boots.notes(taking: self.boot) { StandardError.print(note) }
    guard !boot.timeline.isEmpty else {
      StandardError.print(
        "dmar: \(files[0]): no fault record and no queue error; a kernel log with one was expected")
      throw ExitStatus.badInput.code
    }
    var logs = boot.collector
    HistoryPass.read(into: &logs, tap, asked: nil)
    if let note = RebuiltScenario.note(onHistoryOf: logs.contents) { StandardError.print(note) }
    for system in boot.collector.contents.systems {
      StandardError.print(RebuiltScenario.note(on: system.value))
    }
    let rebuilt = RebuiltScenario(
      boot.collector.contents, boot.timeline, from: files.joined(separator: ", "),
      platform: try platform.files(), replaying: replay)
    let leftOut = rebuilt.leftOut + others
    for line in leftOut { StandardError.print("dmar: left out: \(line)") }
    if rebuilt.isEmpty { throw ExitStatus.badInput.code }
    try OutputFile.write(rebuilt.yaml, to: output)
    if !leftOut.isEmpty { throw ExitStatus.expectationNotMet.code }
  }

  /// The boot that was asked for, which leaves nothing of the others out.
  private func chosen(of boots: LogBoots) throws -> (boot: LogBoots.Boot, others: [LeftOut]) {
    guard let number = boot else { return boots.chosen }
    guard let chosen = boots[number] else {
      throw ValidationError("--boot: \(number); 1 to \(boots.count) were expected")
    }
    return (chosen, [])
  }

  /// Writes the scenario of an emulator's log; a fault that its replay does not give is named.
  private func write(_ result: EmulatorImport.Result) throws {
    var leftOut = result.leftOut
    if !result.faults.isEmpty {
      let lines = replay(result.yaml, takesSteps: true)?.lines ?? []
      leftOut += EmulatorImport.missing(result.faults, in: lines)
    }
    for line in leftOut { StandardError.print("dmar: left out: \(line)") }
    try OutputFile.write(result.yaml, to: output)
    if !leftOut.isEmpty { throw ExitStatus.expectationNotMet.code }
  }

  /// Longer than this no replay of a log's scenario takes; what is not done then is left out.
  private static let longestReplay = Duration.seconds(600)

  /// Runs what is going to be written.
  private func replay(_ yaml: String, takesSteps: Bool) -> Replay? {
    let path = output == "-" ? "standard output" : output
    let limit = StepLimit(Self.longestReplay)
    return Replay.run(takesSteps: takesSteps, watching: limit.watch) { () throws(InputError) in
      try ScenarioLoader().load(text: yaml, named: path)
    }
  }
}
