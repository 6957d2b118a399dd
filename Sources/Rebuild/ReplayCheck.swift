internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import VTdFormats

/// What came of running a rebuilt scenario.
public struct Replay {
  /// The kernel's log, line by line.
  public let lines: [String]
  /// The word of memory at an address; nil where there is none.
  public let load: (UInt64) -> UInt64?

  /// What a replay printed, and the memory that it ended with.
  public init(lines: [String], load: @escaping (UInt64) -> UInt64?) {
    self.lines = lines
    self.load = load
  }

  /// The driver's lines in it.
  var driverLines: [DriverLine] {
    var reader = LogReader()
    var timeline = FaultTimeline()
    for line in lines {
      Array((line + "\n").utf8).withUnsafeBytes { reader.read($0) { timeline.take($0) } }
    }
    reader.finish { timeline.take($0) }
    return timeline.lines.map { $0.value }
  }
}

/// A log beside the replay of the scenario that was made of it.
struct ReplayCheck {
  /// Faults, by their numbers in the log, that the replay does not give, and the reason that it gives in
  /// their place, where it gives one.
  private(set) var missing: [Int: UInt8?] = [:]
  /// Every line of the log that the replay does not print.
  private(set) var missingLines: [Int] = []
  /// Faults that the replay prints and the log does not.
  private(set) var strangers = 0

  init(_ timeline: FaultTimeline, _ replay: Replay) {
    let wanted = timeline.lines.map { $0.value }
    let found = replay.driverLines
    for index in Self.missing(from: found, of: wanted) { missingLines.append(index) }
    let wantedFaults = timeline.faults.map { $0.observation.line }
    let foundFaults = found.compactMap { line -> FaultLine?? in
      if case .fault(let fault) = line { .some(fault) } else { nil }
    }
    let missingFaults = Self.missing(from: foundFaults, of: wantedFaults)
    let strangers = Self.missing(from: wantedFaults, of: foundFaults)
    self.strangers = strangers.count
    // Where as many came out otherwise, each stands in the place of one.
    for (order, index) in missingFaults.enumerated() {
      let stranger = missingFaults.count == strangers.count ? foundFaults[strangers[order]] : nil
      missing[index] = .some(stranger?.reason)
    }
  }

  /// Whether the replay prints all that the log has, and no other fault.
  var isWhole: Bool { missing.isEmpty && missingLines.isEmpty && strangers == 0 }

  /// How many descriptors of page requests the replay does not print.
  func missingPageRequests(_ timeline: FaultTimeline) -> Int {
    missingLines.count { index in
      guard case .pageRequest(let line) = timeline.lines[index].value else { return false }
      switch line {
      case .invalid, .unknownPASID, .withoutPASID(_, .some): return true
      default: return false
      }
    }
  }

  /// The lines that the replay does not print: one entry for each fault, or for each stretch of other
  /// lines between faults.
  func leftOut(_ timeline: FaultTimeline, _ plan: RebuildPlan) -> [LeftOut] {
    var entries: [LeftOut] = []
    var last: Int?
    var stretchHasFault = false
    var numbers: [LogPlace: Int] = [:]
    for (number, fault) in timeline.faults.enumerated() where numbers[fault.place] == nil {
      numbers[fault.place] = number
    }
    for index in missingLines {
      let line = timeline.lines[index]
      let follows = last == index - 1
      last = index
      if !follows { stretchHasFault = false }
      if case .fault = line.value, let number = numbers[line.place] {
        // The status in front of it, and its dump, go with it.
        if follows, !stretchHasFault, !entries.isEmpty { entries.removeLast() }
        stretchHasFault = true
        entries.append(LeftOut(line.place, reason(number, plan), in: timeline.files))
      } else if follows, !entries.isEmpty {
        entries[entries.count - 1].lastLine = line.place.line
      } else {
        let before = index > 0 ? timeline.lines[index - 1].value : nil
        entries.append(
          LeftOut(line.place, Self.reason(line.value, behind: before), in: timeline.files))
      }
    }
    return entries
  }

  private func reason(_ fault: Int, _ plan: RebuildPlan) -> String {
    if case .leftOut(let reason) = plan[fault: fault] { return reason }
    return "the replay does not print it"
  }

  private static func reason(_ line: DriverLine, behind before: DriverLine?) -> String {
    // iommu_context_addr gives no copied entry away, so that the dump ends below a root entry that is there.
    if case .dump(.stop(.noContextTable)) = line {
      let root: UInt64 =
        switch before {
        case .dump(.rootEntry(let low)): low
        case .dump(.scalableRootEntry(let high, let low)): high | low
        default: 0
        }
      if RootEntry(low: root, high: 0)[flag: .present] {
        return
          "the kernel hides a context entry that it took over from a kernel before it, which a scenario "
          + "that is made of a log has not"
      }
    }
    switch line {
    case .dump: return "the replay's tables are dumped otherwise"
    case .status(let line) where FaultStatus(rawValue: line.status).tellsOfQueueAlone:
      return "the interrupt of the replay's queue is served elsewhere"
    case .status, .suppressed: return "the replay's limiter lets other lines through"
    case .pageRequest: return "the replay's page requests are refused otherwise"
    default: return "the replay's queue stops otherwise"
    }
  }

  /// The elements of `wanted` that `found` lacks, of the least number that can be.
  private static func missing<Element: Hashable>(
    from found: [Element], of wanted: [Element]
  ) -> [Int] {
    if found == wanted { return [] }
    return wanted.difference(from: found).insertions.map { change in
      switch change {
      case .insert(let offset, _, _), .remove(let offset, _, _): offset
      }
    }
  }
}
