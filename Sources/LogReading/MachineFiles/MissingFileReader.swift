import Text

/// Reads the rows of a bundle's list (`MANIFEST`) that say what is not in it:
/// `missing /sys/firmware/acpi/tables/DMAR: the firmware has no DMAR table`.
enum MissingFileReader {
  /// More of a path or of a reason tells nothing more.
  private static let longest = 160

  /// - Parameter first: where the first character that is no blank stands.
  static func read(_ bytes: [UInt8], _ first: Int) -> MissingFile? {
    var cursor = ByteCursor(bytes, at: first)
    guard first == 0, cursor.take(word: "missing /") else { return nil }
    let path = bytes[(cursor.position - 1)...].prefix { !ASCII.isBlank($0) }
    guard path.count > 1, path.count <= longest, path.last == UInt8(ascii: ":") else { return nil }
    var reason = bytes[path.endIndex...].drop(while: ASCII.isBlank).prefix(longest)
    while let last = reason.last, ASCII.isWhiteSpace(last) { reason.removeLast() }
    guard !reason.isEmpty else { return nil }
    return MissingFile(
      path: String(decoding: path.dropLast(), as: UTF8.self),
      reason: String(decoding: reason, as: UTF8.self))
  }
}
