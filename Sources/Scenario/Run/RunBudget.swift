internal import ScenarioFormat
internal import VTdFormats

/// How much of something all steps of a run may still take together.
struct RunBudget {
  private var left: UInt64
  /// What a run takes that takes too much, in words.
  private let excess: String

  /// Requests of devices: no run keeps more events than memory holds. A burst that a real console
  /// shows has some thousands.
  static let requests = RunBudget(
    limit: 1 << 21, "requests of devices (each page of each repetition is one)")
  /// Kernels: each has a budget of its own for its tables and memory blocks.
  /// The one that boots is the first.
  static let kernels = RunBudget(limit: 8, taken: 1, "kernels take the machine over")

  private init(limit: UInt64, taken: UInt64 = 0, _ excess: String) {
    left = limit - taken
    self.excess = "more than \(limit) \(excess)"
  }

  /// - Throws: `InputError` at `place` where all steps so far take too much.
  mutating func spend(_ count: UInt64 = 1, at place: Place) throws(InputError) {
    guard count <= left else {
      throw InputError(at: place, "\(excess); fewer were expected")
    }
    left -= count
  }
}

extension DMADescription {
  /// The most requests that the step can send: one for each page, or, where it touches the interrupt
  /// range, one for each dword. An upper bound, which saturates at `UInt64.max`.
  func requests(at target: IOVA) -> UInt64 {
    let last = target.rawValue.last(ofBytes: max(length, 1)) ?? .max
    let meetsInterrupts = UInt64.interruptRange.overlaps(target.rawValue...last)
    let single = meetsInterrupts ? length / 4 + 2 : length / 4096 + 2
    let (total, overflow) = single.multipliedReportingOverflow(by: UInt64(max(count, 1)))
    return overflow ? .max : total
  }
}
