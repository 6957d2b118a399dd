internal import ACPITables
internal import Course
internal import Diagnosis
internal import PCI
internal import Rebuild
internal import Scenario
internal import ScenarioFormat
internal import Text
internal import VTdFormats
internal import YAMLNodes

/// `import`: a scenario from logs, as `dmar import` writes it.
enum ImportOperation {
  static func answer(_ request: Request) throws(Failure) -> ModuleAnswer {
    let files = try PageFiles(request.value("files"))
    let evidence = try Evidence(files)
    var messages = evidence.unread.map { "dmar: not read: \($0.name): \($0.words)" }
    var boots = LogBoots()
    var platform = PlatformFiles()
    evidence.read(begin: { boots.begin(file: $0) }, event: { boots.take($0) }, log: {}) {
      name, piece in
      boots.giveEach { piece.give(to: &$0) }
      switch piece {
      case .table(_, let isReadable):
        platform.table = isReadable ? name : nil
        if !isReadable {
          messages.append(
            "dmar: left out: the DMAR table, which would lie beside the scenario; -o says where")
        }
      case .snapshot: platform.snapshot = name
      case .log, .unread: break
      }
    }
    let (boot, others) = boots.chosen
    messages += boots.notes()
    let names = evidence.pieces.map { $0.name }
    guard !boot.timeline.isEmpty else {
      throw Failure(
        "\(names.first ?? "no file"): no fault record and no queue error; a kernel log with one was "
          + "expected", status: 65)
    }
    var logs = boot.collector
    evidence.takeHistory(into: &logs)
    if let note = RebuiltScenario.note(onHistoryOf: logs.contents) { messages.append(note) }
    for system in boot.collector.contents.systems {
      messages.append(RebuiltScenario.note(on: system.value))
    }
    let rebuilt = RebuiltScenario(
      boot.collector.contents, boot.timeline, from: names.joined(separator: ", "),
      platform: platform,
      replayingWritten: { written, takesSteps in
        Replay.run(takesSteps: takesSteps) { () throws(InputError) in
          let name = "standard output"
          let source = files.source.adding(written.node, named: name)
          return try ScenarioLoader(from: source).load(name)
        }
      })
    let leftOut = rebuilt.leftOut + others
    messages += leftOut.map { "dmar: left out: \($0)" }
    var answer = ModuleAnswer()
    answer.add("messages", lines: messages)
    answer.add("status", .count(rebuilt.isEmpty ? 65 : leftOut.isEmpty ? 0 : 1))
    if !rebuilt.isEmpty { answer.add("yaml", .string(rebuilt.yaml)) }
    return answer
  }
}
