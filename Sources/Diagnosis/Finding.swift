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
    case firmwareOwnDMA = "firmware-dma-without-rmrr"
    case kernelBefore = "device-of-the-kernel-before"
    case latchedBeforeLinux = "latched-before-linux"
    case memoryCorruption = "memory-corruption"
    case displayRefresh = "display-refresh"
    case overRead = "over-read"
    case writeOnlyMapping = "write-only-mapping"
    case guestInterrupt = "guest-interrupt"
    case interruptWithoutAddress = "interrupt-before-set-up"
    case leftRunning = "left-running-by-firmware"
    case garbageDescriptors = "garbage-descriptors"
    case bridgeAlias = "bridge-alias"
    case removedAndFound = "removed-and-found-again"
    case flushOfRemovedDevice = "flush-of-removed-device"
    /// A guest's memory that its domain does not map; no row of the table of root causes.
    case guestMapping = "guest-mapping"
    /// The history shows the mapping of another device; no row of the table of root causes.
    case mappedForAnother = "mapped-for-another-device"
    /// The history does not show the address, or only later; no row of the table of root causes.
    case neverMapped = "never-mapped"
    /// A message that says itself what is wrong; it has no root cause to be found.
    case message = "message"
    case unknown = "open"

    /// The number of the cause in the project's table of root causes; 0 for none.
    public var number: Int {
      switch self {
      case .firmwareRegion: 1
      case .inherited: 2
      case .phantomFunction: 3
      case .unsetAddress: 4
      case .unmappedTooEarly: 5
      case .rawPhysicalAddress: 6
      case .wrongDirection: 7
      case .superpage: 8
      case .staleCache: 9
      case .compatibilityInterrupt: 10
      case .ioapicAtBoot: 11
      case .interruptEntry: 12
      case .oldKernelTables: 13
      case .missingFeature: 14
      case .detached: 15
      case .firmwareTable: 16
      case .invalidationTimeout: 17
      case .firmwareOwnDMA: 18
      case .kernelBefore: 19
      case .latchedBeforeLinux: 20
      case .memoryCorruption: 21
      case .displayRefresh: 22
      case .overRead: 23
      case .writeOnlyMapping: 24
      case .guestInterrupt: 25
      case .interruptWithoutAddress: 26
      case .leftRunning: 27
      case .garbageDescriptors: 28
      case .bridgeAlias: 29
      case .removedAndFound: 30
      case .flushOfRemovedDevice: 31
      case .guestMapping, .mappedForAnother, .neverMapped, .message, .unknown: 0
      }
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
  /// Stable words to filter by: the cause's, or those of the message that the finding is about.
  public var id: String
  /// 0 to 100.
  public var confidence: Int
  public var severity: Severity
  /// Who is most likely to blame: firmware, the device's driver, the IOMMU driver, the hardware.
  public var culprit: String
  /// One line.
  public var verdict: String
  /// What the confidence was computed from; empty where a line says itself what is wrong.
  public var clues: [Clue] = []
  public var why: [Evidence]
  public var next: [String]
  /// What is not in the log and would decide.
  public var missing: [String]

  public init(
    _ cause: Cause, id: String? = nil, confidence: Int, severity: Severity, culprit: String,
    verdict: String, why: [Evidence], next: [String], missing: [String] = []
  ) {
    self.cause = cause
    self.id = id ?? cause.rawValue
    self.confidence = min(max(confidence, 0), 99)
    self.severity = severity
    self.culprit = culprit
    self.verdict = verdict
    self.why = why
    self.next = next
    self.missing = missing
  }

  init(_ hypothesis: Hypothesis, confidence: Int) {
    self.init(
      hypothesis.cause, confidence: confidence, severity: hypothesis.severity,
      culprit: hypothesis.culprit, verdict: hypothesis.verdict,
      why: hypothesis.clues.map { Evidence($0.sentence, $0.places) }, next: hypothesis.next,
      missing: hypothesis.missing)
    clues = hypothesis.clues
  }

  /// `certain`, `likely`, `possible`: what a confidence is called.
  public var certainty: String { Self.certainty(confidence) }

  /// What a confidence in percent is called.
  public static func certainty(_ confidence: Int) -> String {
    switch confidence {
    case 85...: "almost certain"
    case 65..<85: "likely"
    case 45..<65: "possible"
    default: "a guess"
    }
  }
}

/// A cause as a rule: it looks at one fault among everything that the log says, and either has
/// nothing to say or states its clues. A new cause is a new file beside the others, and a line
/// in `Rule.all`.
struct Rule: Sendable {
  /// The causes that rules look for in a fault.
  static var causes: [Finding.Cause] { all.map(\.cause) }

  let cause: Finding.Cause
  let judge: @Sendable (FaultCase) -> Hypothesis?

  static let all: [Rule] =
    history + [
      firmwareRegion, domainSwitch, firmwareOwnDMA, inherited, latchedBeforeLinux, kernelBefore,
      leftRunning, withoutDriver, phantomFunction, bridgeAlias, unsetAddress, garbageDescriptors,
      unmappedTooEarly, rawPhysicalAddress, overRead, wrongDirection, possibleDirection,
      writeOnlyMapping, superpage, staleCache, staleSharedTable, memoryCorruption, displayRefresh,
      guestMapping, formerDomain, compatibilityInterrupt, guestInterrupt, ioapicAtBoot,
      interruptWithoutAddress, interruptEntry, oldKernelTables, missingFeature, detached,
      removedAndFound,
    ]
}
