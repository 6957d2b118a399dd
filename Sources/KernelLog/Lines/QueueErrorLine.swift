import VTdFormats

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
  case queueErrorCleared
  case timeoutCleared
  case completionErrorCleared

  public enum Position: String, Hashable, Sendable, Codable {
    case head = "QI HEAD"
    case prior = "QI PRIOR"
  }

  /// How the lines looked in one kernel.
  public struct Shape: Hashable, Sendable {
    /// What `pr_fmt` puts before the line: `DMAR: ` from 4.2 on.
    public var prefix: String
    /// 5.0 on: a refused descriptor as `qw0 = …, qw1 = …`, before as `low=…, high=…`.
    public var namesWords: Bool

    public init(prefix: String = "DMAR: ", namesWords: Bool = true) {
      self.prefix = prefix
      self.namesWords = namesWords
    }
  }

  /// The record's text, its driver's prefix included.
  public func text(_ shape: Shape = Shape()) -> String { shape.prefix + body(shape) }

  /// The line of recent kernels.
  public var text: String { text() }

  private func body(_ shape: Shape) -> String {
    switch self {
    case .invalidDescriptor(let qw0, let qw1):
      "VT-d detected invalid descriptor: "
        + (shape.namesWords
          ? "qw0 = \(hex(qw0)), qw1 = \(hex(qw1))" : "low=\(hex(qw0)), high=\(hex(qw1))")
    case .queueError(let reason):
      "VT-d detected Invalidation Queue Error: Reason \(hex(reason))"
    case .timeout(let source):
      "VT-d detected Invalidation Time-out Error: SID \(hex(source))"
    case .completionError(let source):
      "VT-d detected Invalidation Completion Error: SID \(hex(source))"
    case .descriptor(let position, let qw0, let qw1):
      "\(position.rawValue): \(Self.name(ofDescriptor: qw0)) "
        + "qw0 = 0x\(hex(qw0)), qw1 = 0x\(hex(qw1))"
    case .queueErrorCleared: "Invalidation Queue Error (IQE) cleared"
    case .timeoutCleared: "Invalidation Time-out Error (ITE) cleared"
    case .completionErrorCleared: "Invalidation Completion Error (ICE) cleared"
    }
  }

  /// `pr_err`, but `pr_info` where an error was cleared.
  public var level: LogLevel {
    switch self {
    case .queueErrorCleared, .timeoutCleared, .completionErrorCleared: .info
    default: .error
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
