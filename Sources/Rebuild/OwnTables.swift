internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// The tables that the log shows, at the addresses at which it shows them.
///
/// Which page a table gets is chance to the driver, so a scenario lists them in the order in which the
/// driver asks. That order is the driver's own business: a boot with pages of another place shows which
/// of them became which table, and the log says where that table lay.
extension ScenarioBuilder {
  /// Pages for the trial lie so far apart that a table of several has room.
  private static let slotSize: UInt64 = 0x1_0000
  private static let slotCount = 0x0b00_0000 / Int(slotSize)

  /// Gives the driver the pages that the log shows.
  mutating func placeTables(booting boot: (ScenarioDescription) -> ((UInt64) -> UInt64?)?) {
    guard !scenario.boot.domains.isEmpty else { return }
    var trial = scenario
    let free = free
    trial.boot.pages.list += (0..<Self.slotCount).map {
      PhysicalAddress(rawValue: free + UInt64($0) * Self.slotSize)
    }
    guard let load = boot(trial) else { return }
    var places = TablePlaces(
      first: free, slotSize: Self.slotSize, slotCount: Self.slotCount,
      used: Set(scenario.boot.pages.list.map { $0.rawValue }), end: scenario.machine.memorySize)
    for row in firstRows { note(row, load, &places) }
    notePages(load, &places)
    guard let last = places.found.keys.max() else { return }
    let base = scenario.boot.pages.base.rawValue
    scenario.boot.pages.list += (0...last).map { slot in
      PhysicalAddress(rawValue: places.found[slot] ?? base + UInt64(slot) * Paging.pageSize)
    }
    scenario.boot.pages.base = PhysicalAddress(rawValue: base + UInt64(last + 1) * Paging.pageSize)
    scenario.boot.pages.notes.above["list"] = [
      "assumed: the driver's own pages lie where the log's tables do not; those that the log shows"
        + " lie where it shows them"
    ]
  }

  /// A row of `dmar_translation_struct`.
  private struct ContextRow {
    /// The unit's place among those of the scenario; nil where the file does not name one of them.
    var unit: Int?
    var source: SourceID
    var root: (high: UInt64, low: UInt64)
    var context: (high: UInt64, low: UInt64)
    var pasid: PASID?
    var entry: [UInt64]
  }

  /// The rows of `dmar_translation_struct`.
  private var firstRows: [ContextRow] {
    var seen: Set<[UInt64]> = []
    var unit: Int?
    return log.shownRows.compactMap { row in
      if case .rootTable(let name, _) = row.value {
        unit = log.units.firstIndex { $0.name == name }
      }
      guard
        case .context(
          let source, let rootHigh, let rootLow, let high, let low, let pasid, let entry) = row
          .value,
        seen.insert([
          UInt64(unit ?? log.units.count), UInt64(source.rawValue), UInt64(pasid?.rawValue ?? .max),
        ]).inserted
      else { return nil }
      return ContextRow(
        unit: unit, source: source, root: (rootHigh, rootLow), context: (high, low), pasid: pasid,
        entry: entry)
    }
  }

  /// Where the root table is that has the row.
  private func root(of row: ContextRow) -> UInt64 {
    log.units[row.unit ?? log.unitIndex(of: PCIAddress(sourceID: row.source))].root
  }

  private func note(
    _ row: ContextRow, _ load: (UInt64) -> UInt64?, _ places: inout TablePlaces
  ) {
    let root = root(of: row)
    guard row.pasid != nil || !row.entry.isEmpty else {
      let driver = RootEntry(low: load(root + RootEntry.offset(of: row.source)) ?? 0, high: 0)
      let shown = RootEntry(low: row.root.low, high: row.root.high)
      guard driver[flag: .present], shown[flag: .present] else { return }
      let table = driver[inPlace: .contextTable]
      places.note(table, is: shown[inPlace: .contextTable])
      let place = table &+ ContextEntry.offset(of: row.source)
      let context = ContextEntry(low: load(place) ?? 0, high: 0)
      let shownContext = ContextEntry(low: row.context.low, high: row.context.high)
      guard context[flag: .present], shownContext[flag: .present] else { return }
      places.note(
        context[inPlace: .secondStageTable], is: shownContext[inPlace: .secondStageTable])
      return
    }
    let place = root + ScalableRootEntry.offset(of: row.source)
    let driver = ScalableRootEntry(low: load(place) ?? 0, high: load(place + 8) ?? 0)
    let shown = ScalableRootEntry(low: row.root.low, high: row.root.high)
    let field: BitField<ScalableRootEntry> =
      ScalableRootEntry.isUpper(row.source) ? .upperContextTable : .lowerContextTable
    places.note(driver[inPlace: field], is: shown[inPlace: field])
    let contextPlace = driver[inPlace: field] &+ ScalableContextEntry.offset(of: row.source)
    let directory = ScalableContextEntry(words: [load(contextPlace) ?? 0])[inPlace: .pasidDirectory]
    places.note(
      directory, is: ScalableContextEntry(words: [row.context.low])[inPlace: .pasidDirectory])
    let pasid = row.pasid ?? PASID(rawValue: 0)
    let directoryEntry = PASIDDirectoryEntry(
      rawValue: load(directory &+ PASIDDirectoryEntry.offset(of: pasid)) ?? 0)
    guard directoryEntry[flag: .present] else { return }
    let table = directoryEntry[inPlace: .pasidTable]
    let shownTable = log.timeline.faults.lazy.compactMap { fault -> UInt64? in
      guard fault.observation.source == row.source else { return nil }
      return fault.dump?.lines.lazy.compactMap { line -> UInt64? in
        guard case .pasidDirectoryEntry(let value) = line.value else { return nil }
        return PASIDDirectoryEntry(rawValue: value)[inPlace: .pasidTable]
      }.first
    }.first
    if let shownTable { places.note(table, is: shownTable) }
    let entryPlace = table &+ PASIDTableEntry.offset(of: pasid)
    let entry = PASIDTableEntry(words: (0..<3).map { load(entryPlace &+ $0 * 8) ?? 0 })
    let shownEntry = PASIDTableEntry(words: row.entry)
    places.note(entry[inPlace: .firstStageTable], is: shownEntry[inPlace: .firstStageTable])
    places.note(entry[inPlace: .secondStageTable], is: shownEntry[inPlace: .secondStageTable])
  }

  /// The tables below the top ones, by the rows of `domain_translation_struct`.
  private func notePages(_ load: (UInt64) -> UInt64?, _ places: inout TablePlaces) {
    var top: (driver: UInt64, level: Int)?
    for row in log.shownRows {
      switch row.value {
      case .domain(_, let table):
        let levels = scenario.boot.domains.first { domain in
          domainTables[table] == UInt64(domain.id.rawValue)
        }?.levels
        top = places.driver[table].flatMap { driver in levels.map { (driver, $0) } }
      case .page(let frame, let entries):
        guard let top else { continue }
        var table = top.driver
        for level in stride(from: top.level, through: 2, by: -1) where 5 - level < entries.count {
          let shown = SecondStageEntry(rawValue: entries[5 - level])
          let driver = SecondStageEntry(
            rawValue: load(table &+ Paging.entryOffset(of: UInt64(page: frame), level: level)) ?? 0)
          let isLeaf = shown[flag: .pageSize] || driver[flag: .pageSize]
          guard shown.rawValue != 0, driver.rawValue != 0, !isLeaf else { break }
          table = driver[inPlace: .address]
          places.note(table, is: shown[inPlace: .address])
        }
      default: break
      }
    }
  }

  /// Who has a top table, by its address.
  private var domainTables: [UInt64: UInt64] { DomainImage(log.shownRows).ids }

  /// Rows of `dmar_translation_struct` that the driver's own tables do not have, as they stand there.
  mutating func completeRows() {
    var need = TableImage.Need()
    for row in firstRows {
      let root = root(of: row) + RootEntry.offset(of: row.source)
      (need.words[root], need.words[root + 8]) = (row.root.low, row.root.high)
      let isScalable = row.pasid != nil || !row.entry.isEmpty
      let place: UInt64
      if isScalable {
        let entry = ScalableRootEntry(low: row.root.low, high: row.root.high)
        let isUpper = ScalableRootEntry.isUpper(row.source)
        place =
          entry[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
          &+ ScalableContextEntry.offset(of: row.source)
      } else {
        place =
          RootEntry(low: row.root.low, high: 0)[inPlace: .contextTable]
          &+ ContextEntry.offset(of: row.source)
      }
      (need.words[place], need.words[place &+ 8]) = (row.context.low, row.context.high)
    }
    write(need, from: nil, log.units[0], notes: ["rows of dmar_translation_struct"])
    write(shownInterrupts, from: nil, log.units[0], notes: ["rows of ir_translation_struct"])
  }

  /// The entries of `ir_translation_struct` as the log shows them.
  private var shownInterrupts: TableImage.Need {
    var need = TableImage.Need()
    var table: UInt64?
    for row in log.shownRows {
      switch row.value {
      case .interrupts(let name):
        table = log.units.first { $0.name == name }.map { log.interruptTable(of: $0) }
      case .interruptEntry(let index, _, let high, let low):
        guard let table, index <= UInt16.max else { continue }
        let place = table + UInt64(index) * InterruptEntry.byteCount
        (need.words[place], need.words[place + 8]) = (low, high)
      default: break
      }
    }
    return need
  }
}

/// Which of the trial's pages the log shows where.
private struct TablePlaces {
  let first: UInt64
  let slotSize: UInt64
  let slotCount: Int
  /// Addresses that are taken.
  var used: Set<UInt64>
  /// Where memory ends.
  let end: UInt64
  /// The log's address by the trial's page.
  private(set) var found: [Int: UInt64] = [:]
  /// The trial's address by the log's.
  private(set) var driver: [UInt64: UInt64] = [:]

  mutating func note(_ page: UInt64, is shown: UInt64) {
    guard page >= first, (page - first) % slotSize == 0 else { return }
    let slot = (page - first) / slotSize
    guard slot < UInt64(slotCount), shown != 0, shown.pageOffset == 0, shown < end else { return }
    if found[Int(slot)] == nil, used.insert(shown).inserted { found[Int(slot)] = shown }
    if driver[shown] == nil { driver[shown] = page }
  }
}
