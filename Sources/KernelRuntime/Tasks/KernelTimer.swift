/// Microseconds since boot, as the printed lines and the rate limiter see them.
public protocol KernelTimer: AnyObject {
  var now: UInt64 { get }
  /// The time of the next record.
  func stamp() -> UInt64
}
