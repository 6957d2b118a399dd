/// Any line of the driver, as a value.
public enum DriverLine: Hashable, Sendable {
  case fault(FaultLine)
  case status(FaultStatusLine)
  case suppressed(SuppressedLine)
  case dump(DumpLine)
  case queueError(QueueErrorLine)
  case pageRequest(PageRequestLine)
  case boot(BootLine)
  case note(DriverNote)

  /// The record's text as a kernel of these generations prints it. A record of two lines has a
  /// newline inside.
  public func text(_ generations: LineGenerations) -> String {
    switch self {
    case .fault(let line): line.text(generations.faults, reasons: generations.reasons)
    case .status(let line): line.text(generations.faults)
    case .suppressed(let line): line.text
    case .dump(let line): line.text(generations.dump)
    case .queueError(let line): line.text(generations.queue)
    case .pageRequest(let line): line.text
    case .boot(let line): line.text(generations.boot)
    case .note(let note): note.text
    }
  }
}

/// The shapes of one kernel's lines.
public struct LineGenerations: Hashable, Sendable {
  public var faults: FaultLineGeneration
  public var reasons: FaultReasonTable
  public var dump: DumpWording
  public var queue: QueueErrorLine.Shape
  public var boot: BootLineGeneration

  public init(
    faults: FaultLineGeneration = .f7, reasons: FaultReasonTable = .scalable,
    dump: DumpWording = .revised, queue: QueueErrorLine.Shape = QueueErrorLine.Shape(),
    boot: BootLineGeneration = .current
  ) {
    self.faults = faults
    self.reasons = reasons
    self.dump = dump
    self.queue = queue
    self.boot = boot
  }
}
