public import PCI
import VTdFormats

/// One mapping from its beginning to its end, as far as the history shows them.
public struct MappingLife: Hashable, Sendable {
  /// What tells of a mapping.
  public enum Origin: Hashable, Sendable {
    /// Events of the tables: `iommu:map`, `iommu:unmap`. No device is named.
    case tables
    /// Events of the DMA API, which name the device.
    case driver
    /// Memory for long use, from the DMA API.
    case allocation
    /// A row of the dump of live mappings.
    case dump
  }

  /// What tells of it.
  public var origin: Origin
  /// The first address.
  public var start: UInt64
  /// The byte behind the last one.
  public var end: UInt64
  /// The device; nil where no event names it.
  public var device: PCIAddress?
  /// What the events call the device; empty where they do not.
  public var name: String
  /// Which way data goes; nil where no event says.
  public var direction: DMADirection?
  /// Where it lies in memory; nil where no event says.
  public var physical: UInt64?
  /// Nil where the mapping is older than the history.
  public var mapped: MappingEvent.Moment?
  /// Nil while it is mapped.
  public var unmapped: MappingEvent.Moment?
  /// Where a dump shows it alive.
  public var row: MappingEvent.Moment?
  /// The first flush of the unit's cache that covers it behind its end.
  public var flushed: MappingEvent.Moment?
  /// The size that it was freed with, where that is another than its own.
  public var freedSize: UInt64?
  /// Whether entries belong to a mapping whose driver and device are known.
  public var isOfDriver = false
  /// The life of its entries, for one that a driver mapped: an index into the history's lives.
  public var tables: Int?

  /// Whether a byte of `page`, a number of 4 KiB, belongs to it. The kernel maps whole pages, so
  /// every byte of a page with a buffer in it can be reached.
  public func covers(page: UInt64) -> Bool { start.page <= page && page <= (end &- 1).page }

  /// The first byte behind its last page.
  public var pagesEnd: UInt64 { ((end &- 1) | 0xfff).addingReportingOverflow(1).partialValue }

  /// Bytes.
  public var size: UInt64 { end &- start }
  /// How many pages it touches.
  var pageCount: UInt64 { (end &- 1).page &- start.page &+ 1 }
}
