import Scenario
import ScenarioFormat

/// Random steps over a driver scenario: whatever they ask, the run ends with a result or with an
/// error that has a place.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDriverSteps(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count).prefix(600))
  var scenario = RandomScenario(bytes)
  do throws(InputError) {
    // The text names no files.
    let description = try ScenarioLoader().load(text: scenario.text(), named: "steps.yaml")
    guard case .finished(let run) = try ScenarioRun.run(description) else { return 0 }
    _ = run.lines
    _ = Verdict(of: run, against: description.expectation).mismatches
    // Printing all tables takes longer than most runs: one input in sixteen does it.
    if count % 16 == 0 { _ = run.machine.kernel.debugfsEntries }
  } catch {
    precondition(error.place.line >= 1, "an error without a place: \(error)")
  }
  return 0
}
