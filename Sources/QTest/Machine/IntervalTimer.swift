/// Channel 0 of the 8254 as it runs after power-on: a square wave of 65,536 counts on line 0.
///
/// Nobody can program it; it is here because its edges are what a client sees first when it steps
/// the clock.
struct IntervalTimer {
  static let line = 0
  private static let frequency: UInt64 = 1_193_182
  private static let period: UInt64 = 65536
  private static let nanoseconds: UInt64 = 1_000_000_000

  private var start: UInt64 = 0
  /// Half periods since the start.
  private var halves: UInt64 = 0

  /// When the line changes next.
  var nextChange: UInt64 { time(of: halves + 1) }

  private func time(of halves: UInt64) -> UInt64 {
    let counts = (halves * (Self.period / 2)).multipliedFullWidth(by: Self.nanoseconds)
    // 2^63 ns is 292 years: 2^34 half periods. The quotient fits.
    return start + Self.frequency.dividingFullWidth(counts).quotient
  }

  /// The line's level after its next change: high for the first half.
  mutating func change() -> Bool {
    halves += 1
    return halves & 1 == 0
  }

  mutating func restart(at time: UInt64) {
    start = time
    halves = 0
  }

  /// A step over hours of the clock leaves out whole periods before its last ones: nobody reads
  /// thousands of edges, and a step must not take for ever.
  mutating func skip(to time: UInt64) {
    guard time > start else { return }
    let counts = (time - start).multipliedFullWidth(by: Self.frequency)
    let elapsed = Self.nanoseconds.dividingFullWidth(counts).quotient / (Self.period / 2)
    let kept: UInt64 = 4096
    if elapsed > halves + kept { halves += (elapsed - halves - kept) & ~1 }
  }
}
