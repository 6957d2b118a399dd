/// How one text differs from another, line by line: in the form of `diff -u`.
public struct LineDifference: Hashable, Sendable {
  /// How many lines of the expected text are missing.
  public private(set) var missing = 0
  /// How many lines came that were not expected.
  public private(set) var added = 0
  /// Places in which the texts differ: runs of lines, whatever their number.
  public private(set) var places = 0
  /// The first line of the expected text, from 1, at which they differ.
  public private(set) var firstLine: Int?
  /// `@@` lines with the lines below them; a long difference is cut, with a line that says so.
  public private(set) var lines: [String] = []

  fileprivate enum Edit: Equatable {
    case same(String)
    case missing(String)
    case added(String)
  }

  /// Lines of context around a difference.
  private static let context = 3
  /// More lines of a difference help nobody.
  private static let longest = 200
  /// Above so many pairs of lines, what differs is shown as one block: searching for the shortest
  /// difference would take too long.
  private static let largestSearch = 4_000_000

  /// Whether both are the same.
  public var isEmpty: Bool { places == 0 }

  /// Compares two logs line by line.
  public init(expected: [String], actual: [String]) {
    let edits = Self.edits(expected, actual)
    var isInPlace = false
    var line = 1
    for edit in edits {
      switch edit {
      case .same: isInPlace = false
      case .missing, .added:
        if !isInPlace { places += 1 }
        isInPlace = true
        if firstLine == nil { firstLine = line }
        if case .missing = edit { missing += 1 } else { added += 1 }
      }
      if case .added = edit { continue }
      line += 1
    }
    lines = Self.hunks(edits)
    if lines.count > Self.longest {
      let rest = lines.count - Self.longest
      lines = Array(lines.prefix(Self.longest)) + ["... \(rest) more lines of differences"]
    }
  }

  private static func edits(_ expected: [String], _ actual: [String]) -> [Edit] {
    let prefix = zip(expected, actual).prefix { $0 == $1 }.count
    let left = expected.dropFirst(prefix)
    let right = actual.dropFirst(prefix)
    let suffix = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
    return expected.prefix(prefix).map(Edit.same)
      + middle(Array(left.dropLast(suffix)), Array(right.dropLast(suffix)))
      + expected.suffix(suffix).map(Edit.same)
  }

  private static func middle(_ expected: [String], _ actual: [String]) -> [Edit] {
    if expected.count.multipliedReportingOverflow(by: actual.count).partialValue > largestSearch
      || expected.isEmpty || actual.isEmpty
    {
      return expected.map(Edit.missing) + actual.map(Edit.added)
    }
    let difference = actual.difference(from: expected)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var edits: [Edit] = []
    var i = 0
    var j = 0
    while i < expected.count || j < actual.count {
      if i < expected.count, removed.contains(i) {
        edits.append(.missing(expected[i]))
        i += 1
      } else if j < actual.count, inserted.contains(j) {
        edits.append(.added(actual[j]))
        j += 1
      } else if i < expected.count {
        edits.append(.same(expected[i]))
        i += 1
        j += 1
      } else {
        break
      }
    }
    return edits
  }

  private static func hunks(_ edits: [Edit]) -> [String] {
    var lines: [String] = []
    var old = 1
    var new = 1
    var start = 0
    while let first = edits[start...].firstIndex(where: { $0.isChange }) {
      // The hunk ends where more lines are alike than two contexts have.
      var last = first
      var index = first
      while index < edits.count, index - last <= 2 * context {
        if edits[index].isChange { last = index }
        index += 1
      }
      let from = max(start, first - context)
      let to = min(edits.count, last + 1 + context)
      for edit in edits[start..<from] { edit.count(&old, &new) }
      var oldEnd = old
      var newEnd = new
      for edit in edits[from..<to] { edit.count(&oldEnd, &newEnd) }
      lines.append(
        "@@ -\(range(old, oldEnd)) +\(range(new, newEnd)) @@")
      lines += edits[from..<to].map { $0.text }
      (old, new, start) = (oldEnd, newEnd, to)
    }
    return lines
  }

  private static func range(_ start: Int, _ end: Int) -> String {
    // Of an empty range, diff names the line before it.
    end == start ? "\(start - 1),0" : end - start == 1 ? "\(start)" : "\(start),\(end - start)"
  }
}

extension LineDifference.Edit {
  fileprivate var isChange: Bool { if case .same = self { false } else { true } }

  fileprivate var text: String {
    switch self {
    case .same(let line): " " + line
    case .missing(let line): "-" + line
    case .added(let line): "+" + line
    }
  }

  fileprivate func count(_ old: inout Int, _ new: inout Int) {
    switch self {
    case .same:
      old += 1
      new += 1
    case .missing: old += 1
    case .added: new += 1
    }
  }
}
