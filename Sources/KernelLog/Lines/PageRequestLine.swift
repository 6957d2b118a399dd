import VTdFormats

/// What the driver prints about page requests that it cannot serve, and about a queue that
/// overflowed (`prq_event_thread`, `handle_bad_prq_event`). None has the driver's prefix.
public enum PageRequestLine: Hashable, Sendable {
  /// The first two words of a page request descriptor.
  public struct Words: Hashable, Sendable {
    public var low: UInt64
    public var high: UInt64

    public init(low: UInt64, high: UInt64) {
      self.low = low
      self.high = high
    }
  }

  /// The words are printed before 5.14 alone.
  case withoutPASID(unit: String, Words?)
  case notCanonical(unit: String)
  /// Before 5.14 no unit is named.
  case privileged(unit: String?)
  case execute(unit: String?)
  /// Before 5.14: nobody has bound the PASID.
  case unknownPASID(unit: String, pasid: UInt32, Words)
  /// 5.14 on: what every refused request ends with.
  case invalid(unit: String, Words)
  case overflow(unit: String)
  case overflowCleared(unit: String)

  public var text: String {
    switch self {
    case .withoutPASID(let unit, nil): "IOMMU: \(unit): Page request without PASID"
    case .withoutPASID(let unit, .some(let words)):
      "\(unit): Page request without PASID: \(Self.pair(words))"
    case .notCanonical(let unit): "IOMMU: \(unit): Address is not canonical"
    case .privileged(.some(let unit)): "IOMMU: \(unit): Page request in Privilege Mode"
    case .privileged(nil): "Unexpected page request in Privilege Mode"
    case .execute(.some(let unit)): "IOMMU: \(unit): Execution request not supported"
    case .execute(nil): "Execution request not supported"
    case .unknownPASID(let unit, let pasid, let words):
      "\(unit): Page request for invalid PASID \(pasid): \(Self.pair(words))"
    case .invalid(let unit, let words): "\(unit): Invalid page request: \(Self.pair(words))"
    case .overflow(let unit): "IOMMU: \(unit): PRQ overflow detected"
    case .overflowCleared(let unit): "IOMMU: \(unit): PRQ overflow cleared"
    }
  }

  public var level: LogLevel {
    switch self {
    case .overflow, .overflowCleared: .info
    default: .error
    }
  }

  /// `%08llx %08llx`
  private static func pair(_ words: Words) -> String {
    "\(hex(words.low, digits: 8)) \(hex(words.high, digits: 8))"
  }
}
