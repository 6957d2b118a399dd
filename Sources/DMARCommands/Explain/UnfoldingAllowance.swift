import Unpacking

/// What may still come out of one packed input: of it, of the mails in it, and of what came with those.
///
/// A line that tells something takes as long to read as tens of thousands of bytes that do not, so bytes
/// alone bound no time. It is an object, for all that is nested pays from the same allowance.
final class UnfoldingAllowance {
  /// A storm of faults is told by far fewer.
  static let mostEvents = 1 << 18

  /// Bytes that may still come out.
  var bytes: Int
  /// Lines that told something.
  private var events = 0
  /// How many of them may.
  let eventLimit: Int

  init(bytes: Int = UnpackingLimits().bytes, events: Int = mostEvents) {
    self.bytes = bytes
    eventLimit = events
  }

  /// Whether more lines told something than may.
  var isOver: Bool { events > eventLimit }

  /// Counts a line that tells something.
  func countEvent() { events &+= 1 }

  /// The limits of an unpacker that may use what is left.
  var limits: UnpackingLimits {
    var limits = UnpackingLimits()
    limits.bytes = max(bytes, 0)
    return limits
  }
}
