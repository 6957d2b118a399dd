public import PCI

/// Something that a kernel did with a DMA address, as a tracepoint or a debugfs file tells it.
public struct MappingEvent: Hashable, Sendable {
  /// What happened to a mapping.
  public enum Kind: Hashable, Sendable {
    /// `iommu:map`: entries were written. It names no device.
    case tableMap
    /// `iommu:unmap`: entries were removed. It names no device.
    case tableUnmap
    /// `dma:dma_map_*`: a driver handed a buffer to its device.
    case map
    /// `dma:dma_unmap_*`: a driver took a buffer back.
    case unmap
    /// `dma:dma_alloc*`: memory that both sides use for long.
    case allocate
    /// A buffer was freed.
    case free
    /// The entry lists physical addresses alone: a scatter list was taken back.
    case unmapList(physical: [UInt64])
    /// The unit's cache was told to forget the range.
    case flush
    /// A row of `/sys/kernel/debug/dma-api/dump`: a mapping that was alive when the file was read.
    case alive
  }

  /// What happened.
  public var kind: Kind
  /// First byte of the device's address.
  public var start: UInt64
  /// The byte behind the last one.
  public var end: UInt64
  /// The function that the event names; nil where it names none, or none on PCI.
  public var device: PCIAddress?
  /// The device's name as it stands in the event, or the driver's in a row of the dump.
  public var name: String
  /// Which way data goes; nil where the event does not say.
  public var direction: LoggedDirection?
  /// Where the memory is, if the event says so.
  public var physical: UInt64?
  /// When, and who did it.
  public var moment: Moment

  /// When and by whom.
  public struct Moment: Hashable, Sendable {
    /// Microseconds of the trace's clock; nil where the line has no time.
    public var time: UInt64?
    /// `dd-123`: name and number of the task that ran; empty where the line names none.
    public var task: String
    /// The processor; nil where the event does not say.
    public var processor: Int?
    /// Index of the file in its log, counted by whoever reads several.
    public var file: Int
    /// Counted from 1.
    public var line: Int
  }
}

/// Who may do what with a buffer, in the words of the DMA API.
public enum LoggedDirection: Hashable, Sendable {
  /// The device reads and writes.
  case bidirectional
  /// The device reads.
  case toDevice
  /// The device writes.
  case fromDevice
  /// The device does neither.
  case none

  /// `DMA_TO_DEVICE` or `TO_DEVICE`.
  public init?(_ words: String) {
    switch words.hasPrefix("DMA_") ? String(words.dropFirst(4)) : words {
    case "BIDIRECTIONAL": self = .bidirectional
    case "TO_DEVICE": self = .toDevice
    case "FROM_DEVICE": self = .fromDevice
    case "NONE": self = .none
    default: return nil
    }
  }

  /// Whether the device may read.
  public var allowsReads: Bool { self == .bidirectional || self == .toDevice }
  /// Whether the device may write.
  public var allowsWrites: Bool { self == .bidirectional || self == .fromDevice }

  /// The kernel's name, which drivers' sources use.
  public var words: String {
    switch self {
    case .bidirectional: "DMA_BIDIRECTIONAL"
    case .toDevice: "DMA_TO_DEVICE"
    case .fromDevice: "DMA_FROM_DEVICE"
    case .none: "DMA_NONE"
    }
  }
}

/// What the times of a history mean.
public enum TraceClock: Hashable, Sendable {
  /// Times since boot, which agree with the kernel log's to within some milliseconds.
  case uptime
  /// Times from another origin: they order the events, but cannot be compared with the log's.
  case own
}
