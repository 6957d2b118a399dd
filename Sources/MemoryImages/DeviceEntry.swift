public import VTdFormats

/// How the requests of a function, or of one of its PASIDs, are translated.
public struct DeviceEntry: Hashable, Sendable {
  public enum Translation: Hashable, Sendable {
    case secondStage(table: UInt64, levels: Int)
    case firstStage(table: UInt64, levels: Int)
    /// First stage whose tables and results go through the second.
    case nested(first: UInt64, second: UInt64)
    case passThrough
    /// An encoding that the specification reserves.
    case reserved
  }

  public var source: SourceID
  /// Nil in legacy mode.
  public var pasid: PASID?
  /// Whether requests without a PASID use this one.
  public var isForRequestsWithout: Bool
  public var domain: DomainID
  public var translation: Translation
  /// Whether the device may use ATS.
  public var usesDeviceTLB: Bool

  /// `00:1a.0`, or `00:1a.0 PASID 0x1`.
  public var name: String {
    guard let pasid, !isForRequestsWithout else { return "\(source)" }
    return "\(source) PASID 0x\(hex(UInt64(pasid.rawValue)))"
  }
}
