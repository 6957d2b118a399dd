import Scenario
import ScenarioFormat

/// Random steps over a driver scenario: whatever they ask, the run ends with a result or with an
/// error that has a place.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDriverSteps(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count).prefix(600))
  var scenario = RandomScenario(bytes)
  let path = ScenarioFile.write(scenario.text())
  do {
    let description = try ScenarioLoader().load(path)
    guard case .finished(let run) = try ScenarioRun.run(description) else { return 0 }
    _ = run.lines
    _ = Verdict(of: run, against: description.expectation).mismatches
    _ = run.machine.kernel.debugfsEntries
  } catch is InputError {
    return 0
  } catch {
    preconditionFailure("an error without a place: \(error)")
  }
  return 0
}
