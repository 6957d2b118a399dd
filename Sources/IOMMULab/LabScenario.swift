internal import Machine
public import Scenario
internal import ScenarioFormat

/// A scenario given as text, and run; printing it gives the kernel's log.
public struct LabScenario: CustomStringConvertible {
  /// The run, with the machine as it is at the end.
  public let run: ScenarioRun
  /// What the scenario's `expect:` asked for and did not get; empty where all was met.
  public let mismatches: [Mismatch]

  /// Runs a scenario.
  ///
  /// - Parameters:
  ///   - yaml: the scenario's text. Files that it names are looked for in the current folder.
  /// - Throws: ``LabError/input(_:)`` with the line and column of what cannot be read or run.
  public init(_ yaml: String) throws(LabError) {
    let description: ScenarioDescription
    do {
      description = try ScenarioLoader().load(text: yaml, named: "scenario")
    } catch {
      throw .input("\(error)")
    }
    let result: ScenarioRun.Result
    do {
      result = try ScenarioRun.run(description)
    } catch {
      throw .input("\(error)")
    }
    switch result {
    case .finished(let run):
      self.run = run
      mismatches = Verdict(of: run, against: description.expectation).mismatches
    case .skipped(let reason): throw .input(reason)
    }
  }

  /// Whether everything that it expects came out.
  public var isPassed: Bool { mismatches.isEmpty }
  /// The kernel's log, line by line.
  public var lines: [String] { run.lines }
  public var description: String { lines.joined(separator: "\n") }
}
