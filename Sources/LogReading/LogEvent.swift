public import KernelLog
public import VTdFormats

/// One thing that a log says, with its place.
public struct LogEvent: Hashable, Sendable {
  /// What was found.
  public enum Kind: Hashable, Sendable {
    /// A fault record.
    case fault(FaultObservation)
    /// `DRHD: handling fault status reg`: FSTS.
    case status(UInt32)
    /// The limiter's line.
    case suppressed(function: String, count: Int)
    /// A line of a table dump, and the words that it has.
    case dump(DumpLine, wording: DumpWording?)
    /// An error of the invalidation queue.
    case queueError(QueueErrorLine)
    /// A line of page requests.
    case pageRequest(PageRequestLine)
    /// A line of the boot.
    case boot(BootLine)
    /// A note of the IOMMU driver.
    case note(DriverNote)
    /// A line of an oops or a panic.
    case death(DeathLine)
    /// Something that helps to explain a fault.
    case fact(LogFact)
    /// A file that came with a mail, packed.
    case attachment(PackedAttachment)
  }

  /// What was found.
  public var kind: Kind
  /// First and last line, counted from 1 in its file.
  public var lines: ClosedRange<Int>
  /// When it was printed; nil where the line has no time.
  public var time: LogTime?
  /// What had to be put right before the line could be read.
  public var repairs: [Repair]

  /// What these lines say.
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
    case .fact, .attachment: nil
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

  /// A time since boot, a time of day, or both.
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
  /// The DMA or the interrupt.
  public var request: FaultLine.Request
  /// The source-id.
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

  /// What a fault's line says.
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
  /// Several lines were one.
  case joinedLines(Int)
  /// Quoting of mails was removed.
  case removedQuoting
  /// What a tool puts in front of lines was removed.
  case removedAnnotation
  /// Quoted-printable was decoded.
  case decodedQuotedPrintable
  /// HTML was decoded.
  case decodedHTML
  /// A word was misspelt.
  case misspelt(String)
  /// The end of a reason's text was filled in.
  case completedText
  /// A reason's text is missing.
  case missingText
  /// The reason is missing.
  case missingReason
  /// The reason's number does not go with its text, which was believed.
  case reasonFromText(printed: UInt8)
  /// A hexadecimal number had no 0x.
  case hexWithoutPrefix
  /// The beginning of the line is missing.
  case lostPrefix
  /// A very long line was cut.
  case cutLongLine
  /// Other lines stood in between.
  case skippedForeignLines(Int)
  /// A number was hidden on purpose.
  case hiddenNumber
  /// A carriage return was removed.
  case removedCarriageReturn
  /// The line is a mail's subject.
  case mailSubject
  /// The subject has the same record as the mail's body.
  case repeatedSubject
  /// The reason has a text and no number.
  case reasonWithoutNumber
  /// Whether it was a read or a write is missing.
  case accessNotPrinted
  /// Escaped characters were put back.
  case removedEscapes
  /// Brackets that were lost were put back.
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
    case .repeatedSubject: "the mail's subject repeats it; counted once"
    case .removedEscapes: "removed escapes that were typed out"
    case .restoredBrackets: "put lost brackets back"
    case .accessNotPrinted:
      "the line does not say whether it was a read or a write; taken from the reason"
    case .reasonWithoutNumber: "the reason's number is missing; taken from its text"
    case .skippedForeignLines(let count): "skipped \(count) foreign lines inside the record"
    }
  }
}
