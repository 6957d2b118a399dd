internal import Diagnosis
internal import LogReading
internal import PCI
internal import VTdFormats

/// The tables of a moment as words of memory.
struct ShownTables {
  /// What the rows say, by physical address.
  private(set) var words: [UInt64: UInt64] = [:]
  /// The row that says it.
  private(set) var places: [UInt64: LogPlace] = [:]
  /// Rows that say nothing of memory, and why.
  private(set) var unused: [(place: LogPlace, reason: String)] = []
  /// Where tables lie whose addresses no row shows, and what was assumed of them.
  private(set) var assumptions: [String] = []
  /// Entries of interrupt tables that these rows give, and the tables that are shown whole.
  private(set) var interrupts: [UInt64: Set<UInt64>] = [:]

  /// A listing of a domain's pages.
  private struct Listing {
    var device: PCIAddress
    var table: UInt64
    /// The level of the top table; nil where no row shows it.
    var level: Int?
    var rows: [(place: LogPlace, frame: UInt64, entries: [UInt64])] = []
  }
  private var listings: [Listing] = []
  /// What a listing is of.
  private struct Subject: Hashable {
    var device: PCIAddress
    var table: UInt64
  }
  /// The last listing of each.
  private var latest: [Subject: Int] = [:]
  private let log: LoggedMachine
  private let load: (UInt64) -> UInt64
  /// Pages for tables whose addresses no row shows.
  private(set) var nextPage: UInt64
  /// How many tables may still be searched for pages that are not shown any more.
  private(set) var searches: Int

  /// - Parameters:
  ///   - rows: the rows in the order of the log.
  ///   - freePages: where tables may lie that no row shows.
  ///   - searches: how many tables may be searched for pages that are not shown any more.
  ///   - load: what memory holds so far.
  init(
    _ rows: [Noted<DebugfsRow>], of log: LoggedMachine, freePages: UInt64, searches: Int,
    load: @escaping (UInt64) -> UInt64
  ) {
    (self.log, self.load, self.searches) = (log, load, searches)
    nextPage = freePages
    var heading = Heading()
    for row in rows {
      if let line = heading.line, row.place.line &- line > Heading.longestGap {
        heading = Heading()
      }
      heading.line = row.place.line
      take(row, &heading)
    }
    for listing in listings { take(listing) }
    // Only now is known what every listing of a table has.
    for listing in listings { clear(listing) }
  }

  /// What stands above a row. A search for a device's rows gives them without it.
  private struct Heading {
    /// A message of another program may stand between the rows of a file, not more.
    static let longestGap = 16
    var line: Int?
    var unit: Int?
    /// Whether the rows are of a root table that the scenario has not.
    var isElsewhere = false
    var hasListing = false
    var interruptTable: UInt64?
  }

  private mutating func take(_ row: Noted<DebugfsRow>, _ heading: inout Heading) {
    switch row.value {
    case .rootTable(let name, let address):
      heading = Heading(line: row.place.line, unit: log.units.firstIndex { $0.name == name })
      let root = heading.unit.map { log.units[$0].root }
      guard root != address & ~(Paging.pageSize - 1) else { return }
      heading.isElsewhere = true
      unused.append((row.place, "no unit of the scenario has its root table there"))
    case .context:
      if !heading.isElsewhere { context(row, heading.unit) }
    case .domain(let device, let table):
      heading = Heading(line: row.place.line, hasListing: true)
      begin(device, table)
    case .page(let frame, let entries):
      page(row.place, frame, entries, isListed: heading.hasListing)
    case .interrupts(let name):
      heading = Heading(line: row.place.line)
      guard let unit = log.units.first(where: { $0.name == name }) else {
        return unused.append((row.place, "no unit of the scenario has that name"))
      }
      let table = log.interruptTable(of: unit)
      heading.interruptTable = table
      if interrupts[table] == nil { interrupts[table] = [] }
    case .interruptEntry(let index, _, let high, let low):
      guard let table = heading.interruptTable, index <= UInt16.max else { return }
      let place = table &+ UInt64(index) &* InterruptEntry.byteCount
      interrupts[table]?.insert(place)
      note(low, at: place, row.place)
      note(high, at: place &+ 8, row.place)
    case .registers: heading = Heading(line: row.place.line)
    case .register, .interruptTable: break
    }
  }

  private mutating func note(_ word: UInt64, at address: UInt64, _ place: LogPlace) {
    words[address] = word
    places[address] = place
  }

  private func now(_ address: UInt64) -> UInt64 { words[address] ?? load(address) }

  // MARK: dmar_translation_struct

  private mutating func context(_ row: Noted<DebugfsRow>, _ unit: Int?) {
    guard
      case .context(
        let source, let rootHigh, let rootLow, let high, let low, let pasid, let entry) = row.value
    else { return }
    let unit = log.units[unit ?? log.unitIndex(of: PCIAddress(sourceID: source))]
    let root = unit.root &+ RootEntry.offset(of: source)
    note(rootLow, at: root, row.place)
    note(rootHigh, at: root &+ 8, row.place)
    guard pasid != nil || !entry.isEmpty else {
      let table = RootEntry(low: rootLow, high: rootHigh)[inPlace: .contextTable]
      let place = table &+ ContextEntry.offset(of: source)
      note(low, at: place, row.place)
      return note(high, at: place &+ 8, row.place)
    }
    let isUpper = ScalableRootEntry.isUpper(source)
    let table = ScalableRootEntry(low: rootLow, high: rootHigh)[
      inPlace: isUpper ? .upperContextTable : .lowerContextTable]
    let place = table &+ ScalableContextEntry.offset(of: source)
    note(low, at: place, row.place)
    note(high, at: place &+ 8, row.place)
    let context = ScalableContextEntry(words: [low, high])
    let number = pasid ?? PASID(rawValue: 0)
    guard context[flag: .present], !entry.isEmpty else { return }
    let slot = context[inPlace: .pasidDirectory] &+ PASIDDirectoryEntry.offset(of: number)
    var directory = PASIDDirectoryEntry(rawValue: now(slot))
    if !directory[flag: .present] {
      // The file shows the entries of a PASID table, and not where it lies.
      directory = PASIDDirectoryEntry(rawValue: 0)
      directory[flag: .present] = true
      directory[inPlace: .pasidTable] = nextPage
      nextPage = nextPage &+ Paging.pageSize
      note(directory.rawValue, at: slot, row.place)
      if assumptions.isEmpty { assumptions = ["the rows do not show where a PASID table lies"] }
    }
    let start = directory[inPlace: .pasidTable] &+ PASIDTableEntry.offset(of: number)
    for (index, word) in entry.enumerated() {
      note(word, at: start &+ UInt64(index) &* 8, row.place)
    }
  }

  // MARK: domain_translation_struct

  private mutating func begin(_ device: PCIAddress, _ table: UInt64) {
    // What is shown of the device's table once more stands for what it was before.
    let subject = Subject(device: device, table: table)
    if let before = latest[subject] { listings[before].rows = [] }
    latest[subject] = listings.count
    listings.append(Listing(device: device, table: table, level: nil))
  }

  private mutating func page(
    _ place: LogPlace, _ frame: UInt64, _ entries: [UInt64], isListed: Bool
  ) {
    guard isListed, let last = listings.indices.last else {
      let reason = "no line in front of the row says whose table it is of"
      if unused.last?.reason != reason { unused.append((place, reason)) }
      return
    }
    if listings[last].level == nil {
      listings[last].level = entries.firstIndex { $0 != 0 }.map { 5 - $0 }
    }
    listings[last].rows.append((place, frame, entries))
  }

  /// The entries at the places where a walk finds them.
  private mutating func take(_ listing: Listing) {
    for row in listing.rows {
      guard let top = row.entries.firstIndex(where: { $0 != 0 }) else { continue }
      var table = listing.table
      for index in top..<row.entries.count where row.entries[index] != 0 {
        let level = 5 - index
        note(
          row.entries[index],
          at: table &+ Paging.entryOffset(of: UInt64(page: row.frame), level: level), row.place)
        table = SecondStageEntry(rawValue: row.entries[index])[inPlace: .address]
      }
    }
  }

  /// The file shows every page: one that memory has and the listing does not was unmapped.
  private mutating func clear(_ listing: Listing) {
    guard let level = listing.level ?? levels(of: listing) else { return }
    var pending = [(table: listing.table, level: level)]
    while let (table, level) = pending.popLast(), searches > 0 {
      searches -= 1
      for index in 0..<UInt64(Paging.entryCount) {
        let place = table &+ index &* Paging.entryBytes
        let entry = SecondStageEntry(rawValue: now(place))
        guard entry.isPresent else { continue }
        if level == 1 || entry[flag: .pageSize] {
          if words[place] == nil { words[place] = 0 }
        } else if level > 1 {
          pending.append((entry[inPlace: .address], level - 1))
        }
      }
    }
  }

  /// How many levels a listing without a row has, by the entry that leads to its table.
  private func levels(of listing: Listing) -> Int? {
    let source = listing.device.sourceID
    let unit = log.units[log.unitIndex(of: listing.device)]
    let slot = unit.root &+ RootEntry.offset(of: source)
    guard unit.isScalable else {
      let root = RootEntry(low: now(slot), high: 0)
      let place = root[inPlace: .contextTable] &+ ContextEntry.offset(of: source)
      let context = ContextEntry(low: now(place), high: now(place &+ 8))
      guard context[inPlace: .secondStageTable] == listing.table else { return nil }
      return context.levels
    }
    let root = ScalableRootEntry(low: now(slot), high: now(slot &+ 8))
    let isUpper = ScalableRootEntry.isUpper(source)
    let table = root[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
    let context = ScalableContextEntry(words: [
      now(table &+ ScalableContextEntry.offset(of: source))
    ])
    let directory = PASIDDirectoryEntry(rawValue: now(context[inPlace: .pasidDirectory]))
    let start = directory[inPlace: .pasidTable]
    let entry = PASIDTableEntry(words: (0..<8).map { now(start &+ $0 * 8) })
    let tables = [entry[inPlace: .firstStageTable], entry[inPlace: .secondStageTable]]
    return tables.contains(listing.table) ? entry.secondStageLevels : nil
  }
}
