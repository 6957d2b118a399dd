/// What the driver prints about page requests that it cannot serve, and about a queue that
/// overflowed (`prq_event_thread`, `handle_bad_prq_event`). None has the driver's prefix.
public enum PageRequestLine: Hashable, Sendable {
  /// The first two words of a page request descriptor.
  public struct Words: Hashable, Sendable {
    /// Bits 63:0 of the descriptor.
    public var low: UInt64
    /// Bits 127:64 of the descriptor.
    public var high: UInt64

    /// The two words of a page request descriptor.
    public init(low: UInt64, high: UInt64) {
      self.low = low
      self.high = high
    }
  }

  /// The words are printed before 5.14 alone.
  case withoutPASID(unit: String, Words?)
  /// The address is not canonical.
  case notCanonical(unit: String)
  /// Before 5.14 no unit is named.
  case privileged(unit: String?)
  /// A request for execute permission.
  case execute(unit: String?)
  /// Before 5.14: nobody has bound the PASID.
  case unknownPASID(unit: String, pasid: UInt32, Words)
  /// 5.14 on: what every refused request ends with.
  case invalid(unit: String, Words)
  /// The queue was full.
  case overflow(unit: String)
  /// The driver cleared the overflow.
  case overflowCleared(unit: String)
}
