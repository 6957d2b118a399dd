internal import ScenarioFormat
internal import VTdFormats

/// How many requests devices may still send: one budget for all steps of a run, so that no run keeps
/// more events than memory holds.
struct RequestBudget {
  /// A burst that a real console shows has some thousands.
  static let limit: UInt64 = 1 << 21
  private var left = Self.limit

  /// - Throws: `InputError` at `place` where the requests of all steps so far are too many.
  mutating func spend(_ count: UInt64, at place: Place) throws(InputError) {
    guard count <= left else {
      throw InputError(
        at: place,
        "more than \(Self.limit) requests of devices (each page of each repetition is one); fewer"
          + " were expected")
    }
    left -= count
  }
}

/// How many kernels a run may still boot: each has a budget of its own for its tables and memory blocks.
struct KernelBudget {
  static let limit = 8
  private var left = Self.limit - 1

  /// - Throws: `InputError` at `place` where one kernel after the other takes the machine over.
  mutating func spend(at place: Place) throws(InputError) {
    guard left > 0 else {
      throw InputError(
        at: place, "more than \(Self.limit) kernels take the machine over; fewer were expected")
    }
    left -= 1
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
