import Text
import VTdFormats

// The record as JSON, both ways, the same in every build.
extension RunRecord {
  /// The whole record as one JSON document.
  public var json: String { document.compact + "\n" }

  private var document: JSONValue {
    var members = header
    var list: [Members] = []
    for event in events { list.append(event.members) }
    members.objects("events", list, evenIfEmpty: true)
    members.append(end)
    return .object(members.all)
  }

  /// One JSON object a line: what the run is, each event, what is known at the end.
  public var jsonLines: [String] {
    var first = Members()
    first.text("event", "run")
    first.append(header)
    var last = Members()
    last.text("event", "end")
    last.append(end)
    return [JSONValue.object(first.all).compact] + events.map { $0.json }
      + [JSONValue.object(last.all).compact]
  }

  private var header: Members {
    var members = Members()
    members.number("version", Self.version)
    members.text("scenario", scenario)
    members.text("description", summary)
    members.text("release", release)
    var list: [Members] = []
    for unit in units {
      var one = Members()
      one.text("name", unit.name)
      one.hexadecimal("base", unit.registerBase)
      one.number("segment", UInt64(unit.segment))
      list.append(one)
    }
    members.objects("units", list, evenIfEmpty: true)
    list = []
    for step in steps {
      var one = Members()
      one.count("step", step.number)
      one.text("file", step.file)
      one.count("line", step.line)
      one.text("text", step.text)
      list.append(one)
    }
    members.objects("steps", list, evenIfEmpty: true)
    return members
  }

  private var end: Members {
    var members = Members()
    var list: [Members] = []
    for lockClass in lockClasses {
      var one = Members()
      one.text("class", lockClass.name)
      one.text("letters", lockClass.letters)
      var usages: [Members] = []
      for usage in lockClass.usages {
        var it = Members()
        it.text("usage", usage.name)
        it.list("stack", usage.stack)
        usages.append(it)
      }
      one.objects("usages", usages)
      list.append(one)
    }
    members.objects("lock_classes", list, evenIfEmpty: true)
    list = []
    for dependency in lockDependencies { list.append(dependency.members) }
    members.objects("lock_dependencies", list, evenIfEmpty: true)
    members.list("failed_checks", failedChecks)
    members.count("untaken_steps", untakenSteps)
    return members
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
    let reader = try MemberReader(value, "the record")
    let version = try reader.number("version")
    guard version == Self.version else {
      throw RecordError("the record has version \(version); \(Self.version) was expected")
    }
    self.init()
    scenario = try reader.text("scenario")
    summary = try reader.text("description")
    release = try reader.text("release")
    for unit in try reader.objects("units") {
      units.append(
        RunUnit(
          name: try unit.text("name"), registerBase: try unit.hexadecimal("base"),
          segment: UInt32(clamping: try unit.number("segment"))))
    }
    for step in try reader.objects("steps") {
      steps.append(
        RunStep(
          number: try step.count("step"), file: try step.text("file"),
          line: try step.count("line"), text: try step.text("text")))
    }
    for event in try reader.objects("events") {
      let event = try RunEvent(event)
      guard event.id == events.count, event.cause.map({ $0 < event.id }) ?? true else {
        throw RecordError(
          "event \(event.id) is out of order; its cause and all before it were expected")
      }
      events.append(event)
    }
    for lockClass in try reader.objects("lock_classes") {
      var usages: [RunLockClass.Usage] = []
      for usage in try lockClass.objects("usages") {
        usages.append(
          RunLockClass.Usage(name: try usage.text("usage"), stack: try usage.list("stack")))
      }
      lockClasses.append(
        RunLockClass(
          name: try lockClass.text("class"), letters: try lockClass.text("letters"),
          usages: usages))
    }
    for dependency in try reader.objects("lock_dependencies") {
      lockDependencies.append(try RunLockDependency(dependency))
    }
    failedChecks = try reader.list("failed_checks")
    untakenSteps = try reader.count("untaken_steps")
  }
}

extension RunLockDependency {
  var members: Members {
    var members = Members()
    members.text("from", from)
    members.text("to", to)
    members.list("kinds", kinds)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    self.init(
      from: try reader.text("from"), to: try reader.text("to"), kinds: try reader.list("kinds"))
  }
}

extension RunEvent {
  /// The event as one JSON object.
  public var json: String { JSONValue.object(members.all).compact }

  var members: Members {
    var members = Members()
    members.text("event", what.kind)
    members.count("id", id)
    members.count("cause", cause)
    members.count("step", step)
    members.text("file", file)
    members.count("line", line)
    members.number("time_us", microseconds)
    var actor = Members()
    switch who {
    case .device(let name): actor.text("device", name)
    case .unit(let name): actor.text("unit", name)
    case .kernel(let cpu, let task, let pid):
      actor.count("cpu", cpu)
      actor.text("task", task)
      actor.count("pid", pid)
    case .scenario: actor.text("scenario", "step")
    }
    members.object("who", actor)
    members.append(what.members)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    let who = try reader.object("who")
    let actor: RunActor
    if let name = try who.optionalText("device") {
      actor = .device(name)
    } else if let name = try who.optionalText("unit") {
      actor = .unit(name)
    } else if who.has("cpu") {
      actor = .kernel(
        cpu: try who.count("cpu"), task: try who.text("task"), pid: try who.count("pid"))
    } else {
      actor = .scenario
    }
    self.init(
      id: try reader.count("id"), cause: try reader.optionalCount("cause"),
      step: try reader.count("step"), file: try reader.text("file"),
      line: try reader.count("line"), microseconds: try reader.number("time_us"), who: actor,
      what: try RunFact(reader))
  }
}
