import Diagnosis
import LogReading
import Machine
import PhysicalMemory
import Rebuild
import Scenario
import VTdFormats

/// A log's text, rebuilt as `dmar import` does it, each scenario run.
enum Rebuilding {
  static func rebuild(_ text: String, file: String = "kernel.log") -> RebuiltScenario {
    rebuild(events(text), file: file)
  }

  static func rebuild(_ events: [LogEvent], file: String) -> RebuiltScenario {
    var boots = LogBoots()
    boots.begin(file: file)
    for event in events { boots.take(event) }
    let (boot, _) = boots.chosen
    return RebuiltScenario(
      boot.collector.contents, boot.timeline, from: file, replaying: replay)
  }

  static func events(_ text: String) -> [LogEvent] {
    var reader = LogReader()
    var events: [LogEvent] = []
    Array(text.utf8).withUnsafeBytes { reader.read($0) { events.append($0) } }
    reader.finish { events.append($0) }
    return events
  }

  static func replay(_ yaml: String, takesSteps: Bool) -> Replay? {
    guard let scenario = try? ScenarioLoader().load(text: yaml, named: "rebuilt.yaml"),
      case .finished(let run)? = try? ScenarioRun.run(scenario, firstSteps: takesSteps ? .max : 0)
    else { return Replay(lines: []) { _ in nil } }
    return Replay(lines: run.lines) { run.machine.memory.load64(PhysicalAddress(rawValue: $0)) }
  }

  /// What the kernel prints when the scenario of a log runs.
  static func lines(of yaml: String) -> [String] { replay(yaml, takesSteps: true)?.lines ?? [] }
}
