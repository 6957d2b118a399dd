internal import LinuxIOMMU
internal import Machine
internal import PCI
internal import Scenario
public import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

extension AnswerCheck {
  /// Checks a scenario that was rebuilt from a log and then cured.
  ///
  /// - Parameters:
  ///   - answer: the student's scenario.
  ///   - rebuilt: what the log alone gives.
  ///   - name: what the student's scenario is called.
  ///   - exercise: its misconceptions.
  /// - Throws: `InputError` where one of them cannot be run.
  public init(
    cured answer: ScenarioDescription, of rebuilt: ScenarioDescription, isOwn name: String,
    exercise: Exercise
  ) throws(InputError) {
    self.init()
    guard case .finished(let before) = try ScenarioRun.run(rebuilt),
      case .finished(let after) = try ScenarioRun.run(answer)
    else {
      complain("this machine lacks what the scenario needs")
      return
    }
    let faults = before.machine.kernel.faults.count
    if faults == 0 { complain("the log's own scenario has no fault to be cured") }
    let kept = Self.requests(of: answer)
    for request in Self.requests(of: rebuilt) where !kept.contains(request) {
      complain("\(name) lacks a DMA of the log: \(request)")
      note("no longer sent", exercise)
    }
    let left = after.machine.kernel.faults.count
    if left > 0 {
      complain("\(left) of the log's \(faults) faults are still there")
      note("fault", exercise)
    }
    for mismatch in Verdict(of: after, against: answer.expectation).mismatches {
      complain("dmar test does not accept it: \(mismatch.sentence)")
      note("expectation", exercise)
    }
    if answer.expectsNothing {
      complain("it expects nothing; expect: {faults: []} was expected")
      note("expectation", exercise)
    }
  }

  /// The DMAs of a scenario, who sends what where.
  private static func requests(of scenario: ScenarioDescription) -> [String] {
    scenario.steps.compactMap { step in
      guard case .dma(let dma) = step.action, case .number(let address) = dma.address,
        case .address(let device) = dma.device
      else { return nil }
      return "\(device) \(dma.access.verb) 0x\(hex(address.rawValue))"
    }
  }
}
