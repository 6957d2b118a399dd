public import VTdFormats

/// What a page of tables holds.
public enum TableKind: Int, Hashable, Sendable, CaseIterable {
  /// Root tables.
  case root
  /// Context tables.
  case context
  /// PASID directories.
  case directory
  /// PASID tables.
  case pasid
  /// Second-stage page tables.
  case secondStage
  /// First-stage page tables.
  case firstStage
  /// Whatever else software keeps in memory.
  case other
}

/// Free pages for tables, handed out one after the other, each zero.
public struct TablePages: Sendable {
  /// The next page to hand out, where all kinds of tables lie one behind the other.
  public private(set) var next: UInt64
  /// The first byte that no table may lie on.
  public let end: UInt64
  /// The pages that were handed out, in order.
  public private(set) var taken: [UInt64] = []
  /// For each kind the next page and the end of its region; empty where there are no regions.
  private var regions: [(next: UInt64, end: UInt64)] = []

  /// Where the region of each kind begins behind the base.
  private static let offsets: [UInt64] = [
    0, 0x1_0000, 0x4_0000, 0x5_0000, 0x10_0000, 0x20_0000, 0x30_0000,
  ]

  /// The pages of `base..<end`; both are rounded inwards to whole pages.
  public init(base: PhysicalAddress, end: PhysicalAddress) {
    let mask = Paging.pageSize - 1
    next = base.rawValue > ~mask ? end.rawValue : (base.rawValue + mask) & ~mask
    self.end = end.rawValue & ~mask
  }

  /// The pages of `base..<end`, those of each kind in a region of its own, so that an address tells what
  /// lies there: root tables from `base` on, context tables from 0x10000 behind it, PASID directories
  /// from 0x40000, PASID tables from 0x50000, second-stage tables from 0x100000, first-stage tables from
  /// 0x200000, everything else from 0x300000.
  public init(regionsFrom base: PhysicalAddress, end: PhysicalAddress) {
    self.init(base: base, end: end)
    for (index, offset) in Self.offsets.enumerated() {
      let start = next.addingReportingOverflow(offset)
      let last = index + 1 < Self.offsets.count ? next &+ Self.offsets[index + 1] : self.end
      regions.append((start.overflow ? self.end : start.partialValue, min(last, self.end)))
    }
  }

  /// The next free page for a kind of table; nil where none is left.
  mutating func take(_ kind: TableKind) -> UInt64? {
    let free = regions.isEmpty ? (next: next, end: end) : regions[kind.rawValue]
    guard free.next < free.end, free.end - free.next >= Paging.pageSize else { return nil }
    if regions.isEmpty {
      next += Paging.pageSize
    } else {
      regions[kind.rawValue].next += Paging.pageSize
    }
    taken.append(free.next)
    return free.next
  }
}
