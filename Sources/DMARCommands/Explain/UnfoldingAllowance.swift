import Unpacking

/// How much may still be unpacked from one input, including mails in it and their attachments.
///
/// A line with an event takes as long to read as tens of thousands of bytes without one, so a limit
/// on bytes alone does not limit the time. It is a class, because everything that is nested in the
/// input shares the same allowance.
final class UnfoldingAllowance {
  /// The largest number of events; even a storm of faults has far fewer.
  static let mostEvents = 1 << 18

  /// Bytes that may still come out.
  var bytes: Int
  /// The number of lines with an event so far.
  private var events = 0
  /// The largest number of lines with an event.
  let eventLimit: Int

  init(bytes: Int = UnpackingLimits().bytes, events: Int = mostEvents) {
    self.bytes = bytes
    eventLimit = events
  }

  /// Whether more lines held an event than allowed.
  var isOver: Bool { events > eventLimit }

  /// Counts a line that holds an event.
  func countEvent() { events &+= 1 }

  /// The limits for an unpacker that may use up what is left.
  var limits: UnpackingLimits {
    var limits = UnpackingLimits()
    limits.bytes = max(bytes, 0)
    return limits
  }
}
