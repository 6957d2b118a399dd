import Text

/// A log that stands as one string of JSON on a line, its line ends escaped: `"Output": "…\r\n…"`, as
/// a cloud's command for a machine's console prints it.
enum EscapedLines {
  private static let key: StaticString = "\"Output\""

  /// The lines of such a string; empty for any other line.
  static func read(_ line: UnsafeRawBufferPointer) -> [[UInt8]] {
    guard let first = line.first(where: { !ASCII.isBlank($0) }),
      first == UInt8(ascii: "\"") || first == UInt8(ascii: "{")
    else { return [] }
    let bytes = Array(line)
    guard let place = ByteSearch.find(key, in: bytes),
      let open = bytes[(place + key.utf8CodeUnitCount)...].firstIndex(of: UInt8(ascii: "\""))
    else { return [] }
    var lines: [[UInt8]] = []
    var rest = bytes[(open + 1)...]
    while let end = lineEnd(rest) {
      lines.append(unescaped(rest[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    return lines.isEmpty ? [] : lines + [unescaped(rest)]
  }

  /// Where the next escaped line end stands: `\n`, or `\r\n`.
  private static func lineEnd(_ bytes: ArraySlice<UInt8>) -> Range<Int>? {
    var at = bytes.startIndex
    while at + 1 < bytes.endIndex {
      guard bytes[at] == UInt8(ascii: "\\") else {
        at += 1
        continue
      }
      if bytes[at + 1] == UInt8(ascii: "n") { return at..<at + 2 }
      if ByteSearch.hasPrefix("\\r\\n", in: Array(bytes[at...].prefix(4))) { return at..<at + 4 }
      at += 2
    }
    return nil
  }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    return JournalLine.unescape([quote] + text + [quote])
  }
}
