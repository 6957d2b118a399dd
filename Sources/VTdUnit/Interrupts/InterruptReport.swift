import PhysicalMemory
import Synchronization
public import VTdFormats

/// One interrupt request, told step by step.
public struct InterruptReport: Hashable, Sendable {
  /// What the device wrote, and where.
  public let request: InterruptRequest
  /// What the registers and the request itself say.
  public let notes: [String]
  /// The request's address, by the layout of its format.
  public let message: [DecodedField]
  /// The interrupt entry, and the posted-interrupt descriptor where there is one.
  public let steps: [WalkStep]
  /// What memory gives now. A posted interrupt is not posted by asking, and the disposition of a
  /// fault is what FPD says.
  public let verdict: InterruptOutcome
  /// What a fault would leave in a fault record; nil where none is recorded.
  public let record: FaultRecord?
}

extension RemappingUnit {
  /// What becomes of an interrupt request, by what memory holds now.
  ///
  /// The cache is neither asked nor filled, nothing is recorded, and no descriptor is changed.
  public func explain(_ request: InterruptRequest) -> InterruptReport {
    var observer = ReportingObserver()
    let decision = decide(request) { index, table in
      let address = Self.place(of: index, in: table)
      observer.selects(UInt64(index), by: UInt64(request.address))
      guard let entry = loadInterruptEntry(at: address) else {
        observer.unreadable(.interruptEntry, level: 0, at: address)
        return nil
      }
      observer.read(
        entry[flag: .posted] ? .postedInterruptEntry : .interruptEntry, level: 0, at: address,
        entry.words)
      return entry
    }
    var verdict: InterruptOutcome
    var record: FaultRecord?
    switch decision {
    case .unchanged(let interrupt): verdict = .unchanged(interrupt)
    case .remapped(let interrupt, let index): verdict = .remapped(interrupt, index: index)
    case .blocked(let reason, let index, let isSilent):
      (verdict, record) = blocked(reason, request, index, isSilent)
    case .posted(let entry, let index, let table):
      switch readDescriptor(of: entry) {
      case .success(let descriptor):
        observer.read(
          .postedInterruptDescriptor, level: 0, at: entry.descriptorAddress, descriptor.words)
        verdict = .posted(
          vector: UInt8(truncatingIfNeeded: entry[.vector]),
          descriptor: PhysicalAddress(rawValue: entry.descriptorAddress),
          notification: Self.isNotified(entry, descriptor)
            ? Self.notification(descriptor, table) : nil)
      case .failure(let problem):
        if problem.reason == .postedDescriptorAccess {
          observer.unreadable(.postedInterruptDescriptor, level: 0, at: entry.descriptorAddress)
        }
        (verdict, record) = blocked(
          problem.reason, request, index, entry[flag: .faultProcessingDisable])
      }
    }
    if case .blocked(let reason, _) = verdict {
      observer.failed(reason)
    } else {
      observer.checked("P is set, reserved bits are clear, the source-id may send")
    }
    let address = RemappableAddress(rawValue: request.address)
    return InterruptReport(
      request: request, notes: notes(on: request),
      message: address[flag: .format]
        ? address.decoded : CompatibilityAddress(rawValue: request.address).decoded,
      steps: observer.steps, verdict: verdict, record: record)
  }

  private func blocked(
    _ reason: FaultReason, _ request: InterruptRequest, _ index: UInt32, _ isSilent: Bool
  ) -> (InterruptOutcome, FaultRecord?) {
    isSilent
      ? (.blocked(reason, .faultProcessingDisabled), nil)
      : (.blocked(reason, .notReported), record(of: request, reason, index: index))
  }

  private func notes(on request: InterruptRequest) -> [String] {
    let control = interruptControl.load(ordering: .acquiring)
    if control & InterruptControlBits.enabled == 0 {
      return ["IRES is clear: interrupts are not remapped, the processors see the request as it is"]
    }
    let table = InterruptTableAddress(rawValue: control & InterruptControlBits.table)
    let passes = control & InterruptControlBits.compatibility != 0
    let isExtended = table[flag: .extendedInterruptMode]
    return [
      "IRES is set; IRTA: \(table.entryCount) entries at 0x\(hex(table[inPlace: .address])), "
        + (isExtended ? "x2APIC mode (EIME)" : "xAPIC mode"),
      RemappableAddress(rawValue: request.address)[flag: .format]
        ? "the request has remappable format"
        : "the request has compatibility format, which "
          + (passes && !isExtended
            ? "passes (CFIS)" : isExtended ? "EIME blocks" : "is blocked: CFIS is clear"),
    ]
  }
}
