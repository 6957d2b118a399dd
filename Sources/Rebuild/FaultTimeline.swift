public import Diagnosis
public import KernelLog
public import LogReading
internal import VTdFormats

/// The faults of a log one by one in their order, each with its own dump: what a replay has to
/// print again.
public struct FaultTimeline: Sendable {
  /// More faults than this do not make a scenario that anybody reads.
  static let longest = 4096

  public struct Fault: Sendable {
    public var observation: FaultObservation
    public var dump: TableDump?
    public var wording: DumpWording?
    /// FSTS as the line before the record has it.
    public var status: UInt32?
    public var line: Int
    public var time: LogTime?
  }

  public private(set) var faults: [Fault] = []
  public private(set) var isCut = false
  private var status: UInt32?
  private var takesDump = false
  private var questions = LimiterQuestions()

  public init() {}

  var bursts: [LimiterBurst] { questions.bursts }

  public mutating func take(_ event: LogEvent) {
    switch event.kind {
    case .status(let value):
      status = value
      takesDump = false
      questions.takeStatus()
    case .fault(let observation):
      // An address that the log hides cannot be sent again.
      if observation.hiddenAddress != nil { return }
      guard faults.count < Self.longest else {
        isCut = true
        return
      }
      faults.append(
        Fault(
          observation: observation, status: status, line: event.lines.lowerBound, time: event.time))
      status = nil
      takesDump = true
      questions.takeFault(faults.count - 1)
    case .suppressed("dmar_fault", let count):
      questions.takeSuppressed(count)
    case .dump(let line, let wording):
      guard takesDump, let last = faults.indices.last else { return }
      let noted = Noted(
        value: line, place: LogPlace(line: event.lines.lowerBound), time: event.time)
      if faults[last].dump == nil { faults[last].dump = TableDump() }
      faults[last].dump?.lines.append(noted)
      if let wording { faults[last].wording = wording }
    default: break
    }
  }
}
