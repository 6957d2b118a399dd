import VTdFormats

/// A whole walk: the mode of the tables decides its way.
extension Walker {
  /// From the latched root table address to the page.
  mutating func walk(_ request: DMARequest, root: RootTableAddress) -> (WalkResult, RequestContext)
  {
    var context = RequestContext()
    let reason = findContext(request, root: root, &context)
    if reason != 0 { return (WalkResult(reason: reason), context) }
    return (translate(request, context), context)
  }

  /// The tables for a request; a reason other than 0 is a fault. FPD is noted as it is met.
  mutating func findContext(
    _ request: DMARequest, root: RootTableAddress, _ context: inout RequestContext
  ) -> UInt8 {
    switch root.mode {
    case .legacy:
      if request.attributes & DMARequest.Bits.hasPASID != 0 {
        return FaultReason.pasidRequestInLegacyMode.rawValue
      }
      return findLegacyContext(request, root: root, &context)
    case .scalable where environment.pointee.extended[flag: .scalableMode]:
      return findScalableContext(request, root: root, &context)
    case .scalable, .reserved, .abortDMA:
      // Abort-DMA mode never comes here: it blocks before anything is read.
      return FaultReason.rootTableAddressInvalid.rawValue
    }
  }

  /// The page for a request whose tables are known.
  mutating func translate(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    if context.flags.contains(.scalable) { return translateScalable(request, context) }
    return translateLegacy(request, context)
  }
}
