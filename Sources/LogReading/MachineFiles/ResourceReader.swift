import Text

/// Reads rows of `/proc/iomem`: `  fed90000-fed90fff : dmar0`.
enum ResourceReader {
  /// More of a name tells nothing more.
  private static let longestName = 80

  /// - Parameter first: where the first character that is not a blank stands.
  static func read(_ bytes: [UInt8], _ first: Int) -> MachineResource? {
    var cursor = ByteCursor(bytes, at: first)
    guard let start = cursor.hexadecimal(digits: 8...16), cursor.take("-"),
      let end = cursor.hexadecimal(digits: 8...16), cursor.take(word: " : "), end >= start,
      !cursor.isAtEnd
    else { return nil }
    var name = bytes[cursor.position...].prefix(longestName)
    while let last = name.last, ASCII.isWhiteSpace(last) { name.removeLast() }
    // Nested rows are indented by two blanks each.
    return MachineResource(
      start: start, end: end, name: String(decoding: name, as: UTF8.self), depth: first / 2)
  }
}
