/// What the facts of a DMA and of an interrupt share: both are a request of a device at a unit.
public struct RequestFact: Hashable, Sendable {
  /// Whether the unit stopped it.
  public let isBlocked: Bool
  /// Whether a cache of the unit or the device still holds what memory no longer says.
  public let isStale: Bool
  /// The event that put the entry behind the answer into its cache; nil where no cache gave it.
  public let filledBy: Int?
  /// The event that made memory differ from what the caches hold; nil where they agree.
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
