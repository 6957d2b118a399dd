internal import Diagnosis
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// Tables that somebody looked at between two faults: they are in memory from that moment on, until the log
/// shows them otherwise.
extension ScenarioBuilder {
  /// Behind the pages of requests' own tables and in front of the driver's.
  private static let freePages: UInt64 = 0x0a00_0000

  /// Makes memory what the rows say that the log has behind so many faults.
  mutating func showRows(behind index: Int) {
    let rows = log.shownMoments[index]
    guard !rows.isEmpty else { return }
    let (memory, baseline) = (memory, baseline)
    let pages = free + Self.freePages
    let shown = ShownTables(
      rows, of: log, freePages: pages + placedTables * Paging.pageSize, searches: searches
    ) {
      memory[$0] ?? baseline($0)
    }
    searches = shown.searches
    placedTables = (shown.nextPage - pages) / Paging.pageSize
    rowNotes += shown.unused
    var need = TableImage.Need(words: shown.words, assumptions: shown.assumptions)
    for (table, entries) in shown.interrupts {
      // Entries that are shown no more are free again.
      for place in shownInterruptEntries[table] ?? [] where !entries.contains(place) {
        (need.words[place], need.words[place &+ 8]) = (0, 0)
      }
      shownInterruptEntries[table] = entries
    }
    let beyond = shown.places.filter { $0.key >= scenario.machine.memorySize }.values.min()
    if let beyond {
      rowNotes.append((beyond, "its tables lie beyond what a machine has of memory"))
    }
    let changes = need.words.filter { (memory[$0.key] ?? baseline($0.key)) != $0.value }
    let first = changes.keys.compactMap { shown.places[$0] }.min() ?? rows.map { $0.place }.min()
    write(
      need, from: seen.min(), log.units[0],
      notes: first.map { ["the tables as the log shows them from line \($0.line) on"] } ?? [])
    for (address, word) in need.words where address < scenario.machine.memorySize {
      shownWords[address] = shown.places[address].map { (word, $0) }
    }
  }

  /// The first row of each stretch that the machine's memory has otherwise in the end.
  func misshownRows(_ load: (UInt64) -> UInt64?) -> [LogPlace] {
    let wrong = shownWords.filter { load($0.key) != $0.value.word }.map { $0.value.place }
    return Set(wrong).sorted()
  }
}
