/// Timers of the kernel: what shall run when, in soft interrupt.
///
/// Nothing runs by itself: whoever moves the clock asks for what is due.
final class KernelTimers {
  private struct Timer {
    let due: UInt64
    let order: Int
    let run: () throws(DriverError) -> Void
  }

  private var pending: [Timer] = []
  private var made = 0

  /// mod_timer for a timer that is not pending.
  ///
  /// - Parameter due: microseconds since boot.
  func add(due: UInt64, _ run: @escaping () throws(DriverError) -> Void) {
    pending.append(Timer(due: due, order: made, run: run))
    made += 1
  }

  /// When the next one is due.
  var nextDue: UInt64? { pending.map(\.due).min() }

  /// Runs what is due at `now`, in the order of the times.
  func run(at now: UInt64) throws(DriverError) {
    while let index = pending.indices.filter({ pending[$0].due <= now })
      .min(by: { (pending[$0].due, pending[$0].order) < (pending[$1].due, pending[$1].order) })
    {
      let timer = pending.remove(at: index)
      try timer.run()
    }
  }
}
