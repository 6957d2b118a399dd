import LogReading

/// What an explanation says of one fault or of one log.
public struct Finding: Sendable {
  /// What most likely is wrong; one case for each known root cause.
  public enum Cause: String, Hashable, Sendable, CaseIterable {
    /// A region that firmware reserved and the kernel has to keep mapped.
    case firmwareRegion = "firmware-region"
    /// A device that went on with what firmware had told it to do.
    case inherited = "inherited-from-firmware"
    /// Requests under the id of a function that is not on the bus.
    case phantomFunction = "phantom-function"
    /// An address that was never set in the device.
    case unsetAddress = "unset-address"
    /// A buffer that was unmapped while the device still used it.
    case unmappedTooEarly = "unmapped-too-early"
    /// A physical address in the place of one that the kernel mapped.
    case rawPhysicalAddress = "raw-physical-address"
    /// A buffer mapped for the other direction.
    case wrongDirection = "wrong-direction"
    /// A large page on a unit that lacks it.
    case superpage = "unsupported-superpage"
    /// A cache, of the processor or of the unit, that holds an older entry.
    case staleCache = "stale-cache"
    /// An interrupt in the old format.
    case compatibilityInterrupt = "compatibility-interrupt"
    /// An interrupt of an IOAPIC at boot, which does no harm.
    case ioapicAtBoot = "ioapic-at-boot"
    /// An interrupt entry that forbids or lacks what was sent.
    case interruptEntry = "interrupt-entry"
    /// Tables of the kernel before this one.
    case oldKernelTables = "tables-of-another-kernel"
    /// A bit that the unit does not know.
    case missingFeature = "feature-not-supported"
    /// A device that was taken out of its domain while it was used.
    case detached = "detached-while-in-use"
    /// A DMAR table that is wrong.
    case firmwareTable = "bad-firmware-table"
    /// A device that does not answer invalidations.
    case invalidationTimeout = "invalidation-timeout"
    /// Firmware's own DMA, without a reserved region.
    case firmwareOwnDMA = "firmware-dma-without-rmrr"
    /// A device that the kernel before left running.
    case kernelBefore = "device-of-the-kernel-before"
    /// A record that firmware's time left in the unit.
    case latchedBeforeLinux = "latched-before-linux"
    /// Memory that something overwrote.
    case memoryCorruption = "memory-corruption"
    /// A display that is read all the time.
    case displayRefresh = "display-refresh"
    /// A device that reads past the end of what it was given.
    case overRead = "over-read"
    /// A read of a buffer that is mapped for writes alone.
    case writeOnlyMapping = "write-only-mapping"
    /// An interrupt of a guest that programs a device by itself.
    case guestInterrupt = "guest-interrupt"
    /// An interrupt before its address was set.
    case interruptWithoutAddress = "interrupt-before-set-up"
    /// A device that firmware left running until its driver began.
    case leftRunning = "left-running-by-firmware"
    /// Descriptors that hold something else.
    case garbageDescriptors = "garbage-descriptors"
    /// A device behind a bridge that sends under the bridge's id.
    case bridgeAlias = "bridge-alias"
    /// A device that was pulled out and found again.
    case removedAndFound = "removed-and-found-again"
    /// A flush of a device that is no longer there.
    case flushOfRemovedDevice = "flush-of-removed-device"
    /// A guest's memory that its domain does not map; no row of the table of root causes.
    case guestMapping = "guest-mapping"
    /// The history shows the mapping of another device; no row of the table of root causes.
    case mappedForAnother = "mapped-for-another-device"
    /// The history does not show the address, or only later; no row of the table of root causes.
    case neverMapped = "never-mapped"
    /// A message that says itself what is wrong; it has no root cause to be found.
    case message = "message"
    /// Nothing in the log decides.
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

  /// What it means for the machine.
  public enum Severity: String, Hashable, Sendable {
    /// Nothing is lost.
    case harmless
    /// Data may be lost, or hardware fails.
    case serious
    /// The log does not say.
    case unclear
  }

  /// A reason to believe a finding, with the lines that it rests on.
  public struct Evidence: Sendable {
    /// The sentence.
    public var text: String
    /// The lines that it rests on.
    public var places: [LogPlace]

    /// A sentence with its lines.
    public init(_ text: String, _ places: [LogPlace] = []) {
      self.text = text
      self.places = places
    }
  }

  /// What happened.
  public var cause: Cause
  /// Stable words to filter by: the cause's, or those of the message that the finding is about.
  public var id: String
  /// 0 to 100.
  public var confidence: Int
  /// What it means for the machine.
  public var severity: Severity
  /// Who is most likely to blame: firmware, the device's driver, the IOMMU driver, the hardware.
  public var culprit: String
  /// One line.
  public var verdict: String
  /// What the confidence was computed from; empty where a line says itself what is wrong.
  public var clues: [Clue] = []
  /// What speaks for it.
  public var why: [Evidence]
  /// What to do next.
  public var next: [String]
  /// What is not in the log and would decide.
  public var missing: [String]

  /// A finding.
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

  init(_ hypothesis: Hypothesis, confidence: Int, under system: OtherSystem?) {
    self.init(
      hypothesis.cause, confidence: confidence, severity: hypothesis.severity,
      culprit: hypothesis.culprit, verdict: hypothesis.verdict,
      why: hypothesis.clues.map { Evidence($0.sentence, $0.places) },
      next: Step.texts(hypothesis.next, under: system),
      missing: Step.texts(hypothesis.missing, under: system))
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
