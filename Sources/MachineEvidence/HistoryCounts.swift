/// How much of a history was read, of all addresses.
public struct HistoryCounts: Hashable, Sendable {
  /// `iommu:map` and `iommu:unmap`, which name no device.
  public var tableMaps = 0
  /// Unmaps that the tables' own events tell.
  public var tableUnmaps = 0
  /// `dma:dma_map_*` and `dma:dma_unmap_*`.
  public var maps = 0
  /// Unmaps of buffers.
  public var unmaps = 0
  /// Buffers that were allocated.
  public var allocations = 0
  /// Buffers that were freed.
  public var frees = 0
  /// Rows of `/sys/kernel/debug/dma-api/dump`.
  public var alive = 0
  /// Flushes of a unit's cache.
  public var flushes = 0
  /// Other events of the same groups: synchronisations, attachments, errors.
  public var others = 0
  /// Events that the kernel says it lost, because nobody read them in time.
  public var lost: UInt64 = 0
  /// The first and the last time of the trace's clock, in microseconds.
  public var first: UInt64?
  /// The time of the last event in microseconds; nil where there is none.
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
