/// What the record tells of a DMA and of an interrupt alike: a request of a device at a unit.
public struct RequestFact: Hashable, Sendable {
  /// Whether the unit stopped it.
  public let isBlocked: Bool
  /// Whether the unit, or the device, remembers what memory no longer says.
  public let isStale: Bool
  /// The event that put what the answer rests on into its cache.
  public let filledBy: Int?
  /// The event that changed memory so that the caches no longer agree with it.
  public let staleSince: Int?
  /// The entries that the tables' answer rests on.
  public let walk: [WalkFact]
}

extension RunFact {
  /// The request of a DMA or of an interrupt at a unit; nil for any other event.
  public var request: RequestFact? {
    switch self {
    case .dma(let fact):
      RequestFact(
        isBlocked: fact.given.result == .blocked, isStale: fact.isStale, filledBy: fact.filledBy,
        staleSince: fact.staleSince, walk: fact.walk)
    case .interruptRequest(let fact):
      RequestFact(
        isBlocked: fact.given.result == .blocked, isStale: fact.isStale, filledBy: fact.filledBy,
        staleSince: fact.staleSince, walk: fact.walk)
    default: nil
    }
  }
}
