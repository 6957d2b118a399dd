import KernelLog
import PCI
import Text
import VTdFormats

/// Collects the fields of a record that stand on lines of their own: `journalctl -o export`,
/// `-o verbose`, `-o json-pretty`, and `dmesg --json`.
struct JournalFields: Sendable {
  private var uptime: UInt64?
  private var wallClock: UInt64?
  /// The date in front of a record of `-o verbose`.
  private var date: String?
  private var boot: String?
  private var host: String?

  /// What a line is: a field without a message, or the message with the time of its record.
  struct Field {
    var message: [UInt8]?
    var time: LogTime?
    /// The boot's id.
    var boot: String?
  }

  /// Takes a line; nil where it is not a field of a record.
  mutating func take(_ line: [UInt8]) -> Field? {
    guard let first = line.first(where: { !ASCII.isBlank($0) }) else {
      // An empty line ends a record of the export format; it stays an empty line.
      (uptime, wallClock, date) = (nil, nil, nil)
      return nil
    }
    switch first {
    case UInt8(ascii: "_"), UInt8(ascii: "M"):
      if let field = assignment(line) { return field }
      // A Monday.
      noteDate(line)
      return nil
    case UInt8(ascii: "\""): return member(line)
    case UInt8(ascii: "{"), UInt8(ascii: "}"):
      // Another record; what was said of the one before is not of it.
      (uptime, wallClock, date) = (nil, nil, nil)
      return nil
    default:
      noteDate(line)
      return nil
    }
  }

  private mutating func message(_ bytes: [UInt8]) -> Field {
    let text = bytes.filter { $0 != ASCII.newline && $0 > TextCursor.start }
    defer { (uptime, wallClock, date) = (nil, nil, nil) }
    guard uptime != nil || wallClock != nil || date != nil else { return Field(message: text) }
    var time = LogTime(uptime: uptime, wallClock: wallClock.map(WallClock.text) ?? date)
    time.host = host
    return Field(message: text, time: time, boot: boot)
  }

  /// `Mon 2026-03-02 10:00:10.000100 UTC [s=…;i=…;b=…;m=…;t=…;x=…]`: date and cursor.
  private mutating func noteDate(_ line: [UInt8]) {
    guard line.count > 30, line.last == UInt8(ascii: "]"),
      let cursor = ByteSearch.find(" [s=", in: line), cursor < 48
    else { return }
    let text = line[..<cursor].drop { !ASCII.isDigit($0) }
    date = String(decoding: text, as: UTF8.self)
  }

  /// `_SOURCE_MONOTONIC_TIMESTAMP=10000100`, indented or not.
  private mutating func assignment(_ line: [UInt8]) -> Field? {
    var text = line[...].drop { ASCII.isBlank($0) }
    guard let equals = text.prefix(64).firstIndex(of: UInt8(ascii: "=")) else { return nil }
    let name = String(decoding: text[..<equals], as: UTF8.self)
    text = text[text.index(after: equals)...]
    guard name.allSatisfy({ $0 == "_" || $0.isNumber || $0.isUppercase }) else { return nil }
    if name == "MESSAGE" { return message(Array(text)) }
    guard name.hasPrefix("_") else { return nil }
    note(name, String(decoding: text, as: UTF8.self))
    return Field()
  }

  /// `"_SOURCE_MONOTONIC_TIMESTAMP": "10000100",`, or `"time":    10.000100,` of dmesg.
  private mutating func member(_ line: [UInt8]) -> Field? {
    let text = line[...].drop { ASCII.isBlank($0) }
    guard let close = text.dropFirst().prefix(64).firstIndex(of: UInt8(ascii: "\"")),
      close + 1 < text.endIndex, text[close + 1] == UInt8(ascii: ":")
    else { return nil }
    let name = String(decoding: text[(text.startIndex + 1)..<close], as: UTF8.self)
    var value = text[(close + 2)...].drop { ASCII.isBlank($0) }
    while let last = value.last,
      last == UInt8(ascii: ",") || last == ASCII.space || last == ASCII.carriageReturn
    { value.removeLast() }
    if name == "MESSAGE" || name == "msg" {
      guard value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"")
      else { return nil }
      return message(JournalLine.unescape(Array(value)))
    }
    if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\""),
      JournalLine.isMessage(value)
    {
      return message(JournalLine.unescape(Array(value)))
    }
    let plain = String(decoding: value.filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    if name == "time" {
      let parts = plain.split(separator: ".")
      guard parts.count == 2, let seconds = UInt64(parts[0]), let fraction = UInt64(parts[1]) else {
        return nil
      }
      uptime = LinePrefix.microseconds(seconds, (fraction, parts[1].count))
      return Field()
    }
    guard name.hasPrefix("_") || name == "pri" || name == "PRIORITY" else { return nil }
    note(name, plain)
    return Field()
  }

  private mutating func note(_ name: String, _ value: String) {
    switch name {
    // The kernel's own clock is nearer to the event than the journal's.
    case "_SOURCE_MONOTONIC_TIMESTAMP": uptime = UInt64(value) ?? uptime
    case "__MONOTONIC_TIMESTAMP": uptime = uptime ?? UInt64(value)
    case "__REALTIME_TIMESTAMP": wallClock = UInt64(value)
    case "_BOOT_ID": boot = String(value.prefix(40))
    case "_HOSTNAME": host = String(value.prefix(64))
    default: break
    }
  }
}

/// Points of time as people write them.
enum WallClock {
  /// `2026-03-02 10:00:10.000100 UTC` for microseconds since 1970.
  static func text(_ microseconds: UInt64) -> String {
    let seconds = microseconds / 1_000_000
    let day = Int(min(seconds / 86_400, 4_000_000))
    let (year, month, date) = civil(day)
    let clock = seconds % 86_400
    let fraction = String(microseconds % 1_000_000)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2)) "
      + "\(padded(Int(clock / 3600), 2)):\(padded(Int(clock / 60 % 60), 2)):"
      + "\(padded(Int(clock % 60), 2))."
      + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction + " UTC"
  }

  /// Year, month and day of the Gregorian calendar for a count of days since 1970-01-01, by years
  /// that begin in March.
  private static func civil(_ days: Int) -> (Int, Int, Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func padded(_ value: Int, _ digits: Int) -> String {
    String(value).aligned(to: digits, with: "0")
  }
}
