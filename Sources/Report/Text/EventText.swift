public import Recording
internal import VTdFormats
internal import VTdUnit

/// An event in one sentence.
public enum EventText {
  /// The event in one sentence; nil for an event that shows nothing new, such as a register that is
  /// read or a lock that is taken as it was before.
  public static func describe(_ event: RunEvent, in record: RunRecord) -> String? {
    func step(_ id: Int) -> Int? {
      record.events.indices.contains(id) ? record.events[id].step : nil
    }
    let who = Words.describe(event.who)
    switch event.what {
    case .step, .line: return nil
    case .dma(let fact): return Words.describe(fact, step: step)
    case .bypass(let fact):
      return "\(fact.device) at \(Words.address(fact.address)): \(fact.detail)"
    case .interruptRequest(let fact):
      return describe(fact, step: step)
    case .pageRequest(let fact):
      let reason = fact.reason.map { ", \(Words.describe($0))" } ?? ""
      return "\(fact.device) asks \(fact.unit) for the page at \(Words.address(fact.address)): "
        + "\(fact.result)\(reason)"
    case .fault(let fact):
      // The sentence on the request that caused the fault already says all of this.
      if let cause = event.cause, record.events.indices.contains(cause) {
        switch record.events[cause].what {
        case .dma, .interruptRequest: return nil
        default: break
        }
      }
      return "\(fact.unit) notes \(Words.describe(fact.reason)): \(Words.describe(fact.recorded))"
    case .message(let fact):
      let signal = signal(fact.event)
      if fact.isHeld { return "\(fact.unit) holds its \(signal) message back: IM is set" }
      return "\(fact.unit) sends its \(signal) message: data \(Words.address(fact.data)) "
        + "to \(Words.address(fact.address))"
    case .interrupt(let fact):
      let spurious = fact.isSpurious ? ", and no handler belongs to it" : ""
      return "\(who) is interrupted by vector \(Words.address(fact.vector)) of "
        + "\(fact.unit)\(spurious)"
    case .memory(let fact):
      let more = fact.more > 0 ? " and \(fact.more) words more" : ""
      return "\(who) changes memory at \(Words.address(fact.address)): "
        + "\(Words.address(fact.old)) -> \(Words.address(fact.new))\(change(fact, by: event.who))\(more)"
    case .register(let fact):
      if !fact.isWrite { return nil }
      let name = fact.name.isEmpty ? "0x\(hex(fact.offset)), which is not a register," : fact.name
      return "\(who) writes \(Words.address(fact.value)) to \(name) of \(fact.unit)"
    case .command(let fact):
      return "\(fact.unit) carries out \(name(fact.type))"
    case .queueError(let fact):
      if let device = fact.device { return "\(device) does not answer \(fact.unit)" }
      return "the queue of \(fact.unit) stops, code \(fact.code ?? 0)"
    case .cache(let fact): return describe(fact)
    case .lock(let fact): return describe(fact, who)
    case .lockReport(let fact): return "the lock validator reports: \(fact.title)"
    case .hang(let unit): return "\(who) waits for \(unit) for ever"
    case .death(let reason): return "the kernel dies: \(reason)"
    case .wait(let time): return "\(time) microseconds pass"
    case .reset(let unit): return "\(unit) is as after power-on"
    }
  }

  private static func describe(_ fact: InterruptFact, step: (Int) -> Int?) -> String {
    var text =
      "\(Words.sender(fact.way, fact.device)) writes \(Words.address(fact.data)) to "
      + "\(Words.address(fact.address)), an "
      + "interrupt: \(Words.describe(fact.given))"
    if let recorded = fact.recorded { text += ", \(Words.describe(recorded))" }
    if fact.isStale {
      text +=
        ", STALE\(Words.since(fact.staleSince.flatMap(step))): "
        + "the tables say \(Words.describe(fact.tables))"
    } else if fact.isHit {
      text += ", from the cache"
    }
    return text
  }

  private static func describe(_ fact: CacheFact) -> String {
    var tag = fact.domain.map { " of domain \($0)" } ?? ""
    if let pasid = fact.pasid { tag += " with PASID \(Words.address(pasid))" }
    switch fact.cache {
    case .iotlb, .deviceTLB, .pagingStructure: break
    case .context, .pasid, .interruptEntry: tag = ""
    }
    let verb = fact.isFill ? "now holds" : "drops"
    return "the \(Words.cache(fact)) \(verb) \(Words.key(fact))\(tag) -> \(Words.content(fact))"
  }

  private static func describe(_ fact: LockFact, _ who: String) -> String? {
    var news: [String] = []
    for usage in fact.newUsages where !usage.name.hasPrefix("INITIAL") {
      news.append("\(usage.lockClass) is \(usage.name) for the first time")
    }
    for order in fact.newDependencies {
      news.append("\(order.to) is taken while \(order.from) is held for the first time")
    }
    if news.isEmpty { return nil }
    let site = fact.site.map { " in \(Words.function($0))" } ?? ""
    return "\(who)\(site): \(news.joined(separator: "; "))"
  }

  /// What a change of a table's entry means. What a device writes is data.
  private static func change(_ fact: MemoryFact, by who: RunActor) -> String {
    if case .device = who { return "" }
    return switch MappingChange(fact) {
    case .ends: " (no longer present)"
    case .begins: " (now present)"
    case nil: ""
    }
  }

  /// The event that a message signals.
  static func signal(_ name: String) -> String {
    switch name {
    case "invalidationCompletion": "completion"
    case "pageRequest": "page-request"
    default: name
    }
  }

  /// What a command of the queue does.
  static func name(_ type: DescriptorType) -> String {
    switch type {
    case .contextCache: "a context-cache invalidation"
    case .iotlb: "an IOTLB invalidation"
    case .deviceTLB: "a device-TLB invalidation"
    case .interruptEntryCache: "an invalidation of interrupt entries"
    case .wait: "a wait"
    case .pasidIOTLB: "a PASID-based IOTLB invalidation"
    case .pasidCache: "a PASID-cache invalidation"
    case .pasidDeviceTLB: "a PASID-based device-TLB invalidation"
    case .pageGroupResponse: "a page-group response"
    }
  }
}
