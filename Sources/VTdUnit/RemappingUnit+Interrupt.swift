import VTdFormats

extension RemappingUnit {
  /// Handles a device's write to the interrupt range.
  public func interrupt(_ request: InterruptRequest) -> InterruptOutcome {
    .unchanged(Self.compatibilityInterrupt(request))
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
}
