import VTdFormats

/// Which structure a step of a walk reads.
public enum WalkStructure: String, Hashable, Sendable {
  /// Root table, legacy mode, by bus.
  case rootEntry = "root entry"
  /// Root table, scalable mode, by bus.
  case scalableRootEntry = "scalable-mode root entry"
  /// Context table, legacy mode, by device and function.
  case contextEntry = "context entry"
  /// Context table, scalable mode, by device and function.
  case scalableContextEntry = "scalable-mode context entry"
  /// PASID directory, by the PASID's bits 19:6.
  case pasidDirectoryEntry = "PASID directory entry"
  /// PASID table, by the PASID's bits 5:0.
  case pasidTableEntry = "PASID table entry"
  /// First-stage tables, by 9 bits of the address a level.
  case firstStageEntry = "first-stage entry"
  /// Second-stage tables, by 9 bits of the address a level.
  case secondStageEntry = "second-stage entry"
  /// Interrupt table, by handle and subhandle.
  case interruptEntry = "interrupt entry"
  /// Interrupt table, an entry that posts.
  case postedInterruptEntry = "posted interrupt entry"
  /// What a posting entry points to.
  case postedInterruptDescriptor = "posted-interrupt descriptor"

  /// Bytes of one entry.
  public var byteCount: UInt64 {
    switch self {
    case .rootEntry, .scalableRootEntry: UInt64(RootEntry.bitWidth / 8)
    case .contextEntry: UInt64(ContextEntry.bitWidth / 8)
    case .scalableContextEntry: UInt64(ScalableContextEntry.bitWidth / 8)
    case .pasidDirectoryEntry: UInt64(PASIDDirectoryEntry.bitWidth / 8)
    case .pasidTableEntry: UInt64(PASIDTableEntry.bitWidth / 8)
    case .firstStageEntry, .secondStageEntry: Paging.entryBytes
    case .interruptEntry, .postedInterruptEntry: UInt64(InterruptEntry.bitWidth / 8)
    case .postedInterruptDescriptor: UInt64(PostedInterruptDescriptor.bitWidth / 8)
    }
  }

  /// Which bits of an address, a source-id or a PASID choose an entry; nil where an index alone does.
  func slice(level: Int) -> AddressSlice? {
    switch self {
    case .rootEntry, .scalableRootEntry: AddressSlice(high: 15, low: 8)
    case .contextEntry: AddressSlice(high: 7, low: 0)
    case .scalableContextEntry: AddressSlice(high: 6, low: 0)
    case .pasidDirectoryEntry: AddressSlice(high: 19, low: 6)
    case .pasidTableEntry: AddressSlice(high: 5, low: 0)
    case .firstStageEntry, .secondStageEntry:
      AddressSlice(high: Paging.shift(level: level) + 8, low: Paging.shift(level: level))
    case .interruptEntry, .postedInterruptEntry, .postedInterruptDescriptor: nil
    }
  }
}

/// What a walk tells while it goes on.
///
/// The walk is generic over its observer: with ``SilentObserver`` the calls vanish, with a
/// reporting one the very same rules explain themselves.
protocol WalkObserver {
  /// Whether nobody listens, so that the walk may hurry over what is plain.
  static var isSilent: Bool { get }
  /// Which entry of a table comes next, and the address (or id) whose bits choose it.
  mutating func selects(_ index: UInt64, by input: UInt64)
  /// An entry was read; `words` is called only by observers that want them.
  mutating func read(
    _ structure: WalkStructure, level: Int, at address: UInt64, _ words: @autoclosure () -> [UInt64]
  )
  /// An entry could not be read.
  mutating func unreadable(_ structure: WalkStructure, level: Int, at address: UInt64)
  /// Permission over all levels so far.
  mutating func accumulated(_ permissions: Permissions)
  /// A condition was looked at, and held.
  mutating func checked(_ what: StaticString)
  /// Hardware sets bits of the entry that was read last.
  mutating func updates(_ what: StaticString)
}

/// Nobody is listening.
struct SilentObserver: WalkObserver {
  @inline(__always) static var isSilent: Bool { true }
  @inline(__always)
  mutating func selects(_ index: UInt64, by input: UInt64) {}
  @inline(__always)
  mutating func updates(_ what: StaticString) {}
  @inline(__always)
  mutating func read(
    _ structure: WalkStructure, level: Int, at address: UInt64, _ words: @autoclosure () -> [UInt64]
  ) {}
  @inline(__always)
  mutating func unreadable(_ structure: WalkStructure, level: Int, at address: UInt64) {}
  @inline(__always)
  mutating func accumulated(_ permissions: Permissions) {}
  @inline(__always)
  mutating func checked(_ what: StaticString) {}
}
