/// Rows of a table as lines: each column as wide as its widest cell, two blanks between them and none at a
/// line's end.
package func columns(_ rows: [[String]]) -> [String] {
  let widths = (0..<(rows.map { $0.count }.max() ?? 0)).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    row.indices.map { $0 == row.count - 1 ? row[$0] : row[$0].padded(to: widths[$0]) }
      .joined(separator: "  ")
  }
}

extension StringProtocol {
  /// The text with blanks behind it up to `width` characters; longer text stays whole.
  package func padded(to width: Int) -> String {
    String(self) + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// The text with blanks, or zeros, before it up to `width` characters; longer text stays whole.
  package func aligned(to width: Int, with filling: Character = " ") -> String {
    String(repeating: filling, count: Swift.max(0, width - count)) + String(self)
  }
}

extension String {
  /// The words of the text in lines of at most `width` characters; a longer word stays whole.
  package func wrapped(to width: Int) -> [String] {
    var lines = [""]
    for word in split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
