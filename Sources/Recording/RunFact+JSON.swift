import VTdFormats
import VTdUnit

// Facts as members of their event, and back.
extension RunFact {
  /// The name of the kind of event.
  public var kind: String {
    switch self {
    case .step: "step"
    case .dma: "dma"
    case .bypass: "bypass"
    case .interruptRequest: "interrupt_request"
    case .pageRequest: "page_request"
    case .fault: "fault"
    case .message: "message"
    case .interrupt: "interrupt"
    case .memory: "memory"
    case .register: "register"
    case .command: "command"
    case .queueError: "queue_error"
    case .cache: "cache"
    case .lock: "lock"
    case .lockReport: "lock_report"
    case .line: "log"
    case .hang: "hang"
    case .death: "death"
    case .wait: "wait"
    case .reset: "reset"
    }
  }

  var members: Members {
    var members = Members()
    switch self {
    case .step: break
    case .dma(let fact): return fact.members
    case .bypass(let fact):
      members.text("device", fact.device)
      members.hexadecimal("address", fact.address)
      members.flag("reaches_memory", fact.reachesMemory)
      members.text("detail", fact.detail)
    case .interruptRequest(let fact): return fact.members
    case .pageRequest(let fact):
      members.text("unit", fact.unit)
      members.text("device", fact.device)
      members.hexadecimal("address", fact.address)
      members.hexadecimal("pasid", fact.pasid.map(UInt64.init))
      members.text("result", fact.result)
      members.number("reason", fact.reason.map { UInt64($0.rawValue) })
    case .fault(let fact):
      members.text("unit", fact.unit)
      members.text("device", fact.device)
      members.number("reason", UInt64(fact.reason.rawValue))
      members.hexadecimal("address", fact.address)
      members.append(fact.recorded.members)
      members.words("words", fact.words)
    case .message(let fact):
      members.text("unit", fact.unit)
      members.text("signal", fact.event)
      members.hexadecimal("address", fact.address)
      members.hexadecimal("data", fact.data)
      members.mark("held", fact.isHeld)
    case .interrupt(let fact):
      members.text("unit", fact.unit)
      members.hexadecimal("vector", fact.vector)
      members.mark("spurious", fact.isSpurious)
    case .memory(let fact):
      members.hexadecimal("address", fact.address)
      members.hexadecimal("old", fact.old)
      members.hexadecimal("new", fact.new)
      if fact.more > 0 { members.count("more", fact.more) }
    case .register(let fact):
      members.text("unit", fact.unit)
      members.text("register", fact.name)
      members.hexadecimal("offset", fact.offset)
      members.text("access", fact.isWrite ? "write" : "read")
      members.count("width", fact.width)
      members.hexadecimal("value", fact.value)
    case .command(let fact):
      members.text("unit", fact.unit)
      members.number("type", UInt64(fact.type.rawValue))
      members.text("command", fact.type.word)
      members.words("words", [fact.low, fact.high])
    case .queueError(let fact):
      members.text("unit", fact.unit)
      members.number("code", fact.code)
      members.text("device", fact.device)
    case .cache(let fact): return fact.members
    case .lock(let fact): return fact.members
    case .lockReport(let fact):
      members.text("title", fact.title)
      members.text("class", fact.lockClass)
      members.list("usages", fact.usages)
      members.list("path", fact.path)
      members.list("held", fact.held)
      members.text("context", fact.context)
    case .line(let fact):
      members.number("level", fact.level)
      members.text("text", fact.text)
    case .hang(let unit): members.text("unit", unit)
    case .death(let reason): members.text("reason", reason)
    case .wait(let time): members.number("wait_us", time)
    case .reset(let unit): members.text("unit", unit)
    }
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    switch try reader.text("event") {
    case "step": self = .step
    case "dma": self = .dma(try DMAFact(reader))
    case "bypass":
      self = .bypass(
        BypassFact(
          device: try reader.text("device"), address: try reader.hexadecimal("address"),
          reachesMemory: try reader.flag("reaches_memory"), detail: try reader.text("detail")))
    case "interrupt_request": self = .interruptRequest(try InterruptFact(reader))
    case "page_request":
      self = .pageRequest(
        PageRequestFact(
          unit: try reader.text("unit"), device: try reader.text("device"),
          address: try reader.hexadecimal("address"), pasid: try reader.pasid("pasid"),
          result: try reader.text("result"), reason: try reader.reason("reason")))
    case "fault":
      guard let reason = try reader.reason("reason"), let recorded = try Recorded(reader) else {
        throw RecordError("a fault without reason and result; both were expected")
      }
      self = .fault(
        FaultFact(
          unit: try reader.text("unit"), device: try reader.text("device"), reason: reason,
          address: try reader.hexadecimal("address"), recorded: recorded,
          words: try reader.words("words")))
    case "message":
      self = .message(
        MessageFact(
          unit: try reader.text("unit"), event: try reader.text("signal"),
          address: try reader.hexadecimal("address"), data: try reader.hexadecimal("data"),
          isHeld: try reader.flag("held")))
    case "interrupt":
      self = .interrupt(
        TakenInterruptFact(
          unit: try reader.text("unit"), vector: try reader.hexadecimal("vector"),
          isSpurious: try reader.flag("spurious")))
    case "memory":
      self = .memory(
        MemoryFact(
          address: try reader.hexadecimal("address"), old: try reader.hexadecimal("old"),
          new: try reader.hexadecimal("new"), more: try reader.optionalCount("more") ?? 0))
    case "register":
      self = .register(
        RegisterFact(
          unit: try reader.text("unit"), name: try reader.text("register"),
          offset: try reader.hexadecimal("offset"), value: try reader.hexadecimal("value"),
          isWrite: try reader.text("access") == "write", width: try reader.count("width")))
    case "command":
      let words = try reader.words("words")
      guard words.count == 2,
        let type = UInt8(exactly: try reader.number("type")).flatMap(DescriptorType.init(rawValue:))
      else { throw RecordError("a command without a known type and two words; both were expected") }
      self = .command(
        CommandFact(unit: try reader.text("unit"), type: type, low: words[0], high: words[1]))
    case "queue_error":
      self = .queueError(
        QueueErrorFact(
          unit: try reader.text("unit"), code: try reader.optionalNumber("code"),
          device: try reader.optionalText("device")))
    case "cache": self = .cache(try CacheFact(reader))
    case "lock": self = .lock(try LockFact(reader))
    case "lock_report":
      self = .lockReport(
        LockReportFact(
          title: try reader.text("title"), lockClass: try reader.optionalText("class"),
          usages: try reader.list("usages"), path: try reader.list("path"),
          held: try reader.list("held"), context: try reader.optionalText("context")))
    case "log":
      self = .line(LineFact(level: try reader.number("level"), text: try reader.text("text")))
    case "hang": self = .hang(unit: try reader.text("unit"))
    case "death": self = .death(try reader.text("reason"))
    case "wait": self = .wait(try reader.number("wait_us"))
    case "reset": self = .reset(unit: try reader.text("unit"))
    case let kind: throw RecordError("no event is a \"\(kind)\"; a known kind was expected")
    }
  }
}
