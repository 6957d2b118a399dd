/// Timers of the kernel: what shall run when, in soft interrupt.
///
/// Nothing runs by itself: whoever moves the clock asks for what is due.
package final class KernelTimers<Failure: Error> {
  private struct Timer {
    package let due: UInt64
    package let order: Int
    package let run: () throws(Failure) -> Void
  }

  private var pending: [Timer] = []
  private var made = 0

  package init() {}

  /// mod_timer for a timer that is not pending.
  ///
  /// - Parameter due: microseconds since boot.
  package func add(due: UInt64, _ run: @escaping () throws(Failure) -> Void) {
    pending.append(Timer(due: due, order: made, run: run))
    made += 1
  }

  /// Forgets them all: the kernel ends.
  package func end() { pending = [] }

  /// When the next one is due.
  package var nextDue: UInt64? { pending.map { $0.due }.min() }

  /// Runs what is due at `now`, in the order of the times.
  package func run(at now: UInt64) throws(Failure) {
    while let index = pending.indices.filter({ pending[$0].due <= now })
      .min(by: { (pending[$0].due, pending[$0].order) < (pending[$1].due, pending[$1].order) })
    {
      let timer = pending.remove(at: index)
      try timer.run()
    }
  }
}
