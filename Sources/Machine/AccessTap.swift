internal import Synchronization
internal import VTdFormats
internal import VTdUnit

/// Where accesses are heard; the kernel's ports and the machine share one.
final class AccessTap {
  var handler: ((HardwareAccess) -> Void)?
  /// Set while somebody looks who is no part of the machine.
  var isMuted = false
  /// Who records the run; nil where nobody does.
  var witness: ((MachineMoment) -> Void)?
  /// What happens inside the units, while somebody records the run.
  let unitEvents = UnitEventLog()

  func hear(_ access: @autoclosure () -> HardwareAccess) {
    if let handler, !isMuted { handler(access()) }
  }

  /// An access begins; ``end(_:)`` follows when all that it leads to is over.
  func begin(_ access: @autoclosure () -> HardwareAccess) {
    if isMuted { return }
    if let handler { handler(access()) }
    if let witness { witness(.begins(.access(access()))) }
  }

  /// The end of what began last.
  ///
  /// - Parameter value: what a read gave.
  func end(_ value: UInt64? = nil) {
    if isMuted { return }
    end(unmuted: value)
  }

  /// Tells the witness that something else than an access begins.
  func begin(act: @autoclosure () -> MachineMoment.Act) {
    if let witness { witness(.begins(act())) }
  }

  func end(unmuted value: UInt64?) {
    guard let witness else { return }
    for (unit, event) in unitEvents.drain() { witness(.unit(unit, event)) }
    witness(.ends(value))
  }
}

/// Events of units on their way to whoever records the run. A unit may be called from any thread.
final class UnitEventLog: Sendable {
  private struct State {
    var isOn = false
    var events: [(unit: String, event: UnitEvent)] = []
  }

  private let state = UnitLock(State())

  var isOn: Bool {
    get { state.withLock { $0.isOn } }
    set { state.withLock { $0.isOn = newValue } }
  }

  func append(_ event: UnitEvent, of unit: String) {
    state.withLock { if $0.isOn { $0.events.append((unit, event)) } }
  }

  func drain() -> [(unit: String, event: UnitEvent)] {
    state.withLock { state in
      let events = state.events
      state.events = []
      return events
    }
  }
}
