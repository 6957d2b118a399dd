import VTdFormats

/// Which structure a step of a walk reads.
public enum WalkStructure: String, Hashable, Sendable {
  case rootEntry = "root entry"
  case scalableRootEntry = "scalable-mode root entry"
  case contextEntry = "context entry"
  case scalableContextEntry = "scalable-mode context entry"
  case pasidDirectoryEntry = "PASID directory entry"
  case pasidTableEntry = "PASID table entry"
  case firstStageEntry = "first-stage entry"
  case secondStageEntry = "second-stage entry"
  case interruptEntry = "interrupt entry"
  case postedInterruptEntry = "posted interrupt entry"
  case postedInterruptDescriptor = "posted-interrupt descriptor"
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
