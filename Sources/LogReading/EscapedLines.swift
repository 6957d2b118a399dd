import Text

/// Several lines that stand on one: in a string of JSON, YAML or a program, their ends escaped
/// (`"body": "…\r\n…"`); in the objects of an answer; or encoded as an address of the web is.
enum EscapedLines {
  /// The lines that are packed into this one; empty where it is a line like others.
  static func read(_ line: UnsafeRawBufferPointer) -> [[UInt8]] {
    if let lines = PercentText.lines(line) { return lines }
    let first = line.first { !ASCII.isBlank($0) }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      let objects = objects(line)
      if objects.count > 1 { return objects }
    }
    guard ByteSearch.holds(UInt8(ascii: "\\"), in: line) else { return [] }
    let bytes = Array(line)
    // A record with a time of its own is read with it.
    if ByteSearch.contains("\"MESSAGE\"", in: bytes) { return [] }
    if first == UInt8(ascii: "{"), JournalLine(bytes)?.time != nil { return [] }
    var lines: [[UInt8]] = []
    // What Ansible prints of a command has all of its lines once more behind them.
    var rest = bytes[..<(ByteSearch.find("\"stdout_lines\":", in: bytes) ?? bytes.count)]
    while let end = lineEnd(rest) {
      lines.append(unescaped(rest[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
    guard !lines.isEmpty, isText(rest) || lines.count(where: { isText($0[...]) }) > 1,
      JournalLine.isMessage(bytes[...])
    else { return [] }
    return lines + [unescaped(rest)]
  }

  /// Whether something stands in the text but what ends a string and the object around it.
  private static func isText(_ text: ArraySlice<UInt8>) -> Bool {
    text.count { ASCII.isLetter($0) || ASCII.isDigit($0) } > 2
      && !text.starts(with: "\",".utf8) && !text.starts(with: "\"}".utf8)
  }

  /// The innermost objects of JSON on a line that hold a message each, `[{"message": …}, {"message": …}]`.
  private static func objects(_ line: UnsafeRawBufferPointer) -> [[UInt8]] {
    let bytes = Array(line)
    var objects: [[UInt8]] = []
    var (open, isInString, at): (Int?, Bool, Int) = (nil, false, 0)
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\\") where isInString: at += 1
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: "{") where !isInString: open = at
      case UInt8(ascii: "}") where !isInString:
        if let begin = open, JournalLine.isMessage(bytes[begin...at]) {
          objects.append(Array(bytes[begin...at]))
        }
        open = nil
      default: break
      }
      at += 1
    }
    return objects
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

  /// A string's text; a quotation mark that is not escaped stays as it is.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    return JournalLine.unescape([quote] + escapingQuotes(text) + [quote])
  }

  private static func escapingQuotes(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var isEscaped = false
    for byte in text {
      if byte == UInt8(ascii: "\""), !isEscaped { result.append(UInt8(ascii: "\\")) }
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      result.append(byte)
    }
    // An escape that was cut off would take the mark that ends the string.
    if isEscaped { result.removeLast() }
    return result
  }
}
