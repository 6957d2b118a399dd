/// Faults that came so fast that the rate limiter swallowed some, as far as its own line tells.
struct LimiterBurst: Equatable {
  /// Faults of the log that share one window of the limiter.
  var faults: Range<Int>
  /// Interrupts behind them whose lines are not all there: how many records each finds.
  var hidden: [Int]

  /// DEFAULT_RATELIMIT_BURST.
  static let allowed = 10
}

/// What the limiter of dmar_fault was asked about, in the log's order.
struct LimiterQuestions {
  /// The lines of one interrupt.
  private struct Interrupt {
    /// Indices into the timeline's faults.
    var faults: [Int] = []

    /// One for the status, one for each round of the loop over the records, the last one included.
    var questions: Int { faults.isEmpty ? 1 : faults.count + 2 }
  }

  private var interrupts: [Interrupt] = []
  /// Where the window begins that has no line of the limiter's yet.
  private var start = 0
  private(set) var bursts: [LimiterBurst] = []

  mutating func takeStatus() { interrupts.append(Interrupt()) }

  mutating func takeFault(_ index: Int) {
    if interrupts.count == start { interrupts.append(Interrupt()) }
    interrupts[interrupts.count - 1].faults.append(index)
  }

  /// `dmar_fault: 11 callbacks suppressed`, which begins a new window.
  mutating func takeSuppressed(_ count: Int) {
    defer { start = interrupts.count }
    var asked = 0
    for index in interrupts[start...].indices.reversed() {
      asked += interrupts[index].questions
      // The last question of an interrupt whose lines are all there may have been refused.
      guard asked >= LimiterBurst.allowed else { continue }
      guard let last = interrupts.last, asked == LimiterBurst.allowed || isAnswered(asked, last)
      else { return }
      let faults = interrupts[index...].flatMap { $0.faults }
      guard let first = faults.first, let end = faults.last,
        let hidden = hidden(count, behind: last, asked)
      else { return }
      bursts.append(LimiterBurst(faults: first..<end + 1, hidden: hidden))
      return
    }
  }

  /// Faults with a status alone behind them that was the last line which the limiter let through: all
  /// that tells of a burst where the limiter's own line and the times are missing.
  var silentBursts: [LimiterBurst] {
    interrupts.indices.compactMap { index in
      guard interrupts[index].faults.isEmpty else { return nil }
      var asked = interrupts[index].questions
      for earlier in interrupts[..<index].indices.reversed() {
        guard !interrupts[earlier].faults.isEmpty else { return nil }
        asked += interrupts[earlier].questions
        guard asked >= LimiterBurst.allowed else { continue }
        let faults = interrupts[earlier..<index].flatMap { $0.faults }
        guard asked == LimiterBurst.allowed, let first = faults.first, let last = faults.last else {
          return nil
        }
        return LimiterBurst(faults: first..<last + 1, hidden: [1])
      }
      return nil
    }
  }

  private func isAnswered(_ asked: Int, _ last: Interrupt) -> Bool {
    asked == LimiterBurst.allowed + 1 && !last.faults.isEmpty
  }

  /// Interrupts of three questions each, one of them with more records where that does not work out.
  private func hidden(_ count: Int, behind last: Interrupt, _ asked: Int) -> [Int]? {
    // An interrupt of which the status alone was printed has a record and the end of the loop left.
    var hidden = last.faults.isEmpty ? [1] : []
    let left = count - (last.faults.isEmpty ? 2 : asked - LimiterBurst.allowed)
    guard left >= 0 else { return nil }
    hidden += Array(repeating: 1, count: left / 3)
    guard left % 3 > 0 else { return hidden }
    guard !hidden.isEmpty else { return nil }
    hidden[hidden.count - 1] += left % 3
    return hidden
  }
}
