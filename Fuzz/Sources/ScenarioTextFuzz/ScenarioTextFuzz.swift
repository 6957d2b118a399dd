import Scenario
import ScenarioFormat

/// Any bytes as a scenario's text. Where a zero byte stands in them, what is before the first is a
/// `--set`; what follows the second and later ones are files of their own, each by the name that
/// `FuzzFiles` gives it, which the scenario may extend or name, and which are checked as `dmar check`
/// does it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScenarioText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  var parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
  let setting = parts.count > 1 ? parts.removeFirst() : []
  let source = FuzzFiles(parts).source
  do throws(InputError) {
    let settings = setting.isEmpty ? [] : [try Override(String(decoding: setting, as: UTF8.self))]
    for name in parts.indices.dropFirst().prefix(4).map(FuzzFiles.name) {
      if try FileCheck.check(name, in: source) == .kernel {
        _ = try ScenarioLoader(from: source, overrides: settings, kernelFile: name)
          .load(FuzzFiles.name(0))
      }
    }
    let loader = ScenarioLoader(from: source, overrides: settings)
    let description = try loader.load(FuzzFiles.name(0))
    guard case .finished(let run) = try ScenarioRun.run(description) else { return 0 }
    _ = run.lines
    _ = Verdict(of: run, against: description.expectation).mismatches
    if count % 4 == 0 { _ = run.machine.kernel.debugfsEntries }
  } catch {
    precondition(!error.message.isEmpty, "an error without words")
  }
  return 0
}
