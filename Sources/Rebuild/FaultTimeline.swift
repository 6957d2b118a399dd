public import Diagnosis
public import KernelLog
public import LogReading
internal import PCI
internal import VTdFormats

/// The faults of a log one by one in their order, each with its own dump, and the errors of queues
/// between them: what a replay has to print again.
public struct FaultTimeline: Sendable {
  /// More faults than this do not make a scenario that anybody reads.
  static let longest = 4096
  /// More lines than this are not compared one by one.
  static let mostLines = 1 << 17

  /// A fault with what stands beside it in the log.
  public struct Fault: Sendable {
    /// What its line says.
    public var observation: FaultObservation
    /// The dump behind it; nil where there is none.
    public var dump: TableDump?
    /// The words of the dump; nil where there is none.
    public var wording: DumpWording?
    /// FSTS as the line before the record has it.
    public var status: UInt32?
    /// Where it stands.
    public var place: LogPlace
    /// Its time; nil where the log has none.
    public var time: LogTime?
    /// When the lines of the fault were printed, the status first: microseconds since boot; nil where
    /// a line does not say.
    var times: [UInt64?] = []

    /// Where it stands in its file.
    public var line: Int { place.line }
  }

  /// Lines about one stop of an invalidation queue.
  struct QueueStop: Sendable {
    /// How many faults the log has in front of it.
    var position: Int
    var place: LogPlace
    /// Where the last of its lines stands.
    var end: LogPlace
    var lines: [QueueErrorLine] = []
    var times: [UInt64?] = []
  }

  /// A page request that the driver refused.
  struct RefusedPage: Sendable {
    /// How many faults the log has in front of it.
    var position: Int
    var place: LogPlace
    /// The descriptor, as far as the log shows it.
    var request: PageRequestDescriptor
    var times: [UInt64?] = []

    /// Who asked.
    var device: PCIAddress {
      PCIAddress(
        sourceID: SourceID(rawValue: UInt16(truncatingIfNeeded: request[.requesterID])))
    }
  }

  /// A status with no record behind it.
  struct LoneStatus: Sendable {
    /// How many faults the log has in front of it.
    var position: Int
    var place: LogPlace
    var value: UInt32
    var time: UInt64?
  }

  /// The names of the files, by the number that places have.
  public private(set) var files: [String] = []
  /// The faults, in the order of the log.
  public private(set) var faults: [Fault] = []
  /// Whether the log has more of them than are kept.
  public private(set) var isCut = false
  private(set) var queueStops: [QueueStop] = []
  private(set) var loneStatuses: [LoneStatus] = []
  private(set) var refusedPages: [RefusedPage] = []
  /// Lines in front of a descriptor that say why it was refused.
  private var refusal: (place: LogPlace, times: [UInt64?])?
  /// Faults that no scenario can have, with their reason.
  private(set) var unusable: [LeftOut] = []
  /// Every line that a replay is to print, in the order of the log.
  private(set) var lines: [Noted<DriverLine>] = []
  private var status: UInt32?
  /// When the lines came that belong to the next fault.
  private var pending: [UInt64?] = []
  private var takesDump = false
  private var questions = LimiterQuestions()

  /// No line was heard yet.
  public init() {}

  /// Faults that came too fast for the limiter, as far as its own lines tell.
  var bursts: [LimiterBurst] { questions.bursts }
  /// The same for a log without times, by the statuses that stand alone too.
  var burstsWithoutTimes: [LimiterBurst] {
    let told = bursts
    return told
      + questions.silentBursts.filter { silent in
        !told.contains { $0.faults.overlaps(silent.faults) }
      }
  }

  /// Whether there is anything that a scenario could show.
  public var isEmpty: Bool {
    faults.isEmpty && queueStops.isEmpty && refusedPages.isEmpty && unusable.isEmpty
  }

  /// From here on events come from another file.
  public mutating func begin(file: String) {
    files.append(file)
    (status, pending, takesDump) = (nil, [], false)
  }

  /// Takes what the reader of logs found next.
  public mutating func take(_ event: LogEvent) {
    let place = LogPlace(file: max(files.count - 1, 0), line: event.lines.lowerBound)
    let time = event.time?.uptime
    if isCut {
      if event.kind.line != nil { refuseBehindCut(place) }
      return
    }
    switch event.kind {
    case .status(let value):
      loneStatuses.append(
        LoneStatus(position: faults.count, place: place, value: value, time: time))
      // A status in front of this one had no record.
      if status != nil { pending = [] }
      status = value
      pending.append(time)
      takesDump = false
      questions.takeStatus()
    case .fault(let observation):
      take(observation, event, place)
      if isCut { return }
    case .suppressed("dmar_fault", let count):
      pending = [time]
      questions.takeSuppressed(count)
    case .dump(let line, let wording):
      guard takesDump, let last = faults.indices.last else { return }
      if faults[last].dump == nil { faults[last].dump = TableDump() }
      faults[last].dump?.lines.append(Noted(value: line, place: place, time: event.time))
      faults[last].times.append(time)
      if let wording { faults[last].wording = wording }
    case .queueError(let line): take(line, time, place)
    case .pageRequest(let line):
      // What no scenario can have is named by itself.
      guard take(line, time, place) else { return }
    default: return
    }
    if let line = event.kind.line, lines.count < Self.mostLines {
      lines.append(Noted(value: line, place: place, time: event.time))
    }
  }

  private mutating func take(
    _ observation: FaultObservation, _ event: LogEvent, _ place: LogPlace
  ) {
    func refuse(_ reason: String) {
      unusable.append(LeftOut(place, reason, in: files))
    }
    takesDump = false
    // What the log hides cannot be sent again.
    if observation.hiddenAddress != nil { return refuse("its address is hidden or cut off") }
    guard observation.reason != nil else { return refuse("its reason is cut off") }
    guard faults.count < Self.longest else {
      isCut = true
      return refuseBehindCut(place)
    }
    var fault = Fault(
      observation: observation, status: status, place: place, time: event.time, times: pending)
    fault.times.append(event.time?.uptime)
    // A record without a status in front of it is one more of the same interrupt, or its status is
    // not in the log.
    if status != nil { loneStatuses.removeLast() }
    faults.append(fault)
    (status, pending, takesDump) = (nil, [], true)
    questions.takeFault(faults.count - 1)
  }

  /// Names what stands behind the last fault that is taken: one range of lines for each file.
  private mutating func refuseBehindCut(_ place: LogPlace) {
    let entry = LeftOut(place, "more than \(Self.longest) faults stand in front of it", in: files)
    if let last = unusable.last, last.file == entry.file, last.reason == entry.reason {
      unusable[unusable.count - 1].lastLine = place.line
    } else {
      unusable.append(entry)
    }
  }

  private mutating func take(
    _ line: PageRequestLine, _ time: UInt64?, _ place: LogPlace
  ) -> Bool {
    let words: PageRequestLine.Words
    switch line {
    case .invalid(_, let found), .unknownPASID(_, _, let found), .withoutPASID(_, let found?):
      words = found
    case .withoutPASID, .notCanonical, .privileged(.some), .execute(.some):
      // The descriptor is in the next line.
      refusal = (place, [time])
      return true
    case .privileged(nil), .execute(nil):
      unusable.append(LeftOut(place, "the line does not tell who asked for what", in: files))
      return false
    case .overflow, .overflowCleared:
      unusable.append(
        LeftOut(place, "the requests that filled the queue are not in the log", in: files))
      return false
    }
    var request = PageRequestDescriptor()
    request[word: 0] = words.low
    request[word: 1] = words.high
    refusedPages.append(
      RefusedPage(
        position: faults.count, place: refusal?.place ?? place, request: request,
        times: (refusal?.times ?? []) + [time]))
    refusal = nil
    return true
  }

  /// Times up to the first that a line does not say, or that goes back.
  static func ascending(_ times: [UInt64?]) -> [UInt64] {
    var last: UInt64 = 0
    var ascending: [UInt64] = []
    for time in times {
      guard let time, time >= last else { break }
      ascending.append(time)
      last = time
    }
    return ascending
  }

  private mutating func take(_ line: QueueErrorLine, _ time: UInt64?, _ place: LogPlace) {
    let isDetection: Bool
    switch line {
    case .queueError, .timeout, .completionError, .invalidDescriptor: isDetection = true
    case .descriptor, .queueErrorCleared, .timeoutCleared, .completionErrorCleared:
      isDetection = false
    }
    let isNew = queueStops.last.map { stop in
      isDetection
        && (stop.position != faults.count || !stop.lines.allSatisfy { $0.isDetection }
          || stop.lines.contains(line))
    }
    if isNew ?? true {
      queueStops.append(QueueStop(position: faults.count, place: place, end: place))
    }
    queueStops[queueStops.count - 1].end = place
    queueStops[queueStops.count - 1].lines.append(line)
    queueStops[queueStops.count - 1].times.append(time)
  }
}

extension QueueErrorLine {
  /// Whether the line says that the unit stopped; the others say more of it.
  fileprivate var isDetection: Bool {
    switch self {
    case .queueError, .timeout, .completionError: true
    // The only line of its kernel: the next one is another stop.
    case .invalidDescriptor: false
    case .descriptor, .queueErrorCleared, .timeoutCleared, .completionErrorCleared: false
    }
  }
}
