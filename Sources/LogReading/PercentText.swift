import Text

/// Text as an address of the web or a form of it has it: `%20` or `+` for a blank, `%5B` for a bracket,
/// `%0A` between lines (WHATWG URL, percent-encoded bytes and application/x-www-form-urlencoded).
enum PercentText {
  /// So many escapes tell such text from a line that holds a percent sign.
  private static let fewest = 6

  /// The lines that are encoded in `line`; nil where it is other text.
  static func lines(_ line: UnsafeRawBufferPointer) -> [[UInt8]]? {
    guard ByteSearch.holds(UInt8(ascii: "%"), in: line) else { return nil }
    var text = Array(line)
    guard escapes(text) >= fewest else { return nil }
    // A link may have been put into another one.
    for _ in 0..<3 where escapes(text) > 0 { text = decoded(text) }
    return text.split(separator: ASCII.newline).map { line in
      line.last == ASCII.carriageReturn ? Array(line.dropLast()) : Array(line)
    }
  }

  private static func escapes(_ text: [UInt8]) -> Int {
    text.indices.count { escape(text, $0) != nil }
  }

  /// The byte that the escape at `at` stands for.
  private static func escape(_ text: [UInt8], _ at: Int) -> UInt8? {
    guard text[at] == UInt8(ascii: "%"), at + 2 < text.count,
      let high = Hexadecimal.digit(text[at + 1]), let low = Hexadecimal.digit(text[at + 2])
    else { return nil }
    return high << 4 | low
  }

  private static func decoded(_ text: [UInt8]) -> [UInt8] {
    // A form has `+` for a blank; where blanks are escaped or stand as they are a plus is one.
    let isForm =
      !text.contains(ASCII.space) && !text.indices.contains { escape(text, $0) == ASCII.space }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      if let byte = escape(text, at) {
        decoded.append(byte)
        at += 3
        continue
      }
      switch text[at] {
      case UInt8(ascii: "+") where isForm: decoded.append(ASCII.space)
      // Fields of a form, each a line.
      case UInt8(ascii: "&"): decoded.append(ASCII.newline)
      default: decoded.append(text[at])
      }
      at += 1
    }
    return decoded
  }
}
