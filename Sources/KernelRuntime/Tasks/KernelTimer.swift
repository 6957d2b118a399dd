/// Microseconds since boot, as the printed lines and the rate limiter see them.
public protocol KernelTimer: AnyObject {
  /// The time since the kernel started, in microseconds.
  var now: UInt64 { get }
  /// The time of the next record.
  func stamp() -> UInt64
}
