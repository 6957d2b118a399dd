import PhysicalMemory
import VTdFormats

extension Walker {
  /// Root and context entry of legacy mode (VT-d specification 3.4.2, 7.1.2).
  mutating func findLegacyContext(
    _ request: DMARequest, root: RootTableAddress, _ context: inout RequestContext
  ) -> UInt8 {
    let source = request.source
    let rootAddress = root[inPlace: .rootTable] &+ RootEntry.offset(of: source)
    observer.selects(UInt64(source.bus), by: UInt64(source.rawValue))
    guard let rootLow = load(rootAddress), let rootHigh = load(rootAddress &+ 8)
    else {
      observer.unreadable(.rootEntry, level: 0, at: rootAddress)
      return FaultReason.rootRead.rawValue
    }
    let rootEntry = RootEntry(low: rootLow, high: rootHigh)
    observer.read(.rootEntry, level: 0, at: rootAddress, rootEntry.words)
    if !rootEntry[flag: .present] { return FaultReason.rootNotPresent.rawValue }
    observer.checked("P is set")
    let rootReserved = environment.pointee.rootReserved
    if rootLow & rootReserved.low != 0 || rootHigh & rootReserved.high != 0 {
      return FaultReason.rootReserved.rawValue
    }
    observer.checked("reserved bits are clear")
    return readLegacyContext(request, table: rootEntry[inPlace: .contextTable], &context)
  }

  private mutating func readLegacyContext(
    _ request: DMARequest, table: UInt64, _ context: inout RequestContext
  ) -> UInt8 {
    let address = table &+ ContextEntry.offset(of: request.source)
    observer.selects(UInt64(request.source.devfn), by: UInt64(request.source.rawValue))
    guard let low = load(address), let high = load(address &+ 8) else {
      observer.unreadable(.contextEntry, level: 0, at: address)
      return FaultReason.contextRead.rawValue
    }
    let entry = ContextEntry(low: low, high: high)
    observer.read(.contextEntry, level: 0, at: address, entry.words)
    // FPD counts even where P is clear.
    if entry[flag: .faultProcessingDisable] { context.flags.insert(.faultProcessingDisabled) }
    if !entry[flag: .present] { return FaultReason.contextNotPresent.rawValue }
    observer.checked("P is set")
    let reserved = environment.pointee.contextReserved
    if low & reserved.low != 0 || high & reserved.high != 0 {
      if hasQuirk(.reservedContextAlwaysRecorded) { context.flags.remove(.faultProcessingDisabled) }
      return FaultReason.contextReserved.rawValue
    }
    observer.checked("reserved bits are clear")
    return useLegacyContext(entry, &context)
  }

  /// TT and AW against what the unit has (LCT.4), then the entry as the walk wants it.
  private mutating func useLegacyContext(
    _ entry: ContextEntry, _ context: inout RequestContext
  ) -> UInt8 {
    let extended = environment.pointee.extended
    switch entry.translationType {
    case .untranslatedOnly: context.flags.insert(.secondStage)
    case .deviceTLB where extended[flag: .deviceTLB]:
      context.flags.formUnion([.secondStage, .deviceTLB])
    case .passThrough where extended[flag: .passThrough]: context.flags.insert(.passThrough)
    case .deviceTLB, .passThrough, .reserved: return FaultReason.contextInvalid.rawValue
    }
    observer.checked("the unit has this TT")
    // Software programs AW for pass-through as well, and it bounds the address there too.
    if !environment.pointee.capability.supports(secondStageLevels: entry.levels) {
      return FaultReason.contextInvalid.rawValue
    }
    observer.checked("the unit has this AW")
    context.secondStageTable = entry[inPlace: .secondStageTable]
    context.secondStageLevels = UInt8(truncatingIfNeeded: entry.levels)
    context.domain = UInt16(truncatingIfNeeded: entry[.domainID])
    return 0
  }

  /// Legacy mode once the context is known (LCT.5, LGN.1-4, LSS.1-2).
  @inline(__always)
  mutating func translateLegacy(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    if request.attributes & DMARequest.Bits.addressTypeMask != 0 {
      if !context.flags.contains(.deviceTLB) { return .fault(.requestTypeBlocked) }
      observer.checked("TT allows ATS")
      if request.addressType == .translated {
        return request.iova.isInterruptAddress
          ? .fault(.interruptRange) : .unchanged(request.iova)
      }
    }
    // An address that only AW or only MGAW refuses is reason 4 alike: min(MGAW, AW).
    let width = UInt64(Paging.width(levels: Int(context.secondStageLevels)))
    if context.flags.contains(.passThrough) && hasQuirk(.passThroughUnbounded) {
      return .unchanged(request.iova)
    }
    if request.iova & (environment.pointee.beyondMGAW | ~0 &<< width) != 0 {
      return WalkResult(reason: FaultReason.addressBeyondWidth.rawValue, pastContext: true)
    }
    observer.checked("the address is within MGAW and AW")
    if context.flags.contains(.passThrough) {
      var result = WalkResult.unchanged(request.iova)
      if request.iova.isInterruptAddress {
        result.reason = FaultReason.interruptRange.rawValue
      }
      return result
    }
    var result = walkSecondStage(
      address: request.iova, table: context.secondStageTable,
      levels: Int(context.secondStageLevels), needs: request.walkNeeds,
      zeroLength: request.isZeroLength, context)
    result.pastContext = true
    if !result.isFault { observer.checked("the result lies outside the interrupt range") }
    if !result.isFault && leadsToInterrupts(result) {
      let isScalable =
        hasQuirk(.interruptRangeByPage) && environment.pointee.extended[flag: .scalableMode]
      let reason: FaultReason = isScalable ? .scalableInterruptRange : .interruptRange
      result.reason = reason.rawValue
    }
    return result
  }
}
