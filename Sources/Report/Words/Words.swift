internal import KernelLog
public import Recording
internal import Text
public import VTdFormats
internal import VTdUnit

/// What the parts of a record say, in the words that every picture and page uses.
public enum Words {
  /// A fault reason with its code.
  public static func describe(_ reason: FaultReason) -> String {
    "reason 0x\(hex(UInt64(reason.rawValue), digits: 2)) "
      + "(\(reason.meaning ?? "a code that no table has"))"
  }

  /// What Linux prints behind a code.
  public static func linux(_ reason: FaultReason) -> String {
    FaultReasonTable.scalable.text(reason.rawValue)
  }

  /// The result of a request.
  public static func describe(_ answer: Answer) -> String {
    switch answer.result {
    case .translated: "goes to \(address(answer.address))"
    case .interruptRequest: "an interrupt request"
    case .refused: "answered without permission, so nothing is sent"
    case .blocked: "blocked, \(answer.reason.map(describe) ?? refusal(answer.refusal))"
    }
  }

  /// The result as the tables alone would give it.
  public static func say(_ answer: Answer) -> String {
    switch answer.result {
    case .translated: address(answer.address)
    case .interruptRequest: "an interrupt request"
    case .refused: "no permission"
    case .blocked: "blocked, \(answer.reason.map(describe) ?? refusal(answer.refusal))"
    }
  }

  /// Why a request was blocked that is not a fault.
  private static func refusal(_ name: String?) -> String {
    switch name {
    case "abort_dma": "the unit aborts every DMA"
    case "protected_memory": "it is protected memory"
    case "interrupt_range_read": "it reads the interrupt range"
    case "unsupported_request": "nobody answers a translation request while remapping is off"
    default: "without a fault"
    }
  }

  /// What became of a fault in the fault records.
  public static func describe(_ recorded: Recorded) -> String {
    switch recorded.outcome {
    case .recorded: "recorded in FRCD[\(recorded.index ?? 0)]"
    case .processingDisabled: "not recorded: FPD is set"
    case .overflowed: "not recorded: the record is in use, PFO is set"
    case .overflowPending: "not recorded: PFO was set"
    case .folded: "folded into FRCD[\(recorded.index ?? 0)]"
    case .notReported: "not reported"
    }
  }

  /// What became of an interrupt.
  public static func describe(_ answer: InterruptAnswer) -> String {
    let target =
      "vector 0x\(hex(answer.vector ?? 0)) to APIC 0x\(hex(answer.destination ?? 0))"
    switch answer.result {
    case .unchanged: return "delivered as it is, \(target)"
    case .remapped: return "remapped by entry \(answer.index ?? 0), \(target)"
    case .posted:
      return "posted as vector 0x\(hex(answer.vector ?? 0)) in \(address(answer.descriptor))"
    case .blocked: return "blocked, \(answer.reason.map(describe) ?? "without a reason")"
    }
  }

  /// The actor of an event.
  public static func describe(_ actor: RunActor) -> String {
    switch actor {
    case .device(let name), .unit(let name): name
    case .kernel(let cpu, let task, let pid): "CPU\(cpu) \(task)/\(pid)"
    case .scenario: "scenario"
    }
  }

  /// Who sent a request, and where the unit knows it by another id, which.
  static func sender(_ way: BusWay?, _ device: String) -> String {
    guard let way, way.sender != device else { return device }
    return "\(way.sender) (as \(device))"
  }

  /// The request of a DMA: who does what where.
  public static func headline(_ dma: DMAFact) -> String {
    var text = sender(dma.way, dma.device)
    switch dma.type {
    case .untranslated, .translated:
      switch dma.access {
      case .read: text += dma.isExecute ? " fetches instructions at" : " reads"
      case .write: text += " writes"
      case .atomic: text += " does an AtomicOp at"
      }
    case .translationRequest: text += " asks for a translation of"
    }
    text += " \(address(dma.address))"
    if dma.type == .translated { text += " (a translated address)" }
    if let pasid = dma.pasid { text += " with PASID 0x\(hex(UInt64(pasid)))" }
    if dma.isPrivileged { text += " as supervisor" }
    return text
  }

  /// A DMA in one sentence.
  ///
  /// - Parameters:
  ///   - dma: what was sent.
  ///   - step: the step of an event, for "stale since".
  public static func describe(_ dma: DMAFact, step: (Int) -> Int?) -> String {
    var text = headline(dma) + (dma.usesDeviceTLB ? " by its own TLB" : " through \(dma.unit)")
    text += ": \(describe(dma.given))"
    if let recorded = dma.recorded, dma.given.reason != nil { text += ", \(describe(recorded))" }
    if dma.isStale {
      text += ", STALE\(since(dma.staleSince.flatMap(step))): the tables say \(say(dma.tables))"
    } else if dma.isHit {
      text += ", from the cache"
    }
    if dma.count > 1 { text += " (\(dma.count) times)" }
    return text
  }

  /// When something was: the boot, or a step by its number.
  static func step(_ number: Int) -> String { number == 0 ? "boot" : "step \(number)" }

  /// The text after "stale" that names the step since which it is so; empty where that is not
  /// known.
  static func since(_ step: Int?) -> String {
    step.map { $0 == 0 ? " since the boot" : " since step \($0)" } ?? ""
  }

  /// The function of a place in code: `klist_next` of `klist_next+0x1b/0x160`.
  public static func function(_ symbol: String) -> String {
    symbol.split(separator: "+").first.map(String.init) ?? symbol
  }

  /// An address in hexadecimal; 0x0 for none.
  public static func address(_ value: UInt64?) -> String { "0x\(hex(value ?? 0))" }
}
