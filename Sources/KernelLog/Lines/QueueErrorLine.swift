internal import VTdFormats

/// What the driver prints when the invalidation queue stops (`qi_check_fault`, `qi_dump_fault`).
public enum QueueErrorLine: Hashable, Sendable {
  /// Before 5.13, all that is printed: the descriptor that the unit refused.
  case invalidDescriptor(qw0: UInt64, qw1: UInt64)
  /// IQE: `reason` is IQERCD's IQEI.
  case queueError(reason: UInt64)
  /// ITE: the source-id whose device did not answer.
  case timeout(source: UInt64)
  /// ICE: the source-id of a bad completion.
  case completionError(source: UInt64)
  /// The descriptor at the head, or the one before it.
  case descriptor(Position, qw0: UInt64, qw1: UInt64)
  /// The driver cleared the queue's error.
  case queueErrorCleared
  /// The driver cleared the time-out.
  case timeoutCleared
  /// The driver cleared the completion error.
  case completionErrorCleared

  /// The reason in the line of a unit that is gone, whose registers read as ones.
  public static let reasonOfOnes = BitField<QueueErrorRecord>.information.mask

  /// Which descriptor a line shows.
  public enum Position: String, Hashable, Sendable {
    /// The one at the head.
    case head = "QI HEAD"
    /// The one before.
    case prior = "QI PRIOR"
  }

  /// The driver's name of a descriptor's type (`qi_type_string`), from bits 3:0 alone, as it does.
  public static func name(ofDescriptor qw0: UInt64) -> String {
    let names = [
      1: "Context-cache Invalidation", 2: "IOTLB Invalidation", 3: "Device-TLB Invalidation",
      4: "Interrupt Entry Cache Invalidation", 5: "Invalidation Wait",
      6: "PASID-based IOTLB Invalidation", 7: "PASID-cache Invalidation",
      8: "PASID-based Device-TLB Invalidation", 9: "Page Group Response",
    ]
    return names[Int(qw0 & 0xf)] ?? "UNKNOWN"
  }
}
