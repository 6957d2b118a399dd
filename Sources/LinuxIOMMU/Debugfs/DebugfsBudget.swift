internal import VTdFormats

/// What the debugfs files of one moment may hold.
///
/// Tables that a guest has written may point to themselves or out of memory: as they stand, they
/// describe more rows than any disk holds.
struct DebugfsBudget {
  /// Rows of all files together. A machine with 512 MiB mapped page by page has as many.
  private static let rowLimit = 1 << 17
  /// Entries that are looked at for them.
  private static let entryLimit = 1 << 24

  private var rows = DebugfsBudget.rowLimit
  private var entries = DebugfsBudget.entryLimit
  /// Tables that entries point to and that do not lie in memory.
  private var outside: Set<UInt64> = []

  var isSpent: Bool { rows == 0 || entries == 0 }

  /// Takes one row; false where there are too many.
  mutating func takeRow() -> Bool {
    if isSpent { return false }
    rows -= 1
    return true
  }

  /// Takes entries that are looked at; false where there are too many.
  mutating func takeEntries(_ count: Int) -> Bool {
    if isSpent { return false }
    entries = count < entries ? entries - count : 0
    return true
  }

  mutating func note(outside table: UInt64) {
    // Some are enough to find the mistake.
    if outside.count < 16 { outside.insert(table) }
  }

  /// What a file says at its end of what it does not show.
  mutating func remarks() -> [String] {
    var lines = outside.sorted().map { "a table at 0x\(hex($0)) lies outside memory" }
    outside = []
    if isSpent {
      lines.append(
        "more than \(Self.rowLimit) rows or \(Self.entryLimit) entries: the rest is left out")
    }
    return lines
  }
}
