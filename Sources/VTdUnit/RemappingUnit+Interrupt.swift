import PhysicalMemory
import Synchronization
import VTdFormats

// Interrupt remapping (VT-d specification 5).
extension RemappingUnit {
  /// Handles a device's write to the interrupt range.
  public func interrupt(_ request: InterruptRequest) -> InterruptOutcome {
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
        : block(
          .compatibilityFormatBlocked, request,
          index: configuration.quirks.contains(.compatibilityIndexFromAddress)
            ? UInt32(truncatingIfNeeded: request.address >> 4 & 0xffff) : 0)
    }
    return remap(request, address, table)
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

  private func remap(
    _ request: InterruptRequest, _ address: RemappableAddress, _ table: InterruptTableAddress
  ) -> InterruptOutcome {
    var index = address.handle
    if address[flag: .subhandleValid] {
      // The data is a subhandle of 16 bits; without SHV it is ignored.
      if request.data >> 16 != 0 {
        return block(.interruptRequestReserved, request, index: index)
      }
      index += request.data
    }
    if index >= table.entryCount {
      return block(.interruptIndexBeyondTable, request, index: index)
    }
    guard let entry = interruptEntry(index, table) else {
      return block(.interruptEntryRead, request, index: index)
    }
    let silent = entry[flag: .faultProcessingDisable]
    if let reason = check(entry, request, table) {
      return block(reason, request, index: index, silent: silent)
    }
    if entry[flag: .posted] {
      let posted = PostedInterruptEntry(low: entry.low, high: entry.high)
      return post(posted, request, table, index: index)
    }
    return .remapped(
      DeliveredInterrupt(
        destination: destination(entry[.destination], table),
        vector: UInt8(truncatingIfNeeded: entry[.vector]),
        deliveryMode: UInt8(truncatingIfNeeded: entry[.deliveryMode]),
        isLogical: entry[flag: .destinationMode], isLevelTriggered: entry[flag: .triggerMode],
        redirectionHint: entry[flag: .redirectionHint]),
      index: UInt16(truncatingIfNeeded: index))
  }

  /// xAPIC mode has the APIC id in bits 15:8 of the destination field.
  private func destination(_ field: UInt64, _ table: InterruptTableAddress) -> UInt32 {
    UInt32(truncatingIfNeeded: table[flag: .extendedInterruptMode] ? field : field >> 8 & 0xff)
  }

  /// Present, reserved bits, who sent it.
  private func check(
    _ entry: InterruptEntry, _ request: InterruptRequest, _ table: InterruptTableAddress
  ) -> FaultReason? {
    if !entry[flag: .present] { return .interruptEntryNotPresent }
    if hasReservedBits(entry, table) { return .interruptEntryReserved }
    return isFromExpectedSource(entry, request.source) ? nil : .interruptSourceMismatch
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
      return expected >> 8 <= source.bus && source.bus <= expected & 0xff
    case .reserved:
      return false
    }
  }

  /// An entry from the cache or from memory.
  private func interruptEntry(_ index: UInt32, _ table: InterruptTableAddress) -> InterruptEntry? {
    interruptEntries.withLock { cache in
      if let cached = cache.find(index) { return cached }
      let address = table[inPlace: .address] &+ UInt64(index) * InterruptEntry.byteCount
      guard let low = memory.load64(PhysicalAddress(rawValue: address)),
        let high = memory.load64(PhysicalAddress(rawValue: address &+ 8))
      else { return nil }
      let entry = InterruptEntry(low: low, high: high)
      // With CAP.CM entries that are not present may be kept as well.
      if entry[flag: .present] || configuration.capability[flag: .cachingMode] {
        cache.keep(index, entry)
      }
      return entry
    }
  }

  func invalidateInterruptEntries(_ range: Range<UInt64>?) {
    interruptEntries.withLock { $0.remove(range) }
  }

  func block(
    _ reason: FaultReason, _ request: InterruptRequest, index: UInt32, silent: Bool = false
  ) -> InterruptOutcome {
    if silent { return .blocked(reason, .faultProcessingDisabled) }
    var record = FaultRecord()
    record.interruptIndex = UInt16(truncatingIfNeeded: index)
    record.source =
      configuration.quirks.contains(.anonymousInterruptFaults)
      ? SourceID(rawValue: 0xffff) : request.source
    record.reason = reason
    let done = record
    let disposition = change { state, effects in
      state.faults.record(done, &state.registers, &effects)
    }
    return .blocked(reason, disposition)
  }
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
