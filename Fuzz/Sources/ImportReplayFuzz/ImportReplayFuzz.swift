import Diagnosis
import LogReading
import PhysicalMemory
import Rebuild
import Scenario
import ScenarioFormat
import VTdFormats

/// Any bytes as a log that is imported: the scenario reads and runs, and each fault of the log comes
/// back or is named.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImportReplay(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  var boots = LogBoots()
  var reader = LogReader()
  boots.begin(file: "log")
  bytes.withUnsafeBytes { reader.read($0) { boots.take($0) } }
  reader.finish { boots.take($0) }
  let (boot, _) = boots.chosen
  // Each fault is some replays of a whole machine.
  guard !boot.timeline.isEmpty, boot.timeline.faults.count <= 8 else { return 0 }
  let rebuilt = RebuiltScenario(
    boot.collector.contents, boot.timeline, from: "log", replaying: replay)
  for line in rebuilt.leftOut { precondition(line.line >= 1, "a line before the first") }
  if rebuilt.isEmpty {
    precondition(!rebuilt.leftOut.isEmpty, "nothing is rebuilt, and nothing is named")
    return 0
  }
  do {
    let scenario = try ScenarioLoader().load(text: rebuilt.yaml, named: "rebuilt.yaml")
    precondition(scenario.steps.count == rebuilt.scenario.steps.count, "a step is lost")
  } catch {
    preconditionFailure("what was rebuilt does not read: \(error)")
  }
  return 0
}

private func replay(_ yaml: String, takesSteps: Bool) -> Replay? {
  guard let scenario = try? ScenarioLoader().load(text: yaml, named: "rebuilt.yaml"),
    case .finished(let run)? = try? ScenarioRun.run(scenario, firstSteps: takesSteps ? .max : 0)
  else { return Replay(lines: []) { _ in nil } }
  return Replay(lines: run.lines) { run.machine.memory.load64(PhysicalAddress(rawValue: $0)) }
}
