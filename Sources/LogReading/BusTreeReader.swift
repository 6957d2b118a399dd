import PCI
import Text
import VTdFormats

/// Reads the tree that `lspci -t` and `lspci -tv` draw, line by line.
///
/// The tree is drawn by columns: a function stands behind `+-` or `\-`, and the column of that sign
/// says which bus it is on. A bridge is followed by the buses below it, `-[02-05]-`, and by its
/// first child on the same line.
///
///     -[0000:00]-+-00.0
///                +-1c.0-[01]----00.0
///                +-1c.4-[02-03]--+-00.0
///                |               \-00.1
///                \-1f.3
struct BusTreeReader: Sendable {
  private struct Level: Sendable {
    /// Where the branches of this bus stand.
    var column: Int
    var segment: UInt32
    var bus: UInt8
  }

  private var levels: [Level] = []
  private var functions: [BusTreeFunction] = []

  /// Whether a line looks like one of a tree: blanks and bars, then a branch.
  static func isRow(_ line: ArraySlice<UInt8>) -> Bool {
    guard let start = line.firstIndex(where: { $0 != ASCII.space && $0 != UInt8(ascii: "|") }),
      start + 2 < line.endIndex
    else { return false }
    switch (line[start], line[start + 1]) {
    case (UInt8(ascii: "+"), UInt8(ascii: "-")), (UInt8(ascii: "\\"), UInt8(ascii: "-")):
      return line[start + 2] == UInt8(ascii: "[") || Hexadecimal.digit(line[start + 2]) != nil
    case (UInt8(ascii: "-"), UInt8(ascii: "[")), (UInt8(ascii: "-"), UInt8(ascii: "+")): return true
    default: return false
    }
  }

  /// The functions that a line of the tree shows, none where it is not a line of one.
  mutating func read(_ line: ArraySlice<UInt8>) -> [BusTreeFunction] {
    guard Self.isRow(line) else {
      levels = []
      return []
    }
    functions = []
    var cursor = ByteCursor(Array(line.prefix(512)))
    cursor.skip { $0 == ASCII.space || $0 == UInt8(ascii: "|") }
    if cursor.next == UInt8(ascii: "-") {
      // The first root: `-[0000:00]-`, or `-+-[0000:80]-` where there are several.
      levels = []
      cursor.move(to: cursor.position + 1)
      if cursor.next == UInt8(ascii: "+") {
        levels.append(Level(column: cursor.position, segment: 0, bus: 0))
        cursor.move(to: cursor.position + 1)
        guard cursor.take("-") else { return [] }
      }
      root(&cursor)
    } else {
      let column = cursor.position
      while let last = levels.last, last.column > column { levels.removeLast() }
      guard let level = levels.last, level.column == column else { return [] }
      cursor.move(to: cursor.position + 1)
      guard cursor.take("-") else { return [] }
      if cursor.next == UInt8(ascii: "[") { root(&cursor) } else { function(&cursor, level) }
    }
    return functions
  }

  /// `[0000:00]-+-00.0`
  private mutating func root(_ cursor: inout ByteCursor) {
    guard cursor.take("["), let segment = cursor.hexadecimal(digits: 4...8), cursor.take(":"),
      let bus = cursor.hexadecimal(digits: 2...2), cursor.take("]")
    else { return }
    below(&cursor, segment: UInt32(truncatingIfNeeded: segment), bus: UInt8(bus))
  }

  /// What hangs below a bus: one function, or a branch, or nothing.
  private mutating func below(_ cursor: inout ByteCursor, segment: UInt32, bus: UInt8) {
    cursor.skip { $0 == UInt8(ascii: "-") }
    guard let next = cursor.next else { return }
    if next == UInt8(ascii: "+") || next == UInt8(ascii: "\\") {
      levels.append(Level(column: cursor.position, segment: segment, bus: bus))
      cursor.move(to: cursor.position + 1)
      guard cursor.take("-") else { return }
    }
    function(&cursor, Level(column: 0, segment: segment, bus: bus))
  }

  /// `1c.4-[02-03]--…` or `00.0  Intel Corporation …`
  private mutating func function(_ cursor: inout ByteCursor, _ level: Level) {
    guard let device = cursor.hexadecimal(digits: 2...2), device <= 0x1f, cursor.take("."),
      let number = cursor.hexadecimal(digits: 1...1), number <= 7
    else { return }
    var function = BusTreeFunction(
      address: PCIAddress(
        segment: level.segment,
        sourceID: SourceID(bus: level.bus, device: UInt8(device), function: UInt8(number))),
      words: "")
    var resume: UInt8?
    if cursor.next == UInt8(ascii: "-") {
      cursor.move(to: cursor.position + 1)
      guard cursor.take("["), let first = cursor.hexadecimal(digits: 2...2) else { return }
      var last = first
      if cursor.take("-") {
        guard let end = cursor.hexadecimal(digits: 2...2) else { return }
        last = end
      }
      guard cursor.take("]") else { return }
      (function.secondary, function.subordinate) = (UInt8(first), UInt8(last))
      resume = UInt8(first)
    } else {
      cursor.skipBlanks()
      function.words = Self.words(cursor.rest())
    }
    functions.append(function)
    if let resume { below(&cursor, segment: level.segment, bus: resume) }
  }

  private static func words(_ text: String) -> String {
    var bytes = text.utf8.prefix(512)
    while bytes.last == ASCII.space { bytes.removeLast() }
    return String(decoding: bytes.prefix(160), as: UTF8.self)
  }
}
