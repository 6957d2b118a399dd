internal import Machine
internal import PhysicalMemory
public import Rebuild
public import Scenario
public import ScenarioFormat
internal import VTdFormats

/// Running what was rebuilt from a log.
extension Replay {
  /// What a run of a scenario prints that was rebuilt from a log, for whoever compares it with that log.
  ///
  /// Nil where this machine cannot run the scenario and it is skipped. One that cannot be loaded, a machine that
  /// cannot be, or a step that cannot be taken prints nothing: nothing of its log comes back.
  ///
  /// - Parameters:
  ///   - takesSteps: whether its steps are taken, or the machine is only set up.
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
