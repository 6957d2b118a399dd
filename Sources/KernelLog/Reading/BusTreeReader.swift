import PCI
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
    guard let start = line.firstIndex(where: { $0 != 0x20 && $0 != 0x7c }),
      start + 2 < line.endIndex
    else { return false }
    switch (line[start], line[start + 1]) {
    case (0x2b, 0x2d), (0x5c, 0x2d):
      return line[start + 2] == 0x5b || TextCursor.hexDigit(line[start + 2]) != nil
    case (0x2d, 0x5b), (0x2d, 0x2b): return true
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
    var cursor = Cursor(line)
    cursor.skip { $0 == 0x20 || $0 == 0x7c }
    if cursor.next == 0x2d {
      // The first root: `-[0000:00]-`, or `-+-[0000:80]-` where there are several.
      levels = []
      cursor.advance()
      if cursor.next == 0x2b {
        levels.append(Level(column: cursor.column, segment: 0, bus: 0))
        cursor.advance()
        guard cursor.take(0x2d) else { return [] }
      }
      root(&cursor)
    } else {
      let column = cursor.column
      while let last = levels.last, last.column > column { levels.removeLast() }
      guard let level = levels.last, level.column == column else { return [] }
      cursor.advance()
      guard cursor.take(0x2d) else { return [] }
      if cursor.next == 0x5b { root(&cursor) } else { function(&cursor, level) }
    }
    return functions
  }

  /// `[0000:00]-+-00.0`
  private mutating func root(_ cursor: inout Cursor) {
    guard cursor.take(0x5b), let segment = cursor.hex(4...8), cursor.take(0x3a),
      let bus = cursor.hex(2...2), cursor.take(0x5d)
    else { return }
    below(&cursor, segment: UInt32(truncatingIfNeeded: segment), bus: UInt8(bus))
  }

  /// What hangs below a bus: one function, or a branch, or nothing.
  private mutating func below(_ cursor: inout Cursor, segment: UInt32, bus: UInt8) {
    cursor.skip { $0 == 0x2d }
    guard let next = cursor.next else { return }
    if next == 0x2b || next == 0x5c {
      levels.append(Level(column: cursor.column, segment: segment, bus: bus))
      cursor.advance()
      guard cursor.take(0x2d) else { return }
    }
    function(&cursor, Level(column: 0, segment: segment, bus: bus))
  }

  /// `1c.4-[02-03]--…` or `00.0  Intel Corporation …`
  private mutating func function(_ cursor: inout Cursor, _ level: Level) {
    guard let device = cursor.hex(2...2), device <= 0x1f, cursor.take(0x2e),
      let number = cursor.hex(1...1), number <= 7
    else { return }
    var function = BusTreeFunction(
      address: PCIAddress(
        segment: level.segment,
        sourceID: SourceID(bus: level.bus, device: UInt8(device), function: UInt8(number))),
      words: "")
    var resume: UInt8?
    if cursor.next == 0x2d {
      cursor.advance()
      guard cursor.take(0x5b), let first = cursor.hex(2...2) else { return }
      var last = first
      if cursor.take(0x2d) {
        guard let end = cursor.hex(2...2) else { return }
        last = end
      }
      guard cursor.take(0x5d) else { return }
      (function.secondary, function.subordinate) = (UInt8(first), UInt8(last))
      resume = UInt8(first)
    } else {
      function.words = cursor.rest()
    }
    functions.append(function)
    if let resume { below(&cursor, segment: level.segment, bus: resume) }
  }

  private struct Cursor {
    let bytes: [UInt8]
    private(set) var column = 0

    init(_ line: ArraySlice<UInt8>) { bytes = Array(line.prefix(512)) }

    var next: UInt8? { column < bytes.count ? bytes[column] : nil }
    mutating func advance() { column += 1 }

    mutating func take(_ byte: UInt8) -> Bool {
      guard next == byte else { return false }
      column += 1
      return true
    }

    mutating func skip(_ isSkipped: (UInt8) -> Bool) {
      while let byte = next, isSkipped(byte) { column += 1 }
    }

    mutating func hex(_ digits: ClosedRange<Int>) -> UInt64? {
      let start = column
      var value: UInt64 = 0
      while let byte = next, let digit = TextCursor.hexDigit(byte),
        column - start < digits.upperBound
      {
        value = value << 4 | UInt64(digit)
        column += 1
      }
      guard digits.contains(column - start) else {
        column = start
        return nil
      }
      return value
    }

    mutating func rest() -> String {
      skip { $0 == 0x20 }
      var text = bytes[column...]
      while text.last == 0x20 { text.removeLast() }
      return String(decoding: text.prefix(160), as: UTF8.self)
    }
  }
}
