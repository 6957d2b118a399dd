import PhysicalMemory
import Synchronization
import VTdFormats

// Interrupt remapping (VT-d specification 5).
extension RemappingUnit {
  /// Handles a device's write to the interrupt range.
  public func interrupt(_ request: InterruptRequest) -> InterruptOutcome {
    switch decide(request, entry: interruptEntry) {
    case .unchanged(let interrupt): .unchanged(interrupt)
    case .remapped(let interrupt, let index): .remapped(interrupt, index: index)
    case .posted(let entry, let index, let table): post(entry, request, table, index: index)
    case .blocked(let reason, let index, let isSilent):
      block(reason, request, index: index, silent: isSilent)
    }
  }

  /// What a request comes to; `entry` finds interrupt entries, nil where one cannot be read.
  func decide(
    _ request: InterruptRequest,
    entry: (UInt32, InterruptTableAddress) -> InterruptEntry?
  ) -> InterruptDecision {
    let control = interruptControl.load(ordering: .acquiring)
    if control & InterruptControlBits.enabled == 0 {
      return .unchanged(Self.compatibilityInterrupt(request))
    }
    let table = InterruptTableAddress(rawValue: control & InterruptControlBits.table)
    let address = RemappableAddress(rawValue: request.address)
    if !address[flag: .format] {
      let passes =
        control & InterruptControlBits.compatibility != 0 && !table[flag: .extendedInterruptMode]
        || configuration.quirks.contains(.compatibilityAlwaysPasses)
      return passes
        ? .unchanged(Self.compatibilityInterrupt(request))
        : .blocked(
          .compatibilityFormatBlocked,
          index: configuration.quirks.contains(.compatibilityIndexFromAddress)
            ? UInt32(CompatibilityAddress(rawValue: request.address).recordedIndex) : 0,
          isSilent: false)
    }
    var index = address.handle
    if address[flag: .subhandleValid] {
      // The data is a subhandle of 16 bits; without SHV it is ignored.
      if request.data >> 16 != 0 {
        return .blocked(.interruptRequestReserved, index: index, isSilent: false)
      }
      index += request.data
    }
    if index >= table.entryCount {
      return .blocked(.interruptIndexBeyondTable, index: index, isSilent: false)
    }
    guard let entry = entry(index, table) else {
      return .blocked(.interruptEntryRead, index: index, isSilent: false)
    }
    if let reason = check(entry, request, table) {
      return .blocked(reason, index: index, isSilent: entry[flag: .faultProcessingDisable])
    }
    if entry[flag: .posted] {
      return .posted(PostedInterruptEntry(low: entry.low, high: entry.high), index: index, table)
    }
    return .remapped(
      DeliveredInterrupt(
        destination: Self.destination(entry[.destination], table),
        vector: UInt8(truncatingIfNeeded: entry[.vector]),
        deliveryMode: UInt8(truncatingIfNeeded: entry[.deliveryMode]),
        isLogical: entry[flag: .destinationMode], isLevelTriggered: entry[flag: .triggerMode],
        redirectionHint: entry[flag: .redirectionHint]),
      index: UInt16(truncatingIfNeeded: index))
  }

  /// A request as a processor reads it without remapping.
  static func compatibilityInterrupt(_ request: InterruptRequest) -> DeliveredInterrupt {
    let address = CompatibilityAddress(rawValue: request.address)
    let data = InterruptMessageData(rawValue: request.data)
    return DeliveredInterrupt(
      destination: UInt32(truncatingIfNeeded: address[.destination]),
      vector: UInt8(truncatingIfNeeded: data[.vector]),
      deliveryMode: UInt8(truncatingIfNeeded: data[.deliveryMode]),
      isLogical: address[flag: .destinationMode],
      isLevelTriggered: data[flag: .triggerMode],
      redirectionHint: address[flag: .redirectionHint])
  }

  /// xAPIC mode has the APIC id in bits 15:8 of the destination field.
  static func destination(_ field: UInt64, _ table: InterruptTableAddress) -> UInt32 {
    UInt32(truncatingIfNeeded: table[flag: .extendedInterruptMode] ? field : field >> 8 & 0xff)
  }

  /// Present, reserved bits, who sent it.
  private func check(
    _ entry: InterruptEntry, _ request: InterruptRequest, _ table: InterruptTableAddress
  ) -> FaultReason? {
    if !entry[flag: .present] { return .interruptEntryNotPresent }
    if hasReservedBits(entry, table) { return .interruptEntryReserved }
    if isAnonymous(request) { return nil }
    return isFromExpectedSource(entry, request.source) ? nil : .interruptSourceMismatch
  }

  private func isAnonymous(_ request: InterruptRequest) -> Bool {
    request.isPlainWrite && configuration.quirks.contains(.anonymousPlainWrites)
  }

  private func hasReservedBits(_ entry: InterruptEntry, _ table: InterruptTableAddress) -> Bool {
    if entry[flag: .posted] {
      // Posting is reserved without CAP.PI.
      return !configuration.capability[flag: .postedInterrupts]
        || PostedInterruptEntry(low: entry.low, high: entry.high).hasReservedBits
    }
    if entry.hasReservedBits { return true }
    // Delivery modes 3 and 6 do not exist.
    if entry[.deliveryMode] == 3 || entry[.deliveryMode] == 6 { return true }
    // In xAPIC mode only bits 15:8 of the destination are one.
    return !table[flag: .extendedInterruptMode] && entry[.destination] & ~0xff00 != 0
  }

  private func isFromExpectedSource(_ entry: InterruptEntry, _ source: SourceID) -> Bool {
    let expected = UInt16(truncatingIfNeeded: entry[.sourceID])
    switch entry.sourceValidation {
    case .none:
      return true
    case .sourceID:
      let ignored = ContextSelection.functionMask(entry[.sourceQualifier])
      return (expected ^ source.rawValue) & ~ignored == 0
    case .busRange:
      // The first bus and the last.
      return expected >> 8 <= source.bus && source.bus <= expected & 0xff
    case .reserved:
      return false
    }
  }

  /// An entry from the cache or from memory.
  private func interruptEntry(_ index: UInt32, _ table: InterruptTableAddress) -> InterruptEntry? {
    interruptEntries.withLock { cache in
      if let cached = cache.find(index) { return cached }
      guard let entry = loadInterruptEntry(at: Self.place(of: index, in: table)) else {
        return nil
      }
      // With CAP.CM entries that are not present may be kept as well.
      if entry[flag: .present] || environment.pointee.cachesFaults {
        cache.keep(index, entry)
      }
      return entry
    }
  }

  static func place(of index: UInt32, in table: InterruptTableAddress) -> UInt64 {
    table[inPlace: .address] &+ UInt64(index) * InterruptEntry.byteCount
  }

  func loadInterruptEntry(at address: UInt64) -> InterruptEntry? {
    guard let low = memory.load64(PhysicalAddress(rawValue: address)),
      let high = memory.load64(PhysicalAddress(rawValue: address &+ 8))
    else { return nil }
    return InterruptEntry(low: low, high: high)
  }

  func invalidateInterruptEntries(_ range: Range<UInt64>?) {
    interruptEntries.withLock { $0.remove(range) }
  }

  func block(
    _ reason: FaultReason, _ request: InterruptRequest, index: UInt32, silent: Bool = false
  ) -> InterruptOutcome {
    if silent { return .blocked(reason, .faultProcessingDisabled) }
    if configuration.quirks.contains(.interruptFaultsUnrecorded) {
      return .blocked(reason, .notReported)
    }
    let record = record(of: request, reason, index: index)
    let disposition = change { state, effects in
      state.faults.record(record, &state.registers, &effects, memory)
    }
    return .blocked(reason, disposition)
  }

  /// The record that a blocked request leaves, F still clear.
  func record(of request: InterruptRequest, _ reason: FaultReason, index: UInt32) -> FaultRecord {
    var record = FaultRecord()
    record.interruptIndex = UInt16(truncatingIfNeeded: index)
    record.source = isAnonymous(request) ? SourceID(rawValue: 0xffff) : request.source
    record.reason = reason
    return record
  }
}

/// What an interrupt request comes to, before anything is done about it.
enum InterruptDecision {
  case unchanged(DeliveredInterrupt)
  case remapped(DeliveredInterrupt, index: UInt16)
  case posted(PostedInterruptEntry, index: UInt32, InterruptTableAddress)
  case blocked(FaultReason, index: UInt32, isSilent: Bool)
}

/// What ``RemappingUnit`` keeps beside the latched IRTA.
enum InterruptControlBits {
  @inline(__always) static var enabled: UInt64 { 1 << 4 }
  @inline(__always) static var compatibility: UInt64 { 1 << 5 }
  @inline(__always) static var table: UInt64 {
    BitField<InterruptTableAddress>.address.mask | BitField<InterruptTableAddress>.size.mask
      | BitField<InterruptTableAddress>.extendedInterruptMode.mask
  }
}
