import KernelLog
import PCI
import Text
import VTdFormats

/// A line of `journalctl -o json`: one object, of which the message and its time are taken.
struct JournalLine {
  var message: [UInt8]
  var time: LogTime?

  init?(_ bytes: [UInt8]) {
    guard let text = Self.value(of: "\"MESSAGE\"", in: bytes) else { return nil }
    message = text.filter { $0 != ASCII.newline && $0 > TextCursor.start }
    let uptime =
      Self.number("\"_SOURCE_MONOTONIC_TIMESTAMP\"", bytes)
      ?? Self.number("\"__MONOTONIC_TIMESTAMP\"", bytes)
    let wallClock = Self.number("\"__REALTIME_TIMESTAMP\"", bytes)
    if uptime != nil || wallClock != nil {
      time = LogTime(uptime: uptime, wallClock: wallClock.map(WallClock.text))
    }
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
