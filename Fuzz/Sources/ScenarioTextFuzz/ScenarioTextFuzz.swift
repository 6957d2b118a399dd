import Scenario
import ScenarioFormat

/// Any bytes as a scenario's text; what stands before the first zero byte is a `--set`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScenarioText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  let text = String(decoding: parts.last ?? [], as: UTF8.self)
  do {
    let settings = parts.count > 1 ? [try Override(String(decoding: parts[0], as: UTF8.self))] : []
    let description = try ScenarioLoader(overrides: settings).load(ScenarioFile.write(text))
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
