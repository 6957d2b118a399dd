/// What an explanation says of one fault or of one log.
public struct Finding: Sendable {
  /// What most likely is wrong; one case for each known root cause.
  public enum Cause: String, Hashable, Sendable, Codable, CaseIterable {
    case firmwareRegion = "firmware-region"
    case inherited = "inherited-from-firmware"
    case phantomFunction = "phantom-function"
    case unsetAddress = "unset-address"
    case unmappedTooEarly = "unmapped-too-early"
    case rawPhysicalAddress = "raw-physical-address"
    case wrongDirection = "wrong-direction"
    case superpage = "unsupported-superpage"
    case staleCache = "stale-cache"
    case compatibilityInterrupt = "compatibility-interrupt"
    case ioapicAtBoot = "ioapic-at-boot"
    case interruptEntry = "interrupt-entry"
    case oldKernelTables = "tables-of-another-kernel"
    case missingFeature = "feature-not-supported"
    case detached = "detached-while-in-use"
    case firmwareTable = "bad-firmware-table"
    case invalidationTimeout = "invalidation-timeout"
    case unknown = "open"

    /// The number of the cause in the project's table of root causes; 0 for none.
    public var number: Int {
      self == .unknown ? 0 : (Self.allCases.firstIndex(of: self) ?? 0) + 1
    }
  }

  public enum Severity: String, Hashable, Sendable, Codable {
    case harmless
    case serious
    case unclear
  }

  /// A reason to believe a finding, with the lines that it rests on.
  public struct Evidence: Sendable {
    public var text: String
    public var places: [LogPlace]

    public init(_ text: String, _ places: [LogPlace] = []) {
      self.text = text
      self.places = places
    }
  }

  public var cause: Cause
  /// 0 to 100.
  public var confidence: Int
  public var severity: Severity
  /// Who is most likely to blame: firmware, the device's driver, the IOMMU driver, the hardware.
  public var culprit: String
  /// One line.
  public var verdict: String
  public var why: [Evidence]
  public var next: [String]
  /// What is not in the log and would decide.
  public var missing: [String]

  public init(
    _ cause: Cause, confidence: Int, severity: Severity, culprit: String, verdict: String,
    why: [Evidence], next: [String], missing: [String] = []
  ) {
    self.cause = cause
    self.confidence = min(max(confidence, 0), 99)
    self.severity = severity
    self.culprit = culprit
    self.verdict = verdict
    self.why = why
    self.next = next
    self.missing = missing
  }

  /// `certain`, `likely`, `possible`: what a confidence is called.
  public var certainty: String {
    switch confidence {
    case 85...: "almost certain"
    case 65..<85: "likely"
    case 45..<65: "possible"
    default: "a guess"
    }
  }
}

/// A cause as a rule: it looks at one fault among everything that the log says, and either has
/// nothing to say or states its evidence. A new cause is a new file beside the others, and a line
/// in `Rule.all`.
struct Rule: Sendable {
  /// The causes that rules look for in a fault.
  static var causes: [Finding.Cause] { all.map(\.cause) }

  let cause: Finding.Cause
  let judge: @Sendable (FaultCase) -> Finding?

  static let all: [Rule] = [
    firmwareRegion, domainSwitch, inherited, phantomFunction, unsetAddress, unmappedTooEarly,
    rawPhysicalAddress, wrongDirection, superpage, staleCache, staleSharedTable,
    compatibilityInterrupt, ioapicAtBoot, interruptEntry, oldKernelTables, missingFeature, detached,
  ]
}
