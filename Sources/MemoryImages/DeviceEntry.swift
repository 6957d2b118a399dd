public import VTdFormats

/// How the requests of a function, or of one of its PASIDs, are translated.
public struct DeviceEntry: Hashable, Sendable {
  /// What is done with a device's requests.
  public enum Translation: Hashable, Sendable {
    /// Through second-stage tables.
    case secondStage(table: UInt64, levels: Int)
    /// Through first-stage tables.
    case firstStage(table: UInt64, levels: Int)
    /// First stage whose tables and results go through the second, which has so many levels.
    case nested(first: UInt64, second: UInt64, levels: Int)
    /// The address is passed on unchanged.
    case passThrough
    /// An encoding that the specification reserves.
    case reserved
  }

  /// The device.
  public var source: SourceID
  /// Nil in legacy mode.
  public var pasid: PASID?
  /// Whether requests without a PASID use this one.
  public var isForRequestsWithout: Bool
  /// Its domain-id.
  public var domain: DomainID
  /// What is done with its requests.
  public var translation: Translation
  /// Whether the device may use ATS.
  public var usesDeviceTLB: Bool

  /// `00:1a.0`, or `00:1a.0 PASID 0x1`.
  public var name: String {
    guard let pasid, !isForRequestsWithout else { return "\(source)" }
    return "\(source) PASID 0x\(hex(UInt64(pasid.rawValue)))"
  }
}
