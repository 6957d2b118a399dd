// Requests and answers print in the words of `dmar walk`.

internal import VTdFormats

extension TranslationOutcome: CustomStringConvertible {
  /// Where a DMA went, or why it was blocked and where that is recorded.
  public var description: String {
    switch self {
    case .translated(let page): "\(page)"
    case .interruptRequest: "an interrupt request"
    case .blocked(let cause, let disposition): "blocked, \(cause)\(disposition.remark)"
    }
  }
}

extension TranslatedPage: CustomStringConvertible {
  /// `translated to 0x21000abc`; of an answer without any permission, that it is one.
  public var description: String {
    permissions.isDisjoint(with: [.read, .write])
      ? "answered without permission (R=W=0)" : "translated to \(address)"
  }
}

extension Translation: CustomStringConvertible {
  /// As its ``outcome``.
  public var description: String { "\(outcome)" }
}

extension BlockCause: CustomStringConvertible {
  /// `reason 0x05 (…)`, or what else stopped the request.
  public var description: String {
    switch self {
    case .fault(let reason): "reason \(reason)"
    case .abortDMA: "abort-DMA mode"
    case .protectedMemory: "protected memory"
    case .interruptRangeRead: "a read of the interrupt range"
    case .unsupportedRequest: "a translation request while remapping is off"
    }
  }
}

extension FaultDisposition: CustomStringConvertible {
  /// Which record a fault has, or why it has none.
  public var description: String {
    switch self {
    case .recorded(let index): "recorded in FRCD[\(index)]"
    case .faultProcessingDisabled: "not recorded: FPD is set"
    case .overflowed: "not recorded: the record is in use, PFO is set"
    case .overflowPending: "not recorded: PFO was set"
    case .folded(let index): "folded into FRCD[\(index)]"
    case .notReported: "not reported"
    }
  }

  /// What an answer says of it behind the cause; nothing where there is no record to speak of, as in what
  /// the tables alone would answer.
  fileprivate var remark: String { self == .notReported ? "" : ", \(self)" }
}

extension DMARequest: CustomStringConvertible {
  /// `00:03.0 write 0x40000000`, with the PASID where the request has one.
  public var description: String {
    let words = "\(source) \(access) \(address)"
    return if let pasid { "\(words) PASID \(pasid)" } else { words }
  }
}

extension InterruptRequest: CustomStringConvertible {
  /// `00:03.0 interrupt 0xfee00000`.
  public var description: String { "\(source) interrupt 0x\(hex(UInt64(address)))" }
}

extension InterruptOutcome: CustomStringConvertible {
  /// Which vector goes to which processor, or why the request was blocked.
  public var description: String {
    switch self {
    case .unchanged(let interrupt): "delivered as it is, \(interrupt)"
    case .remapped(let interrupt, let index): "remapped by entry \(index), \(interrupt)"
    case .posted(let vector, let descriptor, _):
      "posted as vector 0x\(hex(UInt64(vector))) in \(descriptor)"
    case .blocked(let reason, let disposition):
      "blocked, \(BlockCause.fault(reason))\(disposition.remark)"
    }
  }
}

extension DeliveredInterrupt: CustomStringConvertible {
  /// `vector 0x41 to APIC 0x2`.
  public var description: String {
    "vector 0x\(hex(UInt64(vector))) to APIC 0x\(hex(UInt64(destination)))"
  }
}
