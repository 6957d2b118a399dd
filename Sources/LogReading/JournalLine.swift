import KernelLog
import PCI
import Text
import VTdFormats

/// A record as one object of JSON on one line: of `journalctl -o json`, of docker's files, of log
/// collectors. The message and its time are taken.
struct JournalLine {
  var message: [UInt8]
  var time: LogTime?
  /// Whether the journal's own fields show that a kernel spoke; of others the message tells.
  var isOfJournal: Bool
  /// The boot's id.
  var boot: String?

  /// What writers call the message, the journal's name first; docker, zap and others, Loki. Under any
  /// other name it is the text that holds a word of ours.
  private static let messageKeys: [StaticString] = [
    "\"MESSAGE\"", "\"log\"", "\"msg\"", "\"line\"",
  ]
  /// What writers call the time, as a text.
  private static let timeKeys: [StaticString] = [
    "\"@timestamp\"", "\"timestamp\"", "\"time\"", "\"ts\"", "\"_time\"", "\"date\"",
    "\"time_unix_nano\"", "\"timeUnixNano\"",
  ]

  init?(_ bytes: [UInt8]) {
    guard let text = Self.message(bytes) else { return nil }
    message = text.filter { $0 != ASCII.newline && $0 > TextCursor.start }
    let uptime =
      Self.number("\"_SOURCE_MONOTONIC_TIMESTAMP\"", bytes)
      ?? Self.number("\"__MONOTONIC_TIMESTAMP\"", bytes) ?? Self.kernelClock(bytes)
    let wallClock = Self.number("\"__REALTIME_TIMESTAMP\"", bytes).map(WallClock.text)
    isOfJournal = uptime != nil || wallClock != nil
    let date = wallClock ?? Self.timeKeys.lazy.compactMap { Self.date(of: $0, in: bytes) }.first
    if uptime != nil || date != nil { time = LogTime(uptime: uptime, wallClock: date) }
    boot = Self.text(of: "\"_BOOT_ID\"", in: bytes)
    time?.host = Self.text(of: "\"_HOSTNAME\"", in: bytes)
  }

  private static func message(_ bytes: [UInt8]) -> [UInt8]? {
    if let message = value(of: messageKeys[0], in: bytes) { return message }
    for key in messageKeys.dropFirst() where isText(key, in: bytes) {
      if let message = value(of: key, in: bytes) { return message }
    }
    return tellingText(bytes)
  }

  /// The first text that holds a telling word and a blank, whatever it is called and however deep it lies.
  private static func tellingText(_ bytes: [UInt8]) -> [UInt8]? {
    var position = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "\"") else {
        position += 1
        continue
      }
      let start = position + 1
      position = start
      while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
        position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
      }
      guard position < bytes.count else { return nil }
      if isMessage(bytes[start..<position]) { return string(bytes, start) }
      position += 1
    }
    return nil
  }

  /// Whether a text looks like a message of a kernel's: it holds a telling word, and more than that.
  static func isMessage(_ text: ArraySlice<UInt8>) -> Bool {
    text.contains(ASCII.space)
      && text.withUnsafeBytes { bytes in
        bytes.baseAddress.map { TraceEvent.findBeside($0, 0, bytes.count).position != nil } ?? false
      }
  }

  /// `"sec":10,"usec":100`: the kernel's clock as a collector that reads /dev/kmsg writes it.
  private static func kernelClock(_ bytes: [UInt8]) -> UInt64? {
    guard let seconds = number("\"sec\"", bytes), let rest = number("\"usec\"", bytes),
      rest < 1_000_000
    else { return nil }
    return LinePrefix.microseconds(seconds, (rest, 6))
  }

  /// The point of time behind `key`: a text, or a count since 1970 whose unit its digits tell.
  private static func date(of key: StaticString, in bytes: [UInt8]) -> String? {
    guard let value = value(of: key, in: bytes), !value.isEmpty, value.count <= 40 else {
      return nil
    }
    let text = String(decoding: value, as: UTF8.self)
    guard value.allSatisfy(ASCII.isDigit) else { return isText(key, in: bytes) ? text : nil }
    guard let number = UInt64(text) else { return nil }
    switch value.count {
    case 10:
      let fraction = fraction(behind: key, bytes)
      return WallClock.text(LinePrefix.microseconds(number, fraction ?? (0, 0)))
    case 13: return WallClock.text(number * 1000)
    case 16: return WallClock.text(number)
    case 19: return WallClock.text(number / 1000)
    default: return nil
    }
  }

  /// `.000100` behind the seconds of a number.
  private static func fraction(
    behind key: StaticString, _ bytes: [UInt8]
  ) -> (value: UInt64, count: Int)? {
    guard let start = ByteSearch.find(key, in: bytes) else { return nil }
    let rest = bytes[(start + key.utf8CodeUnitCount)...].drop {
      $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ",")
    }
    guard rest.first == UInt8(ascii: ".") else { return nil }
    let digits = rest.dropFirst().prefix(9).prefix(while: ASCII.isDigit)
    return UInt64(String(decoding: digits, as: UTF8.self)).map { ($0, digits.count) }
  }

  /// Whether a string stands behind `key`.
  private static func isText(_ key: StaticString, in bytes: [UInt8]) -> Bool {
    guard let start = ByteSearch.find(key, in: bytes) else { return false }
    let rest = bytes[(start + key.utf8CodeUnitCount)...]
      .drop { $0 == ASCII.space || $0 == UInt8(ascii: ":") }
    return rest.first == UInt8(ascii: "\"")
  }

  private static func text(of key: StaticString, in bytes: [UInt8]) -> String? {
    guard isText(key, in: bytes), let value = value(of: key, in: bytes), value.count <= 40 else {
      return nil
    }
    return String(decoding: value, as: UTF8.self)
  }

  private static func number(_ key: StaticString, _ bytes: [UInt8]) -> UInt64? {
    value(of: key, in: bytes).flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
  }

  /// A string of JSON with its quotes, unescaped; empty where it does not end.
  static func unescape(_ quoted: [UInt8]) -> [UInt8] { string(quoted, 1) ?? [] }

  /// The string, number or byte array behind `key`, unescaped.
  private static func value(of key: StaticString, in bytes: [UInt8]) -> [UInt8]? {
    guard let start = ByteSearch.find(key, in: bytes) else { return nil }
    var position = start + key.utf8CodeUnitCount
    while position < bytes.count, [ASCII.space, UInt8(ascii: ":")].contains(bytes[position]) {
      position += 1
    }
    guard position < bytes.count else { return nil }
    switch bytes[position] {
    case UInt8(ascii: "\""): return string(bytes, position + 1)
    case UInt8(ascii: "["): return byteArray(bytes, position + 1)
    default:
      let end = bytes[position...].firstIndex { !ASCII.isDigit($0) } ?? bytes.count
      return end > position ? Array(bytes[position..<end]) : nil
    }
  }

  private static func string(_ bytes: [UInt8], _ start: Int) -> [UInt8]? {
    var text: [UInt8] = []
    var position = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") { return text }
      guard byte == UInt8(ascii: "\\"), position + 1 < bytes.count else {
        text.append(byte)
        position += 1
        continue
      }
      position += 2
      switch bytes[position - 1] {
      case UInt8(ascii: "n"): text.append(ASCII.space)
      case UInt8(ascii: "t"): text.append(ASCII.tab)
      case UInt8(ascii: "u"):
        var value: UInt32 = 0
        for _ in 0..<4 where position < bytes.count {
          value = value << 4 | UInt32(Hexadecimal.digit(bytes[position]) ?? 0)
          position += 1
        }
        if let scalar = Unicode.Scalar(value), value >= 32 {
          text.append(contentsOf: String(Character(scalar)).utf8)
        }
      case let other: text.append(other)
      }
    }
    return nil
  }

  /// journald writes a message that is not UTF-8 as `[68,77,65,82]`.
  private static func byteArray(_ bytes: [UInt8], _ start: Int) -> [UInt8]? {
    var text: [UInt8] = []
    var value = 0
    for byte in bytes[start...] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        value = min(value * 10 + Int(byte - UInt8(ascii: "0")), 255)
      case UInt8(ascii: ","), UInt8(ascii: "]"):
        text.append(UInt8(truncatingIfNeeded: value))
        value = 0
        if byte == UInt8(ascii: "]") { return text }
      case ASCII.space: break
      default: return nil
      }
    }
    return nil
  }
}
