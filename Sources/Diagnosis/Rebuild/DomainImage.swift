import KernelLog
import PCI
import VTdFormats

/// The domains that the debugfs files show, with everything that is mapped in them.
struct DomainImage {
  struct Mapping: Equatable {
    var iova: UInt64
    var target: UInt64
    var size: UInt64
    var access: String
  }

  struct Domain {
    var levels: Int
    var devices: [String] = []
    var mappings: [Mapping] = []
  }

  /// By domain id.
  private(set) var domains: [UInt64: Domain] = [:]
  /// Tables of domains: who has them.
  private var ids: [UInt64: UInt64] = [:]
  private var seenTables: Set<UInt64> = []

  init(_ rows: [Noted<DebugfsRow>]) {
    for row in rows {
      if case .context(let source, _, _, let high, let low, _, let entry) = row.value {
        take(
          source, ContextEntry(low: low, high: high), PASIDTableEntry(words: entry), entry.isEmpty)
      }
    }
    var current: UInt64?
    for row in rows {
      switch row.value {
      case .domain(_, let table):
        // The kernel prints a domain once for each of its devices.
        current = seenTables.insert(table).inserted ? ids[table] : nil
      case .page(let frame, let entries):
        if let current { take(frame, entries, current) }
      default: break
      }
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
      guard entry[flag: .present], entry.translationType == .secondStage else { return }
      (id, table) = (entry[.domainID], entry[inPlace: .secondStageTable])
      levels = entry.secondStageLevels
    }
    guard (3...5).contains(levels), id != 0 else { return }
    domains[id, default: Domain(levels: levels)].devices.append("\(source)")
    ids[table] = id
  }

  /// A page row: the entries from PML5E down to PTE; the last that is set is the leaf.
  private mutating func take(_ frame: UInt64, _ entries: [UInt64], _ id: UInt64) {
    guard let index = entries.lastIndex(where: { $0 != 0 }) else { return }
    let level = entries.count - index
    guard level <= 3 else { return }
    let entry = SecondStageEntry(rawValue: entries[index])
    let size = UInt64(1) << UInt64(Paging.shift(level: level))
    let access = (entry[flag: .read] ? "r" : "") + (entry[flag: .write] ? "w" : "")
    guard !access.isEmpty, level == 1 || entry[flag: .pageSize] else { return }
    let mapping = Mapping(
      iova: frame << 12 & ~(size - 1), target: entry[inPlace: .address] & ~(size - 1), size: size,
      access: access)
    guard let last = domains[id]?.mappings.last else {
      domains[id]?.mappings.append(mapping)
      return
    }
    if last.access == access, last.iova + last.size == mapping.iova,
      last.target + last.size == mapping.target
    {
      let end = (domains[id]?.mappings.count ?? 1) - 1
      domains[id]?.mappings[end].size += size
    } else {
      domains[id]?.mappings.append(mapping)
    }
  }
}
