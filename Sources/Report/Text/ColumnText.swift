internal import Text

/// Cells in columns, as lines: a cell that is longer than its column goes on below.
enum ColumnText {
  /// The text between two columns.
  private static let gap = 2
  /// The smallest width to which a column may shrink, in characters.
  private static let least = 10

  /// - Parameters:
  ///   - rows: the cells, as many in each row.
  ///   - width: how many characters a line may have.
  static func lines(_ rows: [[String]], width: Int) -> [String] {
    let widths = widths(rows, width)
    var lines: [String] = []
    for row in rows {
      let cells = zip(row, widths).map { Wrapping.lines($0, first: "", next: "", width: $1) }
      let height = cells.reduce(0) { max($0, $1.count) }
      for index in 0..<height {
        var line = ""
        var column = 0
        for (cell, cellWidth) in zip(cells, widths) {
          if cell.indices.contains(index), !cell[index].isEmpty {
            line = line.padded(to: column) + cell[index]
          }
          column += cellWidth + gap
        }
        lines.append(line)
      }
    }
    return lines
  }

  /// As wide as the longest cell; where that is too much, the widest columns give way.
  static func widths(_ rows: [[String]], _ width: Int) -> [Int] {
    let count = rows.reduce(0) { max($0, $1.count) }
    var widths = Array(repeating: 1, count: count)
    for row in rows {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
    }
    var rest = widths.reduce(0, +) + gap * max(count - 1, 0) - width
    while rest > 0 {
      guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
        widths[widest] > least
      else { break }
      widths[widest] -= 1
      rest -= 1
    }
    return widths
  }
}
