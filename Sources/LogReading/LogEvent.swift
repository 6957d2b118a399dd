public import KernelLog
public import VTdFormats

/// One thing that a log says, with its place.
public struct LogEvent: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case fault(FaultObservation)
    /// `DRHD: handling fault status reg`: FSTS.
    case status(UInt32)
    case suppressed(function: String, count: Int)
    case dump(DumpLine, wording: DumpWording?)
    case queueError(QueueErrorLine)
    case pageRequest(PageRequestLine)
    case boot(BootLine)
    case note(DriverNote)
    case death(DeathLine)
    case fact(LogFact)
    /// AMD's IOMMU: recognised, not explained.
    case amdFault
  }

  public var kind: Kind
  /// First and last line, counted from 1 in its file.
  public var lines: ClosedRange<Int>
  public var time: LogTime?
  /// What had to be put right before the line could be read.
  public var repairs: [Repair]

  public init(kind: Kind, lines: ClosedRange<Int>, time: LogTime? = nil, repairs: [Repair] = []) {
    self.kind = kind
    self.lines = lines
    self.time = time
    self.repairs = repairs
  }
}

extension LogEvent.Kind {
  /// A line of the driver as what is said of it here; a fault record is read apart.
  init?(_ line: DriverLine, wording: DumpWording? = nil) {
    switch line {
    case .fault: return nil
    case .status(let line): self = .status(line.status)
    case .suppressed(let line): self = .suppressed(function: line.function, count: line.count)
    case .dump(let line): self = .dump(line, wording: wording)
    case .queueError(let line): self = .queueError(line)
    case .pageRequest(let line): self = .pageRequest(line)
    case .boot(let line): self = .boot(line)
    case .note(let note): self = .note(note)
    case .death(let line): self = .death(line)
    }
  }

  /// The line of the driver that was read, as a kernel prints it; nil for anything else.
  public var line: DriverLine? {
    switch self {
    case .fault(let observation): observation.line.map(DriverLine.fault)
    case .status(let status): .status(FaultStatusLine(status: status))
    case .suppressed(let function, let count):
      .suppressed(SuppressedLine(function: function, count: count))
    case .dump(let line, _): .dump(line)
    case .queueError(let line): .queueError(line)
    case .pageRequest(let line): .pageRequest(line)
    case .boot(let line): .boot(line)
    case .note(let note): .note(note)
    case .death(let line): .death(line)
    case .fact, .amdFault: nil
    }
  }
}

/// When a line was printed, as far as its prefix says so.
public struct LogTime: Hashable, Sendable {
  /// Microseconds since boot.
  public var uptime: UInt64?
  /// The wall clock's text, as it stands in the line.
  public var wallClock: String?
  /// The host whose kernel spoke, where its name stands in front of the line.
  public var host: String?

  public init(uptime: UInt64? = nil, wallClock: String? = nil) {
    self.uptime = uptime
    self.wallClock = wallClock
  }

  /// What two sources say of one line; the first counts where both say it.
  init?(_ first: LogTime?, or second: LogTime?) {
    guard first != nil || second != nil else { return nil }
    self.init(
      uptime: first?.uptime ?? second?.uptime, wallClock: first?.wallClock ?? second?.wallClock)
    host = first?.host ?? second?.host
  }
}

/// A fault record read from a log.
public struct FaultObservation: Hashable, Sendable {
  public var request: FaultLine.Request
  public var source: SourceID
  /// The PCI segment, where the line shows one (Xen and some kernels).
  public var segment: UInt16?
  /// Bits 103:96 of the record; nil where the line is cut before it.
  public var reason: UInt8?
  /// The number as printed, where it does not fit the text and the text was believed.
  public var printedReason: UInt8?
  /// The reason's words as they stand in the log; empty where they are cut off.
  public var reasonText: String
  /// The shape of the line; nil where it is nobody's exactly (typed by hand, Xen).
  public var generation: FaultLineGeneration?
  /// The system that printed it; nil for Linux.
  public var system: OtherSystem?
  /// What stands in the address's place where the author masked it or the line was cut inside it;
  /// the request's address means nothing then.
  public var hiddenAddress: String?

  public init(
    request: FaultLine.Request, source: SourceID, segment: UInt16? = nil, reason: UInt8?,
    printedReason: UInt8? = nil, reasonText: String = "",
    generation: FaultLineGeneration? = nil, system: OtherSystem? = nil
  ) {
    self.request = request
    self.source = source
    self.segment = segment
    self.reason = reason
    self.printedReason = printedReason
    self.reasonText = reasonText
    self.generation = generation
    self.system = system
  }

  /// The record as a kernel would print it, where its reason is known and its address not hidden.
  public var line: FaultLine? {
    guard hiddenAddress == nil else { return nil }
    return reason.map {
      FaultLine(request: request, source: source, segment: segment ?? 0, reason: $0)
    }
  }
}

/// What the reader did to a line before it could be understood.
public enum Repair: Hashable, Sendable, CustomStringConvertible {
  case joinedLines(Int)
  case removedQuoting
  case removedAnnotation
  case decodedQuotedPrintable
  case decodedHTML
  case misspelt(String)
  case completedText
  case missingText
  case missingReason
  case reasonFromText(printed: UInt8)
  case hexWithoutPrefix
  case lostPrefix
  case cutLongLine
  case skippedForeignLines(Int)
  case hiddenNumber
  case removedCarriageReturn
  case mailSubject
  case reasonWithoutNumber
  case accessNotPrinted
  case removedEscapes
  case restoredBrackets

  public var description: String {
    switch self {
    case .joinedLines(let count): "joined \(count) lines"
    case .removedQuoting: "removed quote marks"
    case .removedAnnotation: "removed the author's marks"
    case .decodedQuotedPrintable: "decoded quoted-printable"
    case .decodedHTML: "decoded HTML"
    case .misspelt(let text): "read a misspelt \"\(text)\""
    case .completedText: "completed a cut reason text"
    case .missingText: "the reason's text is missing"
    case .missingReason: "the line is cut before its reason"
    case .reasonFromText(let printed):
      "reason 0x\(hex(UInt64(printed), digits: 2)) does not fit its text; taken from the text"
    case .hexWithoutPrefix: "read a reason without 0x as hex, as its text says"
    case .lostPrefix: "the line's prefix is lost"
    case .cutLongLine: "cut a very long line"
    case .hiddenNumber: "the address is masked by the author or cut off; nothing rests on it"
    case .removedCarriageReturn: "removed ^M from the ends of lines"
    case .mailSubject: "read from a mail's subject"
    case .removedEscapes: "removed escapes that were typed out"
    case .restoredBrackets: "put lost brackets back"
    case .accessNotPrinted:
      "the line does not say whether it was a read or a write; taken from the reason"
    case .reasonWithoutNumber: "the reason's number is missing; taken from its text"
    case .skippedForeignLines(let count): "skipped \(count) foreign lines inside the record"
    }
  }
}
