internal import VTdFormats

/// `__ratelimit`: at most `burst` calls in a window of `interval` (lib/ratelimit.c).
///
/// The fault handler has one limiter for all units. It asks for the status line, and once per round
/// of the record loop, the round that finds no record included, so one fault alone costs three.
struct RateLimiter: Hashable, Sendable {
  /// DEFAULT_RATELIMIT_INTERVAL, in microseconds.
  static let interval: UInt64 = 5_000_000
  /// DEFAULT_RATELIMIT_BURST.
  static let burst = 10

  private var windowStart: UInt64?
  private var allowed = 0
  private var missed = 0

  /// What one call of the limiter decides.
  struct Decision: Hashable, Sendable {
    let isAllowed: Bool
    /// Calls that the window before suppressed, to be reported now that it is over.
    let suppressed: Int
  }

  /// - Parameter now: microseconds since boot.
  mutating func ask(at now: UInt64) -> Decision {
    var suppressed = 0
    if let start = windowStart {
      if now > start.saturatingAdd(Self.interval) {
        suppressed = missed
        windowStart = now
        allowed = 0
        missed = 0
      }
    } else {
      windowStart = now
    }
    guard allowed < Self.burst else {
      missed += 1
      return Decision(isAllowed: false, suppressed: suppressed)
    }
    allowed += 1
    return Decision(isAllowed: true, suppressed: suppressed)
  }
}
