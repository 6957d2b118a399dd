public import LinuxIOMMU
internal import VTdFormats

/// The machine's clock: microseconds since boot. It moves only when told to, so a run is a function
/// of its scenario.
public final class MachineClock: KernelTimer {
  /// Microseconds since boot.
  public private(set) var now: UInt64
  private var listed: ArraySlice<UInt64> = []
  private var hasStamped = false

  /// How far the clock goes on for a record that has no listed time: what a line of 80 characters
  /// takes on a serial console at 3 Mbaud.
  public static let step: UInt64 = 270

  /// A clock that shows `start` microseconds.
  public init(start: UInt64 = 0) {
    now = start
  }

  /// Gives the next records these times; what is left of an earlier list is dropped.
  public func list(_ times: [UInt64]) {
    listed = times[...]
    if let first = listed.first { now = max(now, first) }
  }

  /// Another kernel counts from its own start.
  func restart() {
    now = 0
    listed = []
    hasStamped = false
  }

  /// Lets time pass.
  public func advance(by microseconds: UInt64) {
    now = now.saturatingAdd(microseconds)
  }

  /// The time that the next line gets.
  public func stamp() -> UInt64 {
    if let next = listed.popFirst() {
      now = max(now, next)
    } else if hasStamped {
      now = now.saturatingAdd(Self.step)
    }
    hasStamped = true
    return now
  }
}
