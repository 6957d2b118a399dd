public import VTdFormats

/// Which of the two kinds of page tables.
public enum TranslationStage: String, Hashable, Sendable, CaseIterable {
  /// The processor's format: what a process, or a guest, maps.
  case first
  /// The remapping unit's own format: what a domain maps.
  case second
}

/// Size of a page that an entry maps.
public enum PageSize: Int, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  // The raw value is the level of the entry that maps such a page.
  /// Mapped by a level-1 entry.
  case fourKiB = 1
  /// Mapped by a level-2 entry.
  case twoMiB = 2
  /// Mapped by a level-3 entry.
  case oneGiB = 3

  /// Level of the entry that maps such a page: 1, 2 or 3.
  public var level: Int { rawValue }
  /// Bytes.
  public var byteCount: UInt64 { Paging.pageSize * Paging.pages(level: level) }

  public var description: String {
    switch self {
    case .fourKiB: "4 KiB"
    case .twoMiB: "2 MiB"
    case .oneGiB: "1 GiB"
    }
  }
}

/// Page tables of one domain or one process: where their top table lies and how they are read.
public struct PageTables: Hashable, Sendable {
  /// Address of the top table; of a first stage that lies under a second one, the guest's address,
  /// which is also the machine's, because the builder maps tables one to one.
  public let top: PhysicalAddress
  /// Which format the tables have.
  public let stage: TranslationStage
  /// Levels: 3, 4 or 5.
  public let levels: Int
  /// Top and levels of the second stage that these first-stage tables are read through.
  let under: Under?

  struct Under: Hashable, Sendable {
    var top: PhysicalAddress
    var levels: Int
  }

  /// The second stage below, where there is one.
  public var secondStage: PageTables? {
    under.map { PageTables(top: $0.top, stage: .second, levels: $0.levels, under: nil) }
  }

  /// Width of the addresses that the tables cover, in bits: 39, 48 or 57.
  public var width: Int { Paging.width(levels: levels) }
}
