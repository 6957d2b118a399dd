internal import Diagnosis
internal import KernelLog
internal import LinuxIOMMU
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// The domains that the debugfs files show, with everything that is mapped in them.
struct DomainImage {
  /// By domain id.
  private(set) var domains: [UInt64: DomainDescription] = [:]
  /// Tables of domains: who has them.
  private(set) var ids: [UInt64: UInt64] = [:]
  /// The domains whose tables are first-stage ones.
  private var firstStage: Set<UInt64> = []
  /// Leaves by domain and first address. The kernel prints a domain once for each of its devices, so
  /// a row that another message tore apart is whole in the next copy.
  private var leaves: [UInt64: [UInt64: Mapping]] = [:]

  init(_ rows: [Noted<DebugfsRow>]) {
    var known: Set<[UInt64]> = []
    for row in rows {
      guard case .context(let source, _, _, let high, let low, let pasid, let entry) = row.value,
        known.insert([UInt64(source.rawValue), UInt64(pasid?.rawValue ?? .max)]).inserted
      else { continue }
      take(
        source, ContextEntry(low: low, high: high), PASIDTableEntry(words: entry), entry.isEmpty)
    }
    var current: UInt64?
    for row in rows {
      switch row.value {
      case .domain(_, let table): current = ids[table]
      case .page(let frame, let entries):
        if let current { take(frame, entries, current) }
      default: break
      }
    }
    for (id, mappings) in leaves { domains[id]?.mappings = Self.merged(mappings.values) }
  }

  /// Neighbours in pages of one size become one mapping, whose pages are named where the driver would take
  /// larger ones.
  private static func merged(_ mappings: some Sequence<Mapping>) -> [DomainMapping] {
    var merged: [Mapping] = []
    var pageSize: UInt64 = 0
    var levels: [Int] = []
    for mapping in mappings.sorted(by: { $0.address.rawValue < $1.address.rawValue }) {
      defer { pageSize = mapping.size }
      if let last = merged.last, last.access == mapping.access, mapping.size == pageSize,
        last.address.rawValue &+ last.size == mapping.address.rawValue,
        last.target.rawValue &+ last.size == mapping.target.rawValue
      {
        merged[merged.count - 1].size += mapping.size
      } else {
        merged.append(mapping)
        levels.append((1...3).first { Paging.byteCount(level: $0) == mapping.size } ?? 3)
      }
    }
    return zip(merged, levels).map { mapping, level in
      DomainMapping(mapping, level: mapping.fits(pagesOf: level + 1) ? level : 3)
    }
  }

  private mutating func take(
    _ source: SourceID, _ context: ContextEntry, _ entry: PASIDTableEntry, _ isLegacy: Bool
  ) {
    let id: UInt64
    let table: UInt64
    let levels: Int
    if isLegacy {
      // A pass-through entry has no tables.
      guard context[flag: .present], context[.translationType] != 2 else { return }
      (id, table) = (context[.domainID], context[inPlace: .secondStageTable])
      levels = context.levels
    } else {
      guard entry[flag: .present] else { return }
      switch entry.translationType {
      case .secondStage:
        (id, table) = (entry[.domainID], entry[inPlace: .secondStageTable])
        levels = entry.secondStageLevels
      case .firstStage:
        (id, table) = (entry[.domainID], entry[inPlace: .firstStageTable])
        levels = entry.firstStageLevels ?? 0
        firstStage.insert(id)
      default: return
      }
    }
    guard (3...5).contains(levels), id != 0 else { return }
    if domains[id] == nil {
      domains[id] = .init()
      domains[id]?.id = DomainID(rawValue: UInt16(clamping: id))
      domains[id]?.levels = levels
    }
    domains[id]?.devices.append(.address(PCIAddress(sourceID: source)))
    ids[table] = id
  }

  /// What is present may be read.
  private static func access(_ entry: FirstStageEntry) -> MappingAccess? {
    guard entry[flag: .present] else { return nil }
    return entry[flag: .write] ? .readWrite : .read
  }

  private static func access(_ entry: SecondStageEntry) -> MappingAccess? {
    switch (entry[flag: .read], entry[flag: .write]) {
    case (true, true): .readWrite
    case (true, false): .read
    case (false, true): .write
    case (false, false): nil
    }
  }

  /// A page row: the entries from PML5E down; the last that is set is the leaf.
  private mutating func take(_ frame: UInt64, _ entries: [UInt64], _ id: UInt64) {
    guard let index = entries.lastIndex(where: { $0 != 0 }) else { return }
    // The columns begin at level 5; a row may end with the level where its page is (6.12).
    let level = 5 - index
    guard (1...3).contains(level) else { return }
    let entry = SecondStageEntry(rawValue: entries[index])
    let size = Paging.byteCount(level: level)
    let access =
      firstStage.contains(id)
      ? Self.access(FirstStageEntry(rawValue: entries[index]))
      : Self.access(entry)
    guard let access, level == 1 || entry[flag: .pageSize] else { return }
    let address = IOVA(rawValue: UInt64(page: frame) & ~(size - 1))
    leaves[id, default: [:]][address.rawValue] = Mapping(
      address: address,
      target: PhysicalAddress(rawValue: entry[inPlace: .address] & ~(size - 1)), size: size,
      access: access)
  }
}

extension Mapping {
  /// Whether a page of that level has room in it, and leads to one.
  fileprivate func fits(pagesOf level: Int) -> Bool {
    guard level <= 3 else { return false }
    let page = Paging.byteCount(level: level)
    let first = (address.rawValue &+ (page - 1)) & ~(page - 1)
    return (address.rawValue ^ target.rawValue) & (page - 1) == 0 && first >= address.rawValue
      && first - address.rawValue <= size && size - (first - address.rawValue) >= page
  }
}
