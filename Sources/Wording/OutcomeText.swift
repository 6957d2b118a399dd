public import VTdFormats
public import VTdUnit

/// What became of a request, in words.
public enum OutcomeText {
  /// What became of a DMA: where it went, or why it was blocked and where that is recorded.
  public static func describe(_ outcome: TranslationOutcome) -> String {
    switch outcome {
    case .translated(let page) where page.permissions.isDisjoint(with: [.read, .write]):
      "answered without permission (R=W=0)"
    case .translated(let page): "translated to \(page.address)"
    case .interruptRequest: "an interrupt request"
    case .blocked(let cause, let disposition):
      "blocked, \(describe(cause)), \(describe(disposition))"
    }
  }

  /// What became of an interrupt request.
  public static func describe(_ outcome: InterruptOutcome) -> String {
    switch outcome {
    case .unchanged(let interrupt): "delivered as it is, \(describe(interrupt))"
    case .remapped(let interrupt, let index): "remapped by entry \(index), \(describe(interrupt))"
    case .posted(let vector, let descriptor, _):
      "posted as vector 0x\(hex(UInt64(vector))) in \(descriptor)"
    case .blocked(let reason, let disposition):
      "blocked, \(describe(BlockCause.fault(reason))), \(describe(disposition))"
    }
  }

  /// The vector and the processor of an interrupt.
  public static func describe(_ interrupt: DeliveredInterrupt) -> String {
    "vector 0x\(hex(UInt64(interrupt.vector))) to APIC 0x\(hex(UInt64(interrupt.destination)))"
  }

  /// Why a request was blocked.
  public static func describe(_ cause: BlockCause) -> String {
    switch cause {
    case .fault(let reason):
      "reason 0x\(hex(UInt64(reason.rawValue), digits: 2)) (\(meaning(of: reason)))"
    case .abortDMA: "abort-DMA mode"
    case .protectedMemory: "protected memory"
    case .interruptRangeRead: "a read of the interrupt range"
    case .unsupportedRequest: "a translation request while remapping is off"
    }
  }

  /// What a fault reason says; a sentence of its own for codes that the specification does not name.
  public static func meaning(of reason: FaultReason) -> String {
    reason.meaning ?? "a reason that the specification does not name"
  }

  /// What became of a fault: its record, or why there is none.
  public static func describe(_ disposition: FaultDisposition) -> String {
    switch disposition {
    case .recorded(let index): "recorded in FRCD[\(index)]"
    case .faultProcessingDisabled: "not recorded: FPD is set"
    case .overflowed: "not recorded: the record is in use, PFO is set"
    case .overflowPending: "not recorded: PFO was set"
    case .folded(let index): "folded into FRCD[\(index)]"
    case .notReported: "not reported"
    }
  }
}
