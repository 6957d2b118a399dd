import VTdFormats

extension Walker {
  mutating func findScalableContext(
    _ request: DMARequest, root: RootTableAddress, _ context: inout RequestContext
  ) -> UInt8 {
    FaultReason.rootTableAddressInvalid.rawValue
  }

  mutating func translateScalable(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    .fault(.rootTableAddressInvalid)
  }
}
