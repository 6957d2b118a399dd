import VTdFormats

/// What the driver prints when the invalidation queue stops (`qi_check_fault`, `qi_dump_fault`).
public enum QueueErrorLine: Hashable, Sendable {
  /// IQE: `reason` is IQERCD's IQEI.
  case queueError(reason: UInt64)
  /// ITE: the source-id whose device did not answer.
  case timeout(source: UInt64)
  /// ICE: the source-id of a bad completion.
  case completionError(source: UInt64)
  /// The descriptor at the head, or the one before it.
  case descriptor(Position, qw0: UInt64, qw1: UInt64)
  case queueErrorCleared
  case timeoutCleared
  case completionErrorCleared

  public enum Position: String, Hashable, Sendable, Codable {
    case head = "QI HEAD"
    case prior = "QI PRIOR"
  }

  /// The record's text, `DMAR: ` included.
  public var text: String {
    switch self {
    case .queueError(let reason):
      "DMAR: VT-d detected Invalidation Queue Error: Reason \(hex(reason))"
    case .timeout(let source):
      "DMAR: VT-d detected Invalidation Time-out Error: SID \(hex(source))"
    case .completionError(let source):
      "DMAR: VT-d detected Invalidation Completion Error: SID \(hex(source))"
    case .descriptor(let position, let qw0, let qw1):
      "DMAR: \(position.rawValue): \(Self.name(ofDescriptor: qw0)) "
        + "qw0 = 0x\(hex(qw0)), qw1 = 0x\(hex(qw1))"
    case .queueErrorCleared: "DMAR: Invalidation Queue Error (IQE) cleared"
    case .timeoutCleared: "DMAR: Invalidation Time-out Error (ITE) cleared"
    case .completionErrorCleared: "DMAR: Invalidation Completion Error (ICE) cleared"
    }
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
