/// How many events of each kind a history holds, over all addresses.
public struct HistoryCounts: Hashable, Sendable {
  /// Events `iommu:map`, which name no device.
  public var tableMaps = 0
  /// Events `iommu:unmap`, which name no device.
  public var tableUnmaps = 0
  /// Events `dma:dma_map_*`: a driver mapped a buffer.
  public var maps = 0
  /// Events `dma:dma_unmap_*`: a driver unmapped a buffer.
  public var unmaps = 0
  /// Events `dma:dma_alloc*`.
  public var allocations = 0
  /// Events `dma:dma_free*`.
  public var frees = 0
  /// Rows of `/sys/kernel/debug/dma-api/dump`.
  public var alive = 0
  /// Flushes of a unit's cache.
  public var flushes = 0
  /// Other events of the same groups: synchronisations, attachments, errors.
  public var others = 0
  /// Events that the kernel says it lost, because nobody read them in time.
  public var lost: UInt64 = 0
  /// The time of the first event in microseconds of the trace's clock; nil where there is none.
  public var first: UInt64?
  /// The time of the last event in microseconds of the trace's clock; nil where there is none.
  public var last: UInt64?

  /// Nothing counted yet.
  public init() {}

  /// All that became mapped.
  public var mappings: Int { tableMaps + maps + allocations + alive }
  /// All events.
  public var total: Int {
    tableMaps + tableUnmaps + maps + unmaps + allocations + frees + alive + flushes + others
  }
  /// Whether nothing was counted.
  public var isEmpty: Bool { total == 0 }
}
