internal import Machine
internal import PhysicalMemory
public import Rebuild
public import Scenario
public import ScenarioFormat
internal import VTdFormats

/// Running what was rebuilt from a log.
extension Replay {
  /// Runs a scenario that was rebuilt from a log, so that its output can be compared with that log.
  ///
  /// Returns nil where the scenario is skipped because this machine cannot run it. A scenario that
  /// cannot be loaded, or that fails in a step, gives a replay without lines: it reproduces
  /// nothing.
  ///
  /// - Parameters:
  ///   - takesSteps: whether the steps run; otherwise the machine is only set up.
  ///   - watcher: is called at each step and may end the run.
  ///   - load: the scenario.
  public static func run(
    takesSteps: Bool, watching watcher: @escaping ScenarioRun.Watcher = { _ in },
    _ load: () throws(InputError) -> ScenarioDescription
  ) -> Replay? {
    do throws(InputError) {
      let result = try ScenarioRun.run(
        try load(), firstSteps: takesSteps ? .max : 0, watching: watcher)
      guard case .finished(let run) = result else { return nil }
      return Replay(lines: run.lines) { run.machine.memory.load64(PhysicalAddress(rawValue: $0)) }
    } catch {
      return Replay(lines: []) { _ in nil }
    }
  }
}
