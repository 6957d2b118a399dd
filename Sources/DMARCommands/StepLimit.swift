internal import Scenario
internal import ScenarioFormat

/// How long a scenario may run.
struct StepLimit: Sendable {
  private let deadline: ContinuousClock.Instant?
  private let limit: Duration?

  /// - Parameter limit: nil for no limit.
  init(_ limit: Duration?) {
    self.limit = limit
    deadline = limit.map { ContinuousClock.now + $0 }
  }

  /// Called before each step, and in the middle of long ones.
  ///
  /// - Throws: `InputError` at the step's place once the time is up.
  func watch(_ place: Place) throws(InputError) {
    guard let deadline, let limit, ContinuousClock.now > deadline else { return }
    throw InputError(
      at: place,
      "stopped here after \(TestText.seconds(limit)) s (--timeout); a shorter run was expected")
  }
}
