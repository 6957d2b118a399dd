#if canImport(Glibc)
  import Glibc
#elseif !hasFeature(Embedded)
  import Darwin
#endif

import Text

/// Cuts bytes into lines, and passes over the long stretches of a log that hold nothing of ours.
///
/// Near the beginning of an input, behind the banner of a boot and near a line that mattered every
/// line is looked at. Elsewhere only lines with one of the telling words are found, many bytes at a
/// time, so that a log of gigabytes is read about as fast as `rg` searches it for those words. Line
/// numbers stay right.
struct LineScanner: Sendable {
  /// Lines are cut here; nothing that a kernel prints comes near.
  static let longestLine = 1 << 16
  /// How many lines at the beginning are all looked at: more than a boot log has, and facts in
  /// them keep the attention up.
  static let attentiveStart = 1 << 12

  /// The number of the line that the next byte belongs to.
  private(set) var lineNumber = 1
  /// How many further lines are all looked at.
  private var attention = LineScanner.attentiveStart
  /// Whether the next byte belongs to a line whose beginning was already handed out.
  private var isInsideLongLine = false

  init() {}

  /// Reads lines from `buffer` and returns how many bytes are done with; the rest is the beginning
  /// of a line that is not whole yet and belongs before the next bytes.
  ///
  /// - Parameter isLast: whether no more bytes follow, so that the last line needs no newline.
  /// - Parameter line: gets the bytes without newline, the line's number, and whether it was cut;
  ///   answers how many lines from there on are all worth looking at.
  mutating func scan(
    _ buffer: UnsafeRawBufferPointer, isLast: Bool,
    line: (UnsafeRawBufferPointer, Int, Bool) -> Int
  ) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    var at = 0
    while at < buffer.count {
      if isInsideLongLine {
        let next = goOn(base, at, buffer.count, isLast: isLast, line)
        if isInsideLongLine, next.isUnfinished { return next.at }
        at = next.at
        continue
      }
      if attention == 0 {
        at = skim(base, at, buffer.count)
        if attention == 0 { break }
      }
      let rest = buffer.count - at
      if let newline = memchr(base + at, Int32(ASCII.newline), rest) {
        let length = UnsafeRawPointer(newline) - (base + at)
        if length > Self.longestLine {
          at += begin(base + at, line)
          continue
        }
        deliver(base + at, length, false, line)
        at += length + 1
        lineNumber += 1
      } else if rest > Self.longestLine {
        at += begin(base + at, line)
      } else if isLast {
        deliver(base + at, rest, false, line)
        return buffer.count
      } else {
        return at
      }
    }
    return at
  }

  /// How much of a line without end is looked at around one of the telling words in it.
  private static let part = 1 << 12

  /// Hands out the beginning of a line that is longer than any, and answers how long that is.
  private mutating func begin(
    _ start: UnsafeRawPointer, _ line: (UnsafeRawBufferPointer, Int, Bool) -> Int
  ) -> Int {
    let length = Self.cut(start, Self.longestLine)
    deliver(start, length, true, line)
    isInsideLongLine = true
    return length
  }

  /// Goes on inside a line without end, as a log in one string of JSON is: what stands around the next
  /// telling word in it is handed out, everything else passes by.
  ///
  /// - Returns: how far it came, and whether further bytes are needed.
  private mutating func goOn(
    _ base: UnsafeRawPointer, _ start: Int, _ count: Int, isLast: Bool,
    _ line: (UnsafeRawBufferPointer, Int, Bool) -> Int
  ) -> (at: Int, isUnfinished: Bool) {
    let found = TraceEvent.findBeside(base, start, count)
    if found.newlines > 0, let newline = memchr(base + start, Int32(ASCII.newline), count - start) {
      isInsideLongLine = false
      lineNumber += 1
      return (UnsafeRawPointer(newline) - base + 1, false)
    }
    guard let hit = found.position else { return (count, true) }
    let first = max(hit - 256, start)
    let part = min(count - first, Self.part)
    let newline = memchr(base + first, Int32(ASCII.newline), part)
    if newline == nil, part < Self.part, !isLast { return (first, true) }
    let end = newline.map { UnsafeRawPointer($0) - base } ?? first + part
    let length =
      newline == nil && end < count
      ? max(Self.cut(base + first, part), hit + 1 - first) : end - first
    deliver(base + first, length, true, line)
    return (first + length, false)
  }

  /// How many of `length` bytes end where a line does that is escaped, `\n` or `%0A`; all of them where
  /// none ends near.
  private static func cut(_ start: UnsafeRawPointer, _ length: Int) -> Int {
    var at = length - 3
    while at > max(length - part / 2, 0) {
      let (one, two) = (
        start.load(fromByteOffset: at, as: UInt8.self),
        start.load(fromByteOffset: at + 1, as: UInt8.self)
      )
      if one == UInt8(ascii: "\\"), two == UInt8(ascii: "n") { return at }
      if one == UInt8(ascii: "%"), two == UInt8(ascii: "0") { return at }
      at -= 1
    }
    return length
  }

  private mutating func deliver(
    _ start: UnsafeRawPointer, _ length: Int, _ isCut: Bool,
    _ line: (UnsafeRawBufferPointer, Int, Bool) -> Int
  ) {
    attention -= 1
    let bytes = UnsafeRawBufferPointer(start: start, count: length)
    attention = max(attention, line(bytes, lineNumber, isCut), 0)
  }

  /// Passes over whole lines from `start` (a line's beginning) on. Stops at the beginning of a line
  /// with a telling word, and pays attention to it; or at the beginning of the last, unfinished
  /// line.
  private mutating func skim(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int {
    let found = TraceEvent.findBeside(base, start, count)
    lineNumber += found.newlines
    guard let hit = found.position else {
      let unfinished = lineStart(base, start, count)
      guard count - unfinished >= Self.longestLine else { return unfinished }
      isInsideLongLine = true
      return count
    }
    // The limiter's `callbacks suppressed` stands on the line before and has none of the words.
    attention = 2
    var line = lineStart(base, start, hit)
    if line > start {
      line = lineStart(base, start, line - 1)
      lineNumber -= 1
    }
    // A word far inside a line without end: begin close to it.
    return hit - line > Self.longestLine / 2 ? hit - 256 : line
  }

  /// Where the line that holds `position` begins, at `start` at the earliest.
  private func lineStart(_ base: UnsafeRawPointer, _ start: Int, _ position: Int) -> Int {
    var at = position
    while at > start, base.load(fromByteOffset: at - 1, as: UInt8.self) != ASCII.newline { at -= 1 }
    return at
  }
}
