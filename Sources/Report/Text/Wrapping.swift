/// Lines of at most 100 columns.
enum Wrapping {
  /// The width in columns; it fits a printed page, a terminal next to an editor, and a mail.
  static let width = 100

  /// `text` behind `first`, broken at blanks; further lines stand behind `next`. A word that is longer
  /// than a line stays whole.
  static func lines(
    _ text: String, first: String, next: String, width: Int = Wrapping.width
  ) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = next
        isEmpty = true
      }
      if !isEmpty { line += " " }
      line += word
      isEmpty = false
    }
    lines.append(line)
    return lines
  }

  /// A text of at most so many characters, its middle left out where it is longer.
  static func shortened(_ text: String, to width: Int) -> String {
    if text.count <= width || width < 8 { return text }
    let head = (width - 3) * 2 / 3
    return String(text.prefix(head)) + "..." + String(text.suffix(width - 3 - head))
  }
}
