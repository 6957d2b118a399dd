import Glibc
import QTest
import SessionRecording
import Scenario
import ScenarioFormat

/// Any bytes as a qtest session that is recorded: the scenario reads, runs, and its checks find what
/// the client read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRecordReplay(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  // The first byte chooses the unit.
  let options = ["", ",x-quirks=off", ",caching-mode=on", ",x-scalable-mode=modern"]
  let unit = "intel-iommu" + options[Int(bytes.first ?? 0) % options.count]
  let arguments = [
    "-nodefaults", "-m", "64M", "-device", unit, "-device", "edu", "-qtest", "stdio",
  ]
  guard let launch = try? Launch(arguments), let configuration = launch.machine,
    let machine = try? Q35Machine(configuration), let hardware = configuration.unit
  else { return 0 }
  final class Text { var bytes: [UInt8] = [] }
  let text = Text()
  let recorder = SessionRecorder(machine, hardware) { text.bytes += $0 }
  machine.observer = recorder
  var session = QTestSession()
  _ = session.consume(Array(bytes.dropFirst()), machine)
  recorder.finish()
  // What no scenario takes in a reasonable time is not run.
  guard text.bytes.count < 1 << 20 else { return 0 }
  do {
    let scenario = try ScenarioLoader().load(
      text: String(decoding: text.bytes, as: UTF8.self), named: "recorded.yaml")
    precondition(
      scenario.machine.units.map { $0.hardware } == [hardware], "the unit is recorded otherwise")
    guard case .finished(let run) = try ScenarioRun.run(scenario) else { return 0 }
    precondition(run.failedChecks.isEmpty, "a check fails: \(run.failedChecks)")
  } catch {
    preconditionFailure("what was recorded does not run: \(error)")
  }
  return 0
}
