import KernelLog
import PCI
import Text
import VTdFormats

/// A line of a log without what mail programs, browsers, terminals and loggers put around it.
struct CleanLine: Sendable {
  var number: Int
  /// Counts the lines that are read, and jumps where lines were passed over: only neighbours are
  /// joined. An attachment's lines count one by one, though they share the number of a mail's line.
  var sequence = 0
  /// The line from its prefix on. Never contains a newline, `TextCursor.join` or
  /// `TextCursor.start`.
  var bytes: [UInt8]
  /// Where the message begins behind the prefix.
  var body: Int
  var time: LogTime?
  var repairs: [Repair]
  /// A quoted-printable soft break: the next line goes on without a blank.
  var endsSoftly = false
  /// Whether the line is one of a kernel's log by its prefix, or a remark of journalctl.
  var isOfKernel = false
  /// The boot that it is of, where the journal says so.
  var boot: String?

  /// Whether it holds a word that makes a line worth reading.
  var isTelling = false

  var bodyBytes: ArraySlice<UInt8> { bytes[min(body, bytes.count)...] }
  var text: String { String(decoding: bodyBytes, as: UTF8.self) }

  /// Whether a logger's or the kernel's own prefix was found: such a line starts a message.
  var startsMessage: Bool { if case .none = time { false } else { true } }

  /// Whether the message, its leading blanks aside, begins with `literal`.
  func bodyStarts(_ literal: StaticString) -> Bool {
    var start = body
    while start < bytes.count, ASCII.isBlank(bytes[start]) { start += 1 }
    return ByteSearch.hasPrefix(literal, in: bytes, at: start)
  }
}

/// Cleans lines; remembers what kind of document it is in.
struct LineCleaner: Sendable {
  /// The mail says so in its header, or a line has shown it.
  private(set) var isQuotedPrintable = false
  /// The last line ended with a soft break, so this one is the rest of it and has no prefix.
  private var continues = false
  /// The fields of a journal's record that stand on lines of their own.
  private var fields = JournalFields()

  init() {}

  mutating func clean(_ raw: UnsafeRawBufferPointer, number: Int, isCut: Bool) -> CleanLine {
    var bytes = [UInt8](raw)
    var repairs: [Repair] = isCut ? [.cutLongLine] : []
    if bytes.last == ASCII.carriageReturn { bytes.removeLast() }
    // `^M` typed out, as some viewers and mail programs show a carriage return.
    if bytes.count >= 2, bytes[bytes.count - 1] == UInt8(ascii: "M"),
      bytes[bytes.count - 2] == UInt8(ascii: "^")
    {
      bytes.removeLast(2)
      repairs.append(.removedCarriageReturn)
    }
    if let field = fields.take(bytes) {
      guard let message = field.message else {
        return CleanLine(number: number, bytes: [], body: 0, time: nil, repairs: [])
      }
      let start = LinePrefix(message)
      return CleanLine(
        number: number, bytes: message, body: start.end, time: LogTime(field.time, or: start.time),
        repairs: repairs, isOfKernel: field.time != nil, boot: field.boot)
    }
    // Records of a sequence begin with a separator, those of a stream with `data: `.
    if bytes.first == 0x1e { bytes.removeFirst() }
    if bytes.starts(with: "data: {".utf8) { bytes.removeFirst(6) }
    if bytes.first == UInt8(ascii: "{"), let line = JournalLine(bytes) {
      let start = LinePrefix(line.message)
      return CleanLine(
        number: number, bytes: line.message, body: start.end,
        time: LogTime(line.time, or: start.time), repairs: repairs,
        isOfKernel: line.isOfJournal || start.isOfKernel, boot: line.boot)
    }
    let marks = LineMarks(bytes)
    noteQuotedPrintable(bytes, marks)
    var endsSoftly = false
    if isQuotedPrintable {
      if bytes.last == UInt8(ascii: "=") {
        bytes.removeLast()
        endsSoftly = true
        repairs.append(.decodedQuotedPrintable)
      }
      if Self.decodeQuotedPrintable(&bytes), !repairs.contains(.decodedQuotedPrintable) {
        repairs.append(.decodedQuotedPrintable)
      }
    }
    if !marks.isEmpty || isQuotedPrintable { Self.normalise(&bytes) }
    // What was escaped twice is decoded twice.
    for _ in 0..<3 where !marks.isEmpty || isQuotedPrintable {
      guard Self.decodeHTML(&bytes) else { break }
      if !repairs.contains(.decodedHTML) { repairs.append(.decodedHTML) }
    }
    repairs += TypedText.mend(&bytes)
    let isRest = continues
    continues = endsSoftly
    if isRest {
      return CleanLine(
        number: number, bytes: bytes, body: 0, time: nil, repairs: repairs, endsSoftly: endsSoftly)
    }
    let quoted = Self.quoteEnd(bytes)
    if quoted.end > 0 {
      bytes.removeFirst(quoted.end)
      repairs.append(quoted.isAnnotation ? .removedAnnotation : .removedQuoting)
    }
    let prefix = LinePrefix(bytes)
    return CleanLine(
      number: number, bytes: bytes, body: prefix.end, time: prefix.time, repairs: repairs,
      endsSoftly: endsSoftly,
      isOfKernel: prefix.isOfKernel || Self.isRemarkOfJournal(bytes),
      boot: Self.boot(bytes, number))
  }

  /// The boot that begins with `-- Boot 0123… --`, or with the `-- Reboot --` of older journals.
  private static func boot(_ bytes: [UInt8], _ number: Int) -> String? {
    if ByteSearch.hasPrefix("-- Boot ", in: bytes) {
      return String(decoding: bytes.dropFirst(8).prefix { $0 != ASCII.space }, as: UTF8.self)
    }
    return ByteSearch.hasPrefix("-- Reboot --", in: bytes) ? "line \(number)" : nil
  }

  /// `-- No entries --`, `-- Logs begin at …`, `-- Boot 0123… --`.
  private static func isRemarkOfJournal(_ bytes: [UInt8]) -> Bool {
    let remarks: [StaticString] = [
      "-- No entries --", "-- Logs begin", "-- Boot ", "-- Journal begins",
    ]
    return remarks.contains { ByteSearch.hasPrefix($0, in: bytes) }
  }

  private mutating func noteQuotedPrintable(_ bytes: [UInt8], _ marks: LineMarks) {
    if isQuotedPrintable { return }
    if bytes.last == UInt8(ascii: "e"),
      ByteSearch.contains("transfer-encoding: quoted-printable", in: bytes)
    {
      isQuotedPrintable = true
    }
    guard marks.hasEquals else { return }
    let signs: [StaticString] = ["=3D", "=C2=A0", "=5F", "=5B", "=5D", "=E2=80"]
    if signs.contains(where: { Self.holds($0, bytes) }) { isQuotedPrintable = true }
  }

  /// The signs are upper case in mail; `=20` inside a command line is not one.
  private static func holds(_ sign: StaticString, _ bytes: [UInt8]) -> Bool {
    guard let place = ByteSearch.find(sign, in: bytes) else { return false }
    return ByteSearch.hasPrefix(sign, in: bytes, at: place)
  }

  /// RFC 2045 section 6.7: `=` and two upper-case hex digits.
  private static func decodeQuotedPrintable(_ bytes: inout [UInt8]) -> Bool {
    guard bytes.contains(UInt8(ascii: "=")) else { return false }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "="), position + 2 < bytes.count,
        let high = upperHex(bytes[position + 1]), let low = upperHex(bytes[position + 2])
      {
        decoded.append(high << 4 | low)
        position += 3
      } else {
        decoded.append(bytes[position])
        position += 1
      }
    }
    let changed = decoded.count != bytes.count
    bytes = decoded
    return changed
  }

  private static func upperHex(_ byte: UInt8) -> UInt8? {
    ASCII.isLowerCase(byte) ? nil : Hexadecimal.digit(byte)
  }

  /// No-break and other spaces of typography become blanks, its hyphens plain ones; colour sequences,
  /// control characters and what has no width go.
  private static func normalise(_ bytes: inout [UInt8]) {
    guard
      bytes.contains(where: {
        $0 == 0xc2 || $0 == 0xc3 || $0 == 0xe2 || $0 == 0xef || $0 < ASCII.space && $0 != ASCII.tab
      })
    else { return }
    var clean: [UInt8] = []
    clean.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0xc2, position + 1 < bytes.count, bytes[position + 1] == 0xa0 {
        clean.append(ASCII.space)
        position += 2
      } else if byte == 0xc3, position + 1 < bytes.count, bytes[position + 1] == 0x97,
        clean.last == UInt8(ascii: "0")
      {
        // A word processor's sign of multiplication in `0x`.
        clean.append(UInt8(ascii: "x"))
        position += 2
      } else if let plain = plain(bytes, position) {
        if plain != 0 { clean.append(plain) }
        position += 3
      } else if byte == ASCII.escape, position + 1 < bytes.count,
        bytes[position + 1] == UInt8(ascii: "[")
      {
        position += 2
        while position < bytes.count,
          !(UInt8(ascii: "@")...UInt8(ascii: "~")).contains(bytes[position])
        { position += 1 }
        position += 1
      } else {
        if byte >= ASCII.space || byte == ASCII.tab { clean.append(byte) }
        position += 1
      }
    }
    bytes = clean
  }

  /// What a character of three bytes at `position` stands for, 0 for nothing; nil for any other one.
  private static func plain(_ bytes: [UInt8], _ position: Int) -> UInt8? {
    guard bytes[position] == 0xe2 || bytes[position] == 0xef, position + 2 < bytes.count else {
      return nil
    }
    switch (bytes[position], bytes[position + 1], bytes[position + 2]) {
    // U+2000 to U+200A, U+202F.
    case (0xe2, 0x80, 0x80...0x8a), (0xe2, 0x80, 0xaf): return ASCII.space
    // U+200B to U+200F, U+2060, U+FEFF.
    case (0xe2, 0x80, 0x8b...0x8f), (0xe2, 0x81, 0xa0), (0xef, 0xbb, 0xbf): return 0
    // U+FF01 to U+FF5E, the wide forms of ASCII.
    case (0xef, 0xbc, 0x81...0xbf): return bytes[position + 2] - 0x60
    case (0xef, 0xbd, 0x80...0x9e): return bytes[position + 2] - 0x20
    // U+2010, U+2011.
    case (0xe2, 0x80, 0x90), (0xe2, 0x80, 0x91): return UInt8(ascii: "-")
    default: return nil
    }
  }

  private static let entities: [(StaticString, UInt8)] = [
    ("&gt;", UInt8(ascii: ">")), ("&lt;", UInt8(ascii: "<")), ("&quot;", UInt8(ascii: "\"")),
    ("&#39;", UInt8(ascii: "'")), ("&nbsp;", ASCII.space),
    ("&#160;", ASCII.space), ("&#x27;", UInt8(ascii: "'")), ("&amp;", UInt8(ascii: "&")),
    ("&lsqb;", UInt8(ascii: "[")), ("&rsqb;", UInt8(ascii: "]")),
    ("&lbrack;", UInt8(ascii: "[")), ("&rbrack;", UInt8(ascii: "]")),
    ("&lpar;", UInt8(ascii: "(")), ("&rpar;", UInt8(ascii: ")")),
    ("&colon;", UInt8(ascii: ":")), ("&period;", UInt8(ascii: ".")),
    ("&comma;", UInt8(ascii: ",")), ("&lowbar;", UInt8(ascii: "_")),
    ("&sol;", UInt8(ascii: "/")), ("&bsol;", UInt8(ascii: "\\")),
    ("&equals;", UInt8(ascii: "=")), ("&apos;", UInt8(ascii: "'")),
    ("&num;", UInt8(ascii: "#")), ("&plus;", UInt8(ascii: "+")),
    ("&ensp;", ASCII.space), ("&emsp;", ASCII.space), ("&Tab;", ASCII.space),
  ]
  /// `&#91;` and `&#x5b;`: a printable character by its number.
  private static func numericEntity(_ bytes: [UInt8], _ start: Int) -> (UInt8, end: Int)? {
    guard start + 3 < bytes.count, bytes[start + 1] == UInt8(ascii: "#") else { return nil }
    var position = start + 2
    let isHex = bytes[position] | 0x20 == UInt8(ascii: "x")
    if isHex { position += 1 }
    var value = 0
    let first = position
    while position < bytes.count, position - first < 4,
      let digit = Hexadecimal.digit(bytes[position]),
      isHex || digit < 10
    {
      value = value * (isHex ? 16 : 10) + Int(digit)
      position += 1
    }
    guard position > first, position < bytes.count, bytes[position] == UInt8(ascii: ";"),
      (0x20...0x7e).contains(value)
    else { return nil }
    return (UInt8(value), position + 1)
  }

  private static let tags: [StaticString] = [
    "br", "p", "div", "span", "pre", "code", "blockquote", "td", "tr", "font", "tt", "a", "b",
    "i", "li", "html", "body", "table",
  ]

  /// Entities and the tags of mail and web pages; `<6>`, `<IRQ>` and `<TASK>` are the kernel's.
  private static func decodeHTML(_ bytes: inout [UInt8]) -> Bool {
    guard bytes.contains(where: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: "<") }) else {
      return false
    }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var position = 0
    var changed = false
    scan: while position < bytes.count {
      if bytes[position] == UInt8(ascii: "&") {
        for (name, character) in entities where ByteSearch.hasPrefix(name, in: bytes, at: position)
        {
          decoded.append(character)
          position += name.utf8CodeUnitCount
          changed = true
          continue scan
        }
        if let (character, end) = numericEntity(bytes, position) {
          decoded.append(character)
          position = end
          changed = true
          continue scan
        }
      } else if bytes[position] == UInt8(ascii: "<"), let end = tagEnd(bytes, position) {
        // Behind the last word a blank would stand inside a word that goes on in the next line.
        if end < bytes.count { decoded.append(ASCII.space) }
        position = end
        changed = true
        continue scan
      }
      decoded.append(bytes[position])
      position += 1
    }
    bytes = decoded
    return changed
  }

  private static func tagEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
    var position = start + 1
    if position < bytes.count, bytes[position] == UInt8(ascii: "/") { position += 1 }
    for tag in tags where ByteSearch.hasPrefix(tag, in: bytes, at: position) {
      var end = position + tag.utf8CodeUnitCount
      guard end < bytes.count,
        [UInt8(ascii: ">"), ASCII.space, UInt8(ascii: "/")].contains(bytes[end])
      else { continue }
      let limit = min(bytes.count, end + 400)
      while end < limit, bytes[end] != UInt8(ascii: ">") { end += 1 }
      return end < limit ? end + 1 : nil
    }
    return nil
  }

  /// Where the marks of quoting (`> > `, `| `) and of authors (`=> `) end.
  private static func quoteEnd(_ bytes: [UInt8]) -> (end: Int, isAnnotation: Bool) {
    var position = 0
    var end = 0
    var isAnnotation = false
    // Far deeper than mail gets; a hostile line of quote marks costs no more than this.
    let limit = min(bytes.count, 256)
    while position < limit {
      switch bytes[position] {
      case ASCII.space, ASCII.tab: position += 1
      // The bars of a drawn bus tree are not the marks of a quotation.
      case UInt8(ascii: "|") where BusTreeReader.isRow(bytes[position...]):
        return (end > 0 && bytes[end] == ASCII.space ? end + 1 : end, isAnnotation)
      case UInt8(ascii: ">"), UInt8(ascii: "|"):
        position += 1
        end = position
      case UInt8(ascii: "=") where position + 1 < limit && bytes[position + 1] == UInt8(ascii: ">"):
        position += 2
        end = position
        isAnnotation = true
      default:
        if end > 0, end < bytes.count, bytes[end] == ASCII.space { end += 1 }
        return (end, isAnnotation)
      }
    }
    return (position >= bytes.count ? bytes.count : end, isAnnotation)
  }
}

/// What a line holds that has to be undone or looked at: most lines hold nothing of it, and one look tells.
private struct LineMarks {
  private var found: UInt8 = 0

  /// Whether an equals sign stands in it.
  var hasEquals: Bool { found & 1 != 0 }
  /// Whether there is none of: an equals sign, the beginning of an entity or a tag, of a character that
  /// stands for a plain one, a control character.
  var isEmpty: Bool { found == 0 }

  init(_ bytes: [UInt8]) {
    found = bytes.withUnsafeBufferPointer { bytes in
      // Without a way out the loop looks at many bytes in one go.
      var found: UInt8 = 0
      for byte in bytes {
        found |= byte == UInt8(ascii: "=") ? 1 : 0
        found |= byte == UInt8(ascii: "&") ? 2 : 0
        found |= byte == UInt8(ascii: "<") ? 2 : 0
        found |= byte == 0xc2 ? 2 : 0
        found |= byte == 0xc3 ? 2 : 0
        found |= byte == 0xe2 ? 2 : 0
        found |= byte == 0xef ? 2 : 0
        found |= byte < ASCII.space ? 2 : 0
      }
      return found
    }
  }
}
