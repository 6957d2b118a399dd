internal import MemoryImages
import Text

/// The ranges that only one of two images has, device by device.
struct TableDifference {
  /// A range of one image that the other has not.
  private struct Change {
    var isNew: Bool
    var range: MappedRange
  }

  private struct Pair: Hashable {
    var old: [Int]
    var new: [Int]
  }

  /// So many rows are printed though they repeat those of another device.
  private static let mostRows = 1 << 20
  /// So many ranges of one device are compared, and so many differences of all are kept.
  private static let mostRanges = 1 << 24

  private let old: TableReport
  private let new: TableReport

  init(from old: TableReport, to new: TableReport) {
    self.old = old
    self.new = new
  }

  /// Prints a row for each difference: `-` for a range of the old image, `+` for one of the new.
  func print(to output: inout Output) {
    let spaces = Self.spaces(old)
    let others = Self.spaces(new)
    let names = Set(spaces.keys).union(others.keys).sorted()
    let pairs = names.map { Pair(old: spaces[$0] ?? [], new: others[$0] ?? []) }
    // Devices of one domain share its tables, which are compared once.
    var changes: [Pair: [Change]] = [:]
    var room = Self.mostRanges
    for pair in pairs where changes[pair] == nil { changes[pair] = self.changes(pair, &room) }
    var extent = RangeExtent()
    for change in changes.values.joined() { extent.add(change.range) }
    if room == 0 { output.print("beware: the images differ in too much; not all was compared") }
    guard extent.count > 0 else { return output.print("no range differs") }
    let width =
      zip(names, pairs).filter { changes[$0.1]?.isEmpty == false }
      .map(\.0.count).max() ?? 0
    let table = RangeTable(extent, isHeaded: false)
    var rowCount = 0
    var shown: [Pair: String] = [:]
    for (name, pair) in zip(names, pairs) {
      let rows = changes[pair] ?? []
      let device = name.padded(to: width)
      if rows.isEmpty { continue }
      rowCount += rows.count
      if rowCount > Self.mostRows, let first = shown[pair] {
        output.print("=  \(device)  as \(first)")
        continue
      }
      if shown[pair] == nil { shown[pair] = name }
      table.print(rows.lazy.map { ("\($0.isNew ? "+" : "-")  \(device)  ", $0.range) }, to: &output)
    }
  }

  /// The spaces of each device; one, but in tables that nobody wrote on purpose.
  private static func spaces(_ report: TableReport) -> [String: [Int]] {
    var spaces: [String: [Int]] = [:]
    for (index, space) in report.spaces.enumerated() {
      for entry in space.devices where spaces[entry.name]?.last != index {
        spaces[entry.name, default: []].append(index)
      }
    }
    return spaces
  }

  private static func ranges(
    _ report: TableReport, _ spaces: [Int], _ room: inout Int
  ) -> [MappedRange] {
    var ranges: [MappedRange] = []
    for index in spaces {
      report.readRanges(of: report.spaces[index]) {
        if ranges.count < mostRanges { ranges.append($0) }
      }
    }
    if ranges.count == mostRanges { room = 0 }
    if spaces.count > 1 { ranges.sort { $0.start < $1.start } }
    return ranges
  }

  /// Both images list their ranges by the device's address, so that one pass over both finds what differs.
  private func changes(_ pair: Pair, _ room: inout Int) -> [Change] {
    let old = Self.ranges(self.old, pair.old, &room)
    let new = Self.ranges(self.new, pair.new, &room)
    var changes: [Change] = []
    defer { room -= changes.count }
    var (before, after) = (0, 0)
    while changes.count < room, before < old.count || after < new.count {
      if before < old.count, after < new.count, old[before] == new[after] {
        before += 1
        after += 1
      } else if before == old.count
        || after < new.count && new[after].start <= old[before].start
      {
        changes.append(Change(isNew: true, range: new[after]))
        after += 1
      } else {
        changes.append(Change(isNew: false, range: old[before]))
        before += 1
      }
    }
    return changes
  }
}
