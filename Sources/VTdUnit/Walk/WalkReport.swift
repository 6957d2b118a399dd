import Synchronization
public import VTdFormats

/// One step of a walk: an entry read, what it says, what was looked at.
public struct WalkStep: Hashable, Sendable, Codable {
  public let structure: WalkStructure
  /// Paging level, 5 to 1; 0 for the other structures.
  public let level: Int
  /// Where the entry lies.
  public let address: UInt64
  /// The entry's 64-bit words, lowest first; empty if it could not be read.
  public let words: [UInt64]
  /// Every field by name.
  public let fields: [DecodedField]
  /// What was checked and held, in order.
  public internal(set) var checks: [String]
  /// Permission over all levels up to this one, as `RWXU`; nil before the page tables.
  public internal(set) var accumulated: String?
}

/// One translation, told step by step.
public struct WalkReport: Hashable, Sendable {
  public let request: DMARequest
  /// The entries in the order in which they were read.
  public let steps: [WalkStep]
  /// What the tables in memory give now, with no cache and nothing recorded; the disposition of a
  /// fault is what FPD says, and ``FaultDisposition/notReported`` where it would be recorded.
  public let verdict: TranslationOutcome
}

extension WalkStructure {
  /// The entry's fields, by its layout.
  func decode(_ words: [UInt64]) -> [DecodedField] {
    switch self {
    case .rootEntry: RootEntry(words: words).decoded
    case .scalableRootEntry: ScalableRootEntry(words: words).decoded
    case .contextEntry: ContextEntry(words: words).decoded
    case .scalableContextEntry: ScalableContextEntry(words: words).decoded
    case .pasidDirectoryEntry: PASIDDirectoryEntry(words: words).decoded
    case .pasidTableEntry: PASIDTableEntry(words: words).decoded
    case .firstStageEntry: FirstStageEntry(words: words).decoded
    case .secondStageEntry: SecondStageEntry(words: words).decoded
    }
  }
}

/// Writes down what the walk tells.
struct ReportingObserver: WalkObserver {
  static var isSilent: Bool { false }
  var steps: [WalkStep] = []

  mutating func read(
    _ structure: WalkStructure, level: Int, at address: UInt64, _ words: @autoclosure () -> [UInt64]
  ) {
    let words = words()
    steps.append(
      WalkStep(
        structure: structure, level: level, address: address, words: words,
        fields: structure.decode(words), checks: []))
  }

  mutating func unreadable(_ structure: WalkStructure, level: Int, at address: UInt64) {
    steps.append(
      WalkStep(
        structure: structure, level: level, address: address, words: [], fields: [], checks: []))
  }

  mutating func accumulated(_ permissions: Permissions) {
    guard !steps.isEmpty else { return }
    steps[steps.count - 1].accumulated = permissions.description
  }

  mutating func checked(_ what: StaticString) {
    guard !steps.isEmpty else { return }
    steps[steps.count - 1].checks.append("\(what)")
  }
}

extension RemappingUnit {
  /// What the tables in memory say about a request now, step by step.
  ///
  /// Caches are neither asked nor filled, no fault is recorded and no accessed or dirty bit is
  /// written, so asking changes nothing.
  public func explain(_ request: DMARequest) -> WalkReport {
    let control = control.load(ordering: .acquiring)
    if let early = withoutTables(request, control) {
      return WalkReport(request: request, steps: [], verdict: early.outcome)
    }
    var walker = Walker(environment, updatesMemory: false, observer: ReportingObserver())
    let root = RootTableAddress(rawValue: control & ControlBits.root)
    let (result, context) = walker.walk(request, root: root)
    let verdict: TranslationOutcome
    if result.isFault {
      verdict = .blocked(
        .fault(FaultReason(rawValue: result.reason)),
        context.flags.contains(.faultProcessingDisabled) ? .faultProcessingDisabled : .notReported)
    } else {
      verdict =
        Translation(address: result.address, flags: result.flags).outcome
    }
    return WalkReport(request: request, steps: walker.observer.steps, verdict: verdict)
  }
}
