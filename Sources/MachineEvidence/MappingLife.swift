public import PCI
import VTdFormats

/// One mapping from its beginning to its end, as far as the history shows them.
public struct MappingLife: Hashable, Sendable {
  /// Which kind of event or listing a mapping is known from.
  public enum Origin: Hashable, Sendable {
    /// Events of the page tables, `iommu:map` and `iommu:unmap`, which name no device.
    case tables
    /// Events of the DMA API, which name the device.
    case driver
    /// Coherent memory that a driver allocated with the DMA API (`dma:dma_alloc*`).
    case allocation
    /// A row of `/sys/kernel/debug/dma-api/dump`, the list of live mappings.
    case dump
  }

  /// Which kind of event or listing this mapping is known from.
  public var origin: Origin
  /// The first DMA address (IOVA).
  public var start: UInt64
  /// The DMA address after the last byte.
  public var end: UInt64
  /// The device; nil where no event names it.
  public var device: PCIAddress?
  /// What the events call the device; empty where they do not.
  public var name: String
  /// Which way data goes; nil where no event says.
  public var direction: LoggedDirection?
  /// The physical address of its first byte; nil where no event says.
  public var physical: UInt64?
  /// When it was mapped; nil where that was before the history begins.
  public var mapped: MappingEvent.Moment?
  /// When it was unmapped; nil where the history shows no end.
  public var unmapped: MappingEvent.Moment?
  /// The row of a dump that shows it alive; nil where none does.
  public var row: MappingEvent.Moment?
  /// For a life of ``Origin/tables``: the first flush of the unit's IOTLB over its addresses after
  /// it was unmapped. For any life ask ``MappingHistory/flush(after:)``.
  public var flushed: MappingEvent.Moment?
  /// The size in bytes that it was freed with; nil where that is its own size.
  public var freedSize: UInt64?
  /// For a life of ``Origin/tables``: whether a driver's mapping was matched to it.
  public var isOfDriver = false
  /// For a driver's mapping: the life of its page-table entries, as an index into
  /// ``MappingHistory/lives``; nil where the history does not show them.
  public var tables: Int?

  /// Whether it maps `page`, the number of a 4-KiB page. The kernel maps whole pages, so a device
  /// can reach every byte of a page that holds a part of the buffer.
  public func covers(page: UInt64) -> Bool { start.page <= page && page <= (end &- 1).page }

  /// The DMA address after its last page.
  public var pagesEnd: UInt64 { ((end &- 1) | 0xfff).addingReportingOverflow(1).partialValue }

  /// The size in bytes.
  public var size: UInt64 { end &- start }
  /// How many pages it touches.
  var pageCount: UInt64 { (end &- 1).page &- start.page &+ 1 }
}
