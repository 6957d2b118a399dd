public import VTdFormats
internal import VTdUnit

/// What a scenario expects of its run; nil and empty expect nothing.
public struct Expectation: Sendable {
  /// The file that holds the whole log.
  public var logFile: FileName?
  /// What is in it.
  public var log: Log?
  /// Lines that the log has to have, in this order.
  public var contains: [String] = []
  /// Texts that no line may have.
  public var lacks: [String] = []
  /// The faults that are printed; nil where nothing is said of them.
  public var faults: [Fault]?
  /// What the units recorded, whatever the kernel makes of it.
  public var records: [RecordExpectation]?
  /// Vector and destination of each interrupt delivered.
  public var interrupts: [Interrupt]?
  /// The lock report; nil where nothing is said of it.
  public var splat: Splat?
  /// How a table dump ends; nil where nothing is said of it.
  public var dump: Dump?
  /// Where each key of the section stands.
  private var places: [String: Place] = [:]

  public init() {}

  /// Whether nothing is expected.
  public var isEmpty: Bool { places.isEmpty }

  /// Where the value of a key stands.
  public func place(_ key: String) -> Place? { places[key] }

  /// A log file, line for line.
  public struct Log: Sendable {
    /// The file that holds it.
    public var path: String
    /// The lines of the whole log.
    public var lines: [String]

    /// A log as a file has it.
    public init(path: String, lines: [String]) {
      self.path = path
      self.lines = lines
    }
  }

  /// A fault that the kernel prints.
  public struct Fault: Hashable, Sendable, CustomStringConvertible {
    /// Who sent the request.
    public var source = SourceID(rawValue: 0)
    /// A read, or a write.
    public var isRead = true
    /// The page.
    public var address = IOVA(rawValue: 0)
    /// Why it was blocked.
    public var reason = FaultReason(rawValue: 0)

    public init() {}

    /// A fault.
    public init(source: SourceID, isRead: Bool, address: IOVA, reason: FaultReason) {
      self.source = source
      self.isRead = isRead
      self.address = address
      self.reason = reason
    }

    public var description: String {
      "\(source) \(isRead ? "read" : "write") \(address) reason "
        + "0x\(hex(UInt64(reason.rawValue), digits: 2))"
    }
  }

  /// An interrupt that the CPU gets.
  public struct Interrupt: Hashable, Sendable, CustomStringConvertible {
    /// The vector.
    public var vector: UInt8 = 0
    /// The processor.
    public var destination: UInt32 = 0

    public init() {}

    /// An interrupt.
    public init(vector: UInt8, destination: UInt32) {
      self.vector = vector
      self.destination = destination
    }

    public var description: String {
      "vector 0x\(hex(UInt64(vector), digits: 2)) to APIC \(destination)"
    }
  }

  /// Whether a lock report is expected, and which.
  public enum Splat: Sendable {
    /// None.
    case none
    /// One of this kind.
    case report(SplatDescription)
  }

  /// A lock report.
  public struct SplatDescription: Sendable {
    /// Its title, without brackets.
    public var title = ""
    /// The class of the lock.
    public var lockClass: String?
    /// The two usages, as the report writes them.
    public var usage: String?
    /// The class at which a path begins.
    public var from: String?
    /// The class at which a path ends.
    public var to: String?
    /// Functions of the stack under which the usage came about.
    public var registeredIn: [String] = []
    /// Functions of the stack under which the lock is taken.
    public var takenIn: [String] = []

    public init() {}
  }

  /// How far a table dump came.
  public enum Dump: String, CaseIterable, Sendable {
    /// It ended with the line that says where the walk ended.
    case complete
    /// It began, and the walk ended without a word.
    case cut
    /// The kernel died of it.
    case fatal
    /// No dump is printed.
    case none
  }
}

/// A fault record that a scenario expects, by what it says; what is not given may be anything but a
/// PASID, which must be given where there is one.
public struct RecordExpectation: Hashable, Sendable {
  /// The source-id.
  public var source = SourceID(rawValue: 0)
  /// The reason.
  public var reason = FaultReason(rawValue: 0)
  /// The unit's words for the reason.
  public var cause: String?
  /// What the request wanted; nil where nothing is said of it.
  public var type: FaultRequestType?
  /// The page; nil where nothing is said of it.
  public var address: IOVA?
  /// For interrupt requests.
  public var index: UInt16?
  /// The PASID; nil for none.
  public var pasid: PASID?
  /// The PRIV bit.
  public var isPrivileged = false
  /// The EXE bit.
  public var isExecute = false
  /// The address type; nil where nothing is said of it.
  public var addressType: AddressType?

  public init() {}

  /// The words for what a request wanted.
  package static let types: [(name: String, value: FaultRequestType)] = [
    ("read", .read), ("write", .write), ("atomic", .atomic), ("page-request", .pageRequest),
  ]
}

extension Expectation: Section {
  package static var sectionName: String { "expect" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "log", &logFile, .file, "a file with the whole log, line for line, trailing blanks aside",
      example: "report.log")
    field(
      "contains", &contains, .list(.text, isFlow: false),
      "each is a part of some line, in this order", example: "[\"fault reason 0x06\"]")
    field("lacks", &lacks, .list(.text, isFlow: false), "each is a part of no line")
    field(
      "records", &records, .list(.section, isFlow: false),
      "the faults that the units recorded, all of them, in order")
    field(
      "faults", &faults, .list(.section, isFlow: false),
      "the faults printed, all of them, in order")
    field(
      "interrupts", &interrupts, .list(.section, isFlow: false),
      "the interrupts delivered, all of them, in order")
    field(
      "splat", &splat,
      .either(
        .named([(name: "none", value: Splat.none)], { isNone($0) && isNone($1) }),
        Form<SplatDescription>.section.map(
          { .report($0) }, { if case .report(let splat) = $0 { splat } else { .init() } }),
        isSimple: isNone),
      "none, or the splat printed")
    field(
      "dump", &dump, .word, "how far the table dump came; fatal: the kernel died of it")
    places = field.places
  }
}

private func isNone(_ splat: Expectation.Splat) -> Bool {
  if case .none = splat { true } else { false }
}

extension Expectation.Fault: Section {
  package static var sectionName: String { "fault" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &source, .device, "the source-id", example: "\"00:1a.0\"")
    field.required(
      "access", &isRead, .named([(name: "read", value: true), (name: "write", value: false)]),
      "what was refused")
    field.required("address", &address, .number(), "the page")
    field.required("reason", &reason, .reason, "the fault reason, or its name", example: "0x06")
  }
}

extension RecordExpectation: Section {
  package static var sectionName: String { "record" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &source, .device, "the source-id", example: "\"00:1a.0\"")
    field.required("reason", &reason, .reason, "the fault reason, or its name", example: "0x06")
    field("cause", &cause, .text, "what the reason means, as dmar decode reason says it")
    field("type", &type, .named(Self.types), "what the request wanted (T1 and T2)")
    field("address", &address, .number(), "the page", example: "0xdeadb000")
    field("index", &index, .number(), "the interrupt index, for the reasons 0x20 to 0x28")
    field("pasid", &pasid, .number(0...0xf_ffff), "the PASID; none unless given")
    field("privileged", &isPrivileged, .flag, "supervisor privilege was asked for")
    field("execute", &isExecute, .flag, "execute permission was asked for")
    field("at", &addressType, .named(AddressType.rows), "the address type")
  }
}

extension Expectation.Interrupt: Section {
  package static var sectionName: String { "interrupt_delivered" }

  package mutating func visit(_ field: inout Fields) {
    field.required("vector", &vector, .number(0...0xff, .hex(2)), "the vector", example: "0x30")
    field.required("destination", &destination, .number(0...0xffff_ffff), "the local APIC")
  }
}

extension Expectation.SplatDescription: Section {
  package static var sectionName: String { "splat" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "title", &title, .text, "inconsistent lock state, …", example: "inconsistent lock state")
    field("class", &lockClass, .text, "the lock class", example: "&k->k_lock")
    field("usage", &usage, .text, "its usage as printed", example: "\"?.+.\"")
    field("from", &from, .text, "the earlier state", example: "HARDIRQ-ON-W")
    field("to", &to, .text, "the new state", example: "IN-HARDIRQ-W")
    field(
      "registered_in", &registeredIn, .list(.text),
      "functions of the earlier state's stack, in order", example: "[klist_add_tail]")
    field(
      "taken_in", &takenIn, .list(.text), "functions of the report's stack, in order",
      example: "[klist_next]")
  }
}

extension AddressType {
  /// The words for a request's address type.
  package static let rows: [(name: String, value: AddressType)] = [
    ("untranslated", .untranslated), ("translation-request", .translationRequest),
    ("translated", .translated),
  ]
}
