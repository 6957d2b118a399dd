/// Paging entries of both stages. A level resolves 9 bits; level 1 is the leaf of 4 KiB pages.

/// Geometry that both stages share.
public enum Paging {
  /// Bytes of the smallest page, and of every table.
  public static let pageSize: UInt64 = 4096

  /// Entries of a table.
  public static let entryCount = 512

  /// Bytes of an entry.
  public static let entryBytes: UInt64 = 8

  /// How many 4 KiB pages an entry at `level` stands for.
  @inlinable @inline(__always)
  public static func pages(level: Int) -> UInt64 {
    1 &<< UInt64(truncatingIfNeeded: 9 &* (level &- 1))
  }

  /// log2 of what an entry at `level` covers: 12, 21, 30, 39, 48.
  @inlinable @inline(__always)
  public static func shift(level: Int) -> Int { 12 &+ 9 &* (level &- 1) }

  /// Byte offset, in a table at `level`, of the entry for `address`.
  @inlinable @inline(__always)
  public static func entryOffset(of address: UInt64, level: Int) -> UInt64 {
    ((address &>> UInt64(truncatingIfNeeded: shift(level: level))) & 0x1ff) &<< 3
  }

  /// Which entry of a table at `level` is the one for `address`: 0 to 511.
  @inlinable @inline(__always)
  public static func index(of address: UInt64, level: Int) -> UInt64 {
    (address &>> UInt64(truncatingIfNeeded: shift(level: level))) & 0x1ff
  }

  /// Width of the addresses that tables of `levels` levels cover: 39, 48 or 57.
  @inlinable @inline(__always)
  public static func width(levels: Int) -> Int { 12 &+ 9 &* levels }
}

/// Second-stage paging entry (VT-d specification 9.8). Not present when R and W are both clear.
public struct SecondStageEntry: RegisterImage {
  public var rawValue: UInt64
  public static let name = "second-stage entry"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .read, .write, .execute, .memoryType, .ignorePAT, .pageSize, .accessed, .dirty, .available,
    .snoop, .address, .ignored, .transientMapping, .ignoredTop,
  ]

  /// Whether anything is mapped.
  @inlinable
  public var isPresent: Bool { self[flag: .read] || self[flag: .write] }

  /// Bits that must be zero in a present entry at `level`.
  ///
  /// `hostAddressWidth` cuts ADDR. SNP and TM belong to leaves; a leaf may have them where ECAP.SC
  /// and ECAP.DT say so. PS is reserved at levels 4 and 5 and where the size is not supported.
  public static func reservedMask(
    level: Int, leaf: Bool, hostAddressWidth: Int, snoopControl: Bool, transientMapping: Bool,
    largePages: Bool
  ) -> UInt64 {
    var mask = reservedMask(word: 0)
    mask |= BitField<Self>.address.mask & ~0 << UInt64(hostAddressWidth)
    if !leaf || !snoopControl { mask |= BitField<Self>.snoop.mask }
    if !leaf || !transientMapping { mask |= BitField<Self>.transientMapping.mask }
    if level >= 4 || (level > 1 && !largePages) { mask |= BitField<Self>.pageSize.mask }
    if leaf && level > 1 {
      mask |= BitField<Self>.address.mask & ((1 << UInt64(Paging.shift(level: level))) - 1)
    }
    return mask
  }
}

extension BitField where Image == SecondStageEntry {
  public static var read: Self { .init("R", 0, "reads pass") }
  public static var write: Self { .init("W", 1, "writes pass") }
  public static var execute: Self { .init("X", 2, "execution passes") }
  public static var memoryType: Self { .init("EMT", 5, 3, "memory type (leaf)") }
  public static var ignorePAT: Self { .init("IPAT", 6, "EMT alone decides (leaf)") }
  public static var pageSize: Self { .init("PS", 7, "maps a page of this level (levels 2 and 3)") }
  public static var accessed: Self { .init("A", 8, "was used (with SSADE)") }
  public static var dirty: Self { .init("D", 9, "was written (leaf, with SSADE)") }
  public static var available: Self { .init("AVAIL", 10, "for software") }
  public static var snoop: Self { .init("SNP", 11, "accesses snoop (leaf, with ECAP.SC)") }
  public static var address: Self {
    .init("ADDR", 51, 12, "next table, or the page", isAddress: true)
  }
  public static var ignored: Self { .init("AVAIL", 61, 52, "for software") }
  public static var transientMapping: Self {
    .init("TM", 62, "mapped for a short time (leaf, with ECAP.DT)")
  }
  public static var ignoredTop: Self { .init("AVAIL", 63, "for software") }
}

/// First-stage paging entry (VT-d specification 9.7): the format of the processor's own tables.
public struct FirstStageEntry: RegisterImage {
  public var rawValue: UInt64
  public static let name = "first-stage entry"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .present, .write, .user, .pageWriteThrough, .pageCacheDisable, .accessed, .dirty, .pageSize,
    .global, .available, .extendedAccessed, .availableHigh, .address, .ignored, .executeDisable,
  ]

  /// Bits that must be zero in a present entry at `level`.
  ///
  /// `hostAddressWidth` cuts ADDR; bit 12 of a large page is its PAT bit. XD is ignored, not
  /// reserved, where NXE is clear: vtd.md's list of reserved bits does not name it.
  public static func reservedMask(
    level: Int, leaf: Bool, hostAddressWidth: Int, largePages: Bool
  ) -> UInt64 {
    var mask = reservedMask(word: 0)
    mask |= BitField<Self>.address.mask & ~0 << UInt64(hostAddressWidth)
    if level >= 4 || (level > 1 && !largePages) { mask |= BitField<Self>.pageSize.mask }
    if leaf && level > 1 {
      mask |= BitField<Self>.address.mask & ((1 << UInt64(Paging.shift(level: level))) - 1)
      mask &= ~largePagePAT
    }
    return mask
  }

  /// The lowest bit of ADDR is the PAT bit of a large page.
  private static var largePagePAT: UInt64 { 1 << UInt64(BitField<Self>.address.shift) }
}

extension BitField where Image == FirstStageEntry {
  public static var present: Self { .init("P", 0, "mapped") }
  public static var write: Self { .init("R/W", 1, "writes pass") }
  public static var user: Self { .init("U/S", 2, "user requests pass") }
  public static var pageWriteThrough: Self { .init("PWT", 3, "write-through") }
  public static var pageCacheDisable: Self { .init("PCD", 4, "no caching") }
  public static var accessed: Self { .init("A", 5, "was used") }
  public static var dirty: Self { .init("D", 6, "was written (leaf)") }
  public static var pageSize: Self {
    .init("PS", 7, "maps a page of this level (2, 3); PAT at level 1")
  }
  public static var global: Self { .init("G", 8, "global (leaf)") }
  public static var available: Self { .init("AVAIL", 9, "for software") }
  public static var extendedAccessed: Self { .init("EA", 10, "was used by a device (with EAFE)") }
  public static var availableHigh: Self { .init("AVAIL", 11, "for software") }
  public static var address: Self {
    .init("ADDR", 51, 12, "next table, or the page", isAddress: true)
  }
  public static var ignored: Self { .init("AVAIL", 62, 52, "for software") }
  public static var executeDisable: Self { .init("XD", 63, "no execution (with NXE)") }
}
