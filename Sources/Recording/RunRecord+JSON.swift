import Text
import VTdFormats

// The record as JSON, both ways, the same in every build.
extension RunRecord: RecordPart {
  /// The whole record as one JSON document.
  public var json: String { Members.written(self).compact + "\n" }

  /// One JSON object a line: what the run is, each event, what is known at the end.
  public var jsonLines: [String] {
    var (copy, first, last) = (self, Members(), Members())
    first.told("event", .string("run"))
    copy.visitBeginning(&first)
    last.told("event", .string("end"))
    copy.visitEnd(&last)
    return [JSONValue.object(first.all).compact] + events.map { $0.json }
      + [JSONValue.object(last.all).compact]
  }

  /// Reads a record that ``json`` wrote.
  ///
  /// - Throws: ``RecordError`` where the text is not a record, or one of another version.
  public init(json bytes: [UInt8]) throws(RecordError) {
    let value: JSONValue
    do throws(JSONReader.Failure) {
      value = try JSONReader.value(bytes)
    } catch {
      throw RecordError(
        "the record is not JSON at byte \(error.offset); \(error.expected) was expected")
    }
    self = try Members.read(value, "the record")
  }

  mutating func visit(_ members: inout Members) {
    visitBeginning(&members)
    members.parts("events", &events, evenIfEmpty: true)
    for (place, event) in events.enumerated() {
      guard event.id != place || event.cause.map({ $0 >= place }) ?? false else { continue }
      members.refuse(
        "event \(event.id) is out of order; its cause and all before it were expected")
    }
    visitEnd(&members)
  }

  private mutating func visitBeginning(_ members: inout Members) {
    var version = Self.version
    members.number("version", &version)
    if version != Self.version {
      members.refuse("the record has version \(version); \(Self.version) was expected")
    }
    members.text("scenario", &scenario)
    members.text("description", &summary)
    members.text("release", &release)
    members.parts("units", &units, evenIfEmpty: true)
    members.parts("steps", &steps, evenIfEmpty: true)
  }

  private mutating func visitEnd(_ members: inout Members) {
    members.parts("lock_classes", &lockClasses, evenIfEmpty: true)
    members.parts("lock_dependencies", &lockDependencies, evenIfEmpty: true)
    members.list("failed_checks", &failedChecks)
    members.number("untaken_steps", &untakenSteps)
  }
}

extension RunUnit: RecordPart {
  init() { self.init(name: "", registerBase: 0, segment: 0) }

  mutating func visit(_ members: inout Members) {
    members.text("name", &name)
    members.hexadecimal("base", &registerBase)
    members.number("segment", &segment)
  }
}

extension RunStep: RecordPart {
  init() { self.init(number: 0, file: "", line: 0, text: "") }

  mutating func visit(_ members: inout Members) {
    members.number("step", &number)
    members.text("file", &file)
    members.number("line", &line)
    members.text("text", &text)
  }
}

extension RunLockClass: RecordPart {
  init() { self.init(name: "", letters: "", usages: []) }

  mutating func visit(_ members: inout Members) {
    members.text("class", &name)
    members.text("letters", &letters)
    members.parts("usages", &usages)
  }
}

extension RunLockClass.Usage: RecordPart {
  init() { self.init(name: "", stack: []) }

  mutating func visit(_ members: inout Members) {
    members.text("usage", &name)
    members.list("stack", &stack)
  }
}

extension RunLockDependency: RecordPart {
  init() { self.init(from: "", to: "", kinds: []) }

  mutating func visit(_ members: inout Members) {
    members.text("from", &from)
    members.text("to", &to)
    members.list("kinds", &kinds)
  }
}

extension RunEvent: RecordPart {
  /// The event as one JSON object.
  public var json: String { Members.written(self).compact }

  mutating func visit(_ members: inout Members) {
    var kind = what.kind
    members.text("event", &kind)
    members.number("id", &id)
    members.number("cause", &cause)
    members.number("step", &step)
    members.text("file", &file)
    members.number("line", &line)
    members.number("time_us", &microseconds)
    members.part("who", &who)
    if members.isReading {
      guard let blank = RunFact.blank(kind) else {
        return members.refuse("no event is a \"\(kind)\"; a known kind was expected")
      }
      what = blank
    }
    what.visit(&members)
  }
}

extension RunActor: RecordPart {
  init() { self = .scenario }

  mutating func visit(_ members: inout Members) {
    var (device, unit): (String?, String?)
    var (cpu, task, process): (Int?, String?, Int?)
    switch self {
    case .device(let name): device = name
    case .unit(let name): unit = name
    case .kernel(let number, let name, let pid): (cpu, task, process) = (number, name, pid)
    case .scenario: members.told("scenario", .string("step"))
    }
    members.text("device", &device)
    members.text("unit", &unit)
    members.number("cpu", &cpu)
    members.text("task", &task)
    members.number("pid", &process)
    if let device {
      self = .device(device)
    } else if let unit {
      self = .unit(unit)
    } else if let cpu {
      guard let task, let process else { return members.refuse("cpu", "a task with its pid") }
      self = .kernel(cpu: cpu, task: task, pid: process)
    }
  }
}
