import Text
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

  /// A fact of each kind, of which nothing has been read.
  private static var blanks: [RunFact] {
    [
      .step, .dma(DMAFact()), .bypass(BypassFact()), .interruptRequest(InterruptFact()),
      .pageRequest(PageRequestFact()), .fault(FaultFact()), .message(MessageFact()),
      .interrupt(TakenInterruptFact()), .memory(MemoryFact()), .register(RegisterFact()),
      .command(CommandFact()), .queueError(QueueErrorFact()), .cache(CacheFact()),
      .lock(LockFact()), .lockReport(LockReportFact()), .line(LineFact()), .hang(unit: ""),
      .death(""), .wait(0), .reset(unit: ""),
    ]
  }

  /// A fact of the kind with that name, of which nothing has been read; nil for an unknown name.
  static func blank(_ kind: String) -> RunFact? { blanks.first { $0.kind == kind } }

  mutating func visit(_ members: inout Members) {
    switch self {
    case .step: break
    case .dma(let fact): self = .dma(members.visited(fact))
    case .bypass(let fact): self = .bypass(members.visited(fact))
    case .interruptRequest(let fact): self = .interruptRequest(members.visited(fact))
    case .pageRequest(let fact): self = .pageRequest(members.visited(fact))
    case .fault(let fact): self = .fault(members.visited(fact))
    case .message(let fact): self = .message(members.visited(fact))
    case .interrupt(let fact): self = .interrupt(members.visited(fact))
    case .memory(let fact): self = .memory(members.visited(fact))
    case .register(let fact): self = .register(members.visited(fact))
    case .command(let fact): self = .command(members.visited(fact))
    case .queueError(let fact): self = .queueError(members.visited(fact))
    case .cache(let fact): self = .cache(members.visited(fact))
    case .lock(let fact): self = .lock(members.visited(fact))
    case .lockReport(let fact): self = .lockReport(members.visited(fact))
    case .line(let fact): self = .line(members.visited(fact))
    case .hang(var unit):
      members.text("unit", &unit)
      self = .hang(unit: unit)
    case .death(var reason):
      members.text("reason", &reason)
      self = .death(reason)
    case .wait(var time):
      members.number("wait_us", &time)
      self = .wait(time)
    case .reset(var unit):
      members.text("unit", &unit)
      self = .reset(unit: unit)
    }
  }
}

extension BypassFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("device", &device)
    members.hexadecimal("address", &address)
    members.flag("reaches_memory", &reachesMemory)
    members.text("detail", &detail)
  }
}

extension PageRequestFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.text("device", &device)
    members.hexadecimal("address", &address)
    members.hexadecimal("pasid", &pasid)
    members.text("result", &result)
    members.reason("reason", &reason)
  }
}

extension FaultFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.text("device", &device)
    var code: UInt8 = reason.rawValue
    members.number("reason", &code)
    reason = FaultReason(rawValue: code)
    members.hexadecimal("address", &address)
    recorded = members.visited(recorded)
    members.words("words", &words)
  }
}

extension MessageFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.text("signal", &event)
    members.hexadecimal("address", &address)
    members.hexadecimal("data", &data)
    members.mark("held", &isHeld)
  }
}

extension TakenInterruptFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.hexadecimal("vector", &vector)
    members.mark("spurious", &isSpurious)
  }
}

extension MemoryFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.hexadecimal("address", &address)
    members.hexadecimal("old", &old)
    members.hexadecimal("new", &new)
    var further = more > 0 ? more : nil
    members.number("more", &further)
    more = further ?? 0
  }
}

extension RegisterFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.text("register", &name)
    members.hexadecimal("offset", &offset)
    members.either("access", &isWrite, "write", "read")
    members.number("width", &width)
    members.hexadecimal("value", &value)
  }
}

extension CommandFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    var code = type.rawValue
    members.number("type", &code)
    members.told("command", .string(type.word))
    var words = [low, high]
    members.words("words", &words)
    guard words.count == 2, let known = DescriptorType(rawValue: code) else {
      return members.refuse("a command without a known type and two words; both were expected")
    }
    (type, low, high) = (known, words[0], words[1])
  }
}

extension QueueErrorFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.number("code", &code)
    members.text("device", &device)
  }
}

extension LockReportFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("title", &title)
    members.text("class", &lockClass)
    members.list("usages", &usages)
    members.list("path", &path)
    members.list("held", &held)
    members.text("context", &context)
  }
}

extension LineFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.number("level", &level)
    members.text("text", &text)
  }
}
