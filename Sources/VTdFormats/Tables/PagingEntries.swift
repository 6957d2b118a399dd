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

  /// How many bytes an entry at `level` covers; those of its page, where it maps one.
  @inlinable @inline(__always)
  public static func byteCount(level: Int) -> UInt64 {
    1 &<< UInt64(truncatingIfNeeded: shift(level: level))
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
      mask |= BitField<Self>.address.mask & (Paging.byteCount(level: level) - 1)
    }
    return mask
  }
}

extension BitField where Image == SecondStageEntry {
  /// Bit 0, R: reads pass. VT-d specification 9.8.
  public static var read: Self { .init("R", 0, "reads pass") }
  /// Bit 1, W: writes pass. VT-d specification 9.8.
  public static var write: Self { .init("W", 1, "writes pass") }
  /// Bit 2, X: execution passes. VT-d specification 9.8.
  public static var execute: Self { .init("X", 2, "execution passes") }
  /// Bits 5:3, EMT: memory type (leaf). VT-d specification 9.8.
  public static var memoryType: Self { .init("EMT", 5, 3, "memory type (leaf)") }
  /// Bit 6, IPAT: EMT alone decides (leaf). VT-d specification 9.8.
  public static var ignorePAT: Self { .init("IPAT", 6, "EMT alone decides (leaf)") }
  /// Bit 7, PS: maps a page of this level (levels 2 and 3). VT-d specification 9.8.
  public static var pageSize: Self { .init("PS", 7, "maps a page of this level (levels 2 and 3)") }
  /// Bit 8, A: was used (with SSADE). VT-d specification 9.8.
  public static var accessed: Self { .init("A", 8, "was used (with SSADE)") }
  /// Bit 9, D: was written (leaf, with SSADE). VT-d specification 9.8.
  public static var dirty: Self { .init("D", 9, "was written (leaf, with SSADE)") }
  /// Bit 10, AVAIL: for software. VT-d specification 9.8.
  public static var available: Self { .init("AVAIL", 10, "for software") }
  /// Bit 11, SNP: accesses snoop (leaf, with ECAP.SC). VT-d specification 9.8.
  public static var snoop: Self { .init("SNP", 11, "accesses snoop (leaf, with ECAP.SC)") }
  /// Bits 51:12, ADDR: next table, or the page. VT-d specification 9.8.
  public static var address: Self {
    .init("ADDR", 51, 12, "next table, or the page", isAddress: true)
  }
  /// Bits 61:52, AVAIL: for software. VT-d specification 9.8.
  public static var ignored: Self { .init("AVAIL", 61, 52, "for software") }
  /// Bit 62, TM: mapped for a short time (leaf, with ECAP.DT). VT-d specification 9.8.
  public static var transientMapping: Self {
    .init("TM", 62, "mapped for a short time (leaf, with ECAP.DT)")
  }
  /// Bit 63, AVAIL: for software. VT-d specification 9.8.
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
  /// reserved, where NXE is clear: the specification does not list it with the reserved bits.
  public static func reservedMask(
    level: Int, leaf: Bool, hostAddressWidth: Int, largePages: Bool
  ) -> UInt64 {
    var mask = reservedMask(word: 0)
    mask |= BitField<Self>.address.mask & ~0 << UInt64(hostAddressWidth)
    if level >= 4 || (level > 1 && !largePages) { mask |= BitField<Self>.pageSize.mask }
    if leaf && level > 1 {
      mask |= BitField<Self>.address.mask & (Paging.byteCount(level: level) - 1)
      mask &= ~largePagePAT
    }
    return mask
  }

  /// The lowest bit of ADDR is the PAT bit of a large page.
  private static var largePagePAT: UInt64 { 1 << UInt64(BitField<Self>.address.shift) }
}

extension BitField where Image == FirstStageEntry {
  /// Bit 0, P: mapped. VT-d specification 9.7.
  public static var present: Self { .init("P", 0, "mapped") }
  /// Bit 1, R/W: writes pass. VT-d specification 9.7.
  public static var write: Self { .init("R/W", 1, "writes pass") }
  /// Bit 2, U/S: user requests pass. VT-d specification 9.7.
  public static var user: Self { .init("U/S", 2, "user requests pass") }
  /// Bit 3, PWT: write-through. VT-d specification 9.7.
  public static var pageWriteThrough: Self { .init("PWT", 3, "write-through") }
  /// Bit 4, PCD: no caching. VT-d specification 9.7.
  public static var pageCacheDisable: Self { .init("PCD", 4, "no caching") }
  /// Bit 5, A: was used. VT-d specification 9.7.
  public static var accessed: Self { .init("A", 5, "was used") }
  /// Bit 6, D: was written (leaf). VT-d specification 9.7.
  public static var dirty: Self { .init("D", 6, "was written (leaf)") }
  /// Bit 7, PS: maps a page of this level (2, 3); PAT at level 1. VT-d specification 9.7.
  public static var pageSize: Self {
    .init("PS", 7, "maps a page of this level (2, 3); PAT at level 1")
  }
  /// Bit 8, G: global (leaf). VT-d specification 9.7.
  public static var global: Self { .init("G", 8, "global (leaf)") }
  /// Bit 9, AVAIL: for software. VT-d specification 9.7.
  public static var available: Self { .init("AVAIL", 9, "for software") }
  /// Bit 10, EA: was used by a device (with EAFE). VT-d specification 9.7.
  public static var extendedAccessed: Self { .init("EA", 10, "was used by a device (with EAFE)") }
  /// Bit 11, AVAIL: for software. VT-d specification 9.7.
  public static var availableHigh: Self { .init("AVAIL", 11, "for software") }
  /// Bits 51:12, ADDR: next table, or the page. VT-d specification 9.7.
  public static var address: Self {
    .init("ADDR", 51, 12, "next table, or the page", isAddress: true)
  }
  /// Bits 62:52, AVAIL: for software. VT-d specification 9.7.
  public static var ignored: Self { .init("AVAIL", 62, 52, "for software") }
  /// Bit 63, XD: no execution (with NXE). VT-d specification 9.7.
  public static var executeDisable: Self { .init("XD", 63, "no execution (with NXE)") }
}
