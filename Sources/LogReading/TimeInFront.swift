import KernelLog
import Text

/// Finds the times that stand in front of a record inside a line: behind the marks of a list, a
/// table, a chat or a string of a program, where the line's prefix shows none.
struct TimeInFront {
  /// As far before a record its own stamp stands: a colour or a mark may be between.
  private static let nearest = 40
  /// As far before a record a date is looked for.
  private static let farthest = 256

  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The line's time with what stands in front of `place`.
  ///
  /// - Parameters:
  ///   - time: what the line's prefix tells.
  ///   - isBody: whether the prefix ends there; what it tells is of this record then.
  func time(before place: Int, beside time: LogTime?, isBody: Bool) -> LogTime? {
    let place = min(place, bytes.count)
    if isBody, time?.uptime != nil, time?.wallClock != nil { return time }
    var result = time ?? LogTime()
    if !isBody || result.uptime == nil, let stamp = stamp(before: place) { result.uptime = stamp }
    if result.wallClock == nil { result.wallClock = date(before: place) }
    return result == LogTime() ? time : result
  }

  /// `[   10.000100]`, six digits behind the point, the last one before `place`.
  private func stamp(before place: Int) -> UInt64? {
    var close = place - 1
    while close > max(place - Self.nearest, 8) {
      if bytes[close] == UInt8(ascii: "]"), let stamp = stamp(endingAt: close) { return stamp }
      close -= 1
    }
    return nil
  }

  private func stamp(endingAt close: Int) -> UInt64? {
    let point = close - 7
    guard point > 1, bytes[point] == UInt8(ascii: "."),
      bytes[(point + 1)..<close].allSatisfy(ASCII.isDigit), ASCII.isDigit(bytes[point - 1])
    else { return nil }
    var start = point
    while start > 0, point - start < 12, ASCII.isDigit(bytes[start - 1]) { start -= 1 }
    var open = start
    while open > 0, start - open < 8, bytes[open - 1] == ASCII.space { open -= 1 }
    guard open > 0, bytes[open - 1] == UInt8(ascii: "["),
      let seconds = UInt64(String(decoding: bytes[start..<point], as: UTF8.self)),
      let fraction = UInt64(String(decoding: bytes[(point + 1)..<close], as: UTF8.self))
    else { return nil }
    return LinePrefix.microseconds(seconds, (fraction, 6))
  }

  /// `2026-03-02T10:00:10.000Z` or with a blank in the middle, the last one before `place`; where there
  /// is none, a count of thousandths since 1970.
  private func date(before place: Int) -> String? {
    let first = max(place - Self.farthest, 0)
    var start = place - Self.shape.utf8CodeUnitCount
    while start >= first {
      if let end = dateEnd(start) { return String(decoding: bytes[start..<end], as: UTF8.self) }
      start -= 1
    }
    return milliseconds(before: place)
  }

  /// A date's digits and marks; `T` may be a blank.
  private static let shape: StaticString = "0000-00-00T00:00:00"

  private func dateEnd(_ start: Int) -> Int? {
    guard start == 0 || !ASCII.isDigit(bytes[start - 1]) else { return nil }
    let fits = Self.shape.withUTF8Buffer { shape in
      for (index, wanted) in shape.enumerated() {
        let byte = bytes[start + index]
        switch wanted {
        case UInt8(ascii: "0"): if !ASCII.isDigit(byte) { return false }
        case UInt8(ascii: "T"): if byte != wanted, byte != ASCII.space { return false }
        default: if byte != wanted { return false }
        }
      }
      return true
    }
    guard fits else { return nil }
    // Parts of a second, and the zone.
    var end = start + Self.shape.utf8CodeUnitCount
    if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), ASCII.isDigit(bytes[end + 1]) {
      end += 1
      while end < bytes.count, ASCII.isDigit(bytes[end]) { end += 1 }
    }
    guard end < bytes.count else { return end }
    if bytes[end] == UInt8(ascii: "Z") { return end + 1 }
    guard bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-"), end + 2 < bytes.count,
      ASCII.isDigit(bytes[end + 1])
    else { return end }
    end += 1
    while end < bytes.count, ASCII.isDigit(bytes[end]) || bytes[end] == UInt8(ascii: ":") {
      end += 1
    }
    return end
  }

  /// `1772445610000`, thirteen digits, as tables of collectors have them in their first column.
  private func milliseconds(before place: Int) -> String? {
    let digits = bytes[..<place].drop { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "|") }
      .prefix(14).prefix(while: ASCII.isDigit)
    guard digits.count == 13, digits.first == UInt8(ascii: "1"),
      let value = UInt64(String(decoding: digits, as: UTF8.self))
    else { return nil }
    return WallClock.text(value * 1000)
  }
}
