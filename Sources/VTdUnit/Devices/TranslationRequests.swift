import VTdFormats

// Translation requests of devices with a TLB of their own (VT-d specification 4.2.3, 4.2.4).
extension RemappingUnit {
  /// The answer to a translation request: what the page may be used for.
  ///
  /// Where only permission is missing the device is told so, and may ask for the page; no fault is
  /// recorded. What is wrong with the tables themselves is a fault as for a DMA.
  func answer(_ result: WalkResult, _ request: DMARequest, _ context: RequestContext) -> Translation
  {
    if result.isFault {
      return FaultReason(rawValue: result.reason).isAnsweredToDevice
        ? Translation(address: request.iova.pageStart, flags: 0)
        : report(result, request, context)
    }
    var flags = result.flags & PageFlags.mask
    // A page whose dirty bit is not set must be asked for again before it is written.
    if flags & PageFlags.clean != 0 { flags &= ~(PageFlags.clean | 2) }
    // X goes to those who ask for it, where ERE lets them.
    let mayExecute =
      request.isExecute
      && (context.flags.contains(.executeRequests) || !context.flags.contains(.scalable))
    if !mayExecute { flags &= ~UInt64(Permissions.execute.rawValue) }
    return Translation(address: result.address, flags: flags)
  }

  /// The interrupt range is not translated: the device may write to it untranslated only.
  static func interruptRangeAnswer(_ request: DMARequest) -> Translation {
    Translation(
      address: request.iova,
      flags: UInt64(Permissions([.write, .untranslatedOnly]).rawValue))
  }
}
