/// Reads a record's text that may be spread over several lines.
///
/// The lines stand behind one another with `join` between them. A join matches any white space or
/// none, because mail programs and terminals break lines anywhere.
struct TextCursor {
  /// Stands where a line ended. It cannot occur in cleaned text.
  static let join: UInt8 = 0
  /// Stands there instead where the next line has a prefix of its own: words may go on behind it,
  /// as in records of two lines, but no word does.
  static let start: UInt8 = 1

  let text: [UInt8]
  private(set) var at = 0
  /// How many characters had to be guessed so far.
  private(set) var slips = 0

  init(_ text: [UInt8], at: Int = 0) {
    self.text = text
    self.at = at
  }

  var isAtEnd: Bool { at >= text.count }
  var next: UInt8? { at < text.count ? text[at] : nil }

  mutating func advance(to position: Int) { at = position }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte <= start
  }

  mutating func skipBlanks() {
    while at < text.count, Self.isBlank(text[at]) { at += 1 }
  }

  /// Skips blanks of this line only.
  mutating func skipBlanksOnLine() {
    while at < text.count, text[at] == 0x20 || text[at] == 0x09 { at += 1 }
  }

  /// Takes `literal` without regard to case. A blank in it matches any white space, none included.
  mutating func take(_ literal: StaticString) -> Bool {
    guard let end = literal.withUTF8Buffer({ match($0, from: at) }) else { return false }
    at = end
    return true
  }

  /// Takes the words of a form that is data, as `take` does with those of the program.
  mutating func take(_ words: [UInt8]) -> Bool {
    guard let end = words.withUnsafeBufferPointer({ match($0, from: at) }) else { return false }
    at = end
    return true
  }

  /// Takes `literal`, or something that is at most two slips away from it: a lost, a doubled or a
  /// wrong character.
  mutating func takeRoughly(_ literal: StaticString) -> Bool {
    if take(literal) { return true }
    let found = literal.withUTF8Buffer { buffer -> (Int, Int)? in
      for allowed in 1...2 {
        if let end = roughMatch(buffer, 0, at, allowed) { return (end, allowed) }
      }
      return nil
    }
    guard let (end, count) = found else { return false }
    at = end
    slips += count
    return true
  }

  /// Goes on to `literal`, which has to begin on this line within some bytes, and before `limit`.
  mutating func skipTo(
    _ literal: StaticString, within count: Int, before limit: StaticString
  ) -> Bool {
    let end = min(endOfLine, at + count)
    guard end > at else { return false }
    let part = Array(text[at..<min(endOfLine, end + literal.utf8CodeUnitCount)])
    guard let place = ByteSearch.find(literal, in: part) else { return false }
    if let other = ByteSearch.find(limit, in: part), other < place { return false }
    at += place
    return true
  }

  private func match(_ literal: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
    var position = start
    for wanted in literal {
      if wanted == 0x20 {
        while position < text.count, Self.isBlank(text[position]) { position += 1 }
        continue
      }
      position = afterJoin(position)
      guard position < text.count, Self.lower(text[position]) == Self.lower(wanted) else {
        return nil
      }
      position += 1
    }
    return position
  }

  private func roughMatch(
    _ literal: UnsafeBufferPointer<UInt8>, _ index: Int, _ start: Int, _ allowed: Int
  ) -> Int? {
    var index = index
    var position = start
    while index < literal.count {
      if literal[index] == 0x20 {
        while position < text.count, Self.isBlank(text[position]) { position += 1 }
        index += 1
        continue
      }
      position = afterJoin(position)
      if position < text.count, Self.lower(text[position]) == Self.lower(literal[index]) {
        position += 1
        index += 1
        continue
      }
      guard allowed > 0 else { return nil }
      // A wrong character, one too many, one lost.
      return roughMatch(literal, index + 1, position + 1, allowed - 1)
        ?? roughMatch(literal, index, position + 1, allowed - 1)
        ?? roughMatch(literal, index + 1, position, allowed - 1)
    }
    return position <= text.count ? position : nil
  }

  /// Inside a word only a join may be skipped, with the blanks that end its line (some programs
  /// put one there) and those that indent the next.
  private func afterJoin(_ start: Int) -> Int {
    var position = start
    while position < text.count, text[position] == 0x20 || text[position] == 0x09 { position += 1 }
    guard position < text.count, text[position] == Self.join else { return start }
    while position < text.count, Self.isBlank(text[position]) { position += 1 }
    return position
  }

  static func lower(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
  }

  struct Number {
    var value: UInt64
    var digits: Int
    var hasPrefix: Bool
  }

  /// A hex number with or without `0x`. Asked to, it goes on over a join where it stops short of
  /// the line's end and what follows the digits there ends the number (a blank or a bracket), so
  /// that a next line's word is not swallowed.
  mutating func hexNumber(maximumDigits: Int = 16, acrossJoins: Bool = false) -> Number? {
    skipBlanks()
    let start = at
    var hasPrefix = false
    if next == 0x30, take("0x") {
      hasPrefix = true
      if next == Self.join { skipBlanks() }
    }
    var value: UInt64 = 0
    var digits = 0
    while true {
      while let byte = next, let digit = Self.hexDigit(byte) {
        guard digits < maximumDigits else {
          at = start
          return nil
        }
        value = value << 4 | UInt64(digit)
        digits += 1
        at += 1
      }
      guard acrossJoins, digits > 0, digits < maximumDigits, afterJoin(at) > at,
        let resume = continuation(after: at)
      else { break }
      at = resume
    }
    guard digits > 0 else {
      at = start
      return nil
    }
    return Number(value: value, digits: digits, hasPrefix: hasPrefix)
  }

  /// Where a number's digits go on behind a join.
  private func continuation(after position: Int) -> Int? {
    var start = position
    while start < text.count, Self.isBlank(text[start]) { start += 1 }
    var end = start
    while end < text.count, Self.hexDigit(text[end]) != nil { end += 1 }
    guard end > start, end < text.count else { return nil }
    // Behind an address comes a blank, behind parts of a device's name the next separator.
    let closes = [0x5d, 0x2c, 0x3a, 0x2e].contains(text[end]) || Self.isBlank(text[end])
    return closes ? start : nil
  }

  mutating func decimalNumber(maximumDigits: Int = 12) -> Int? {
    skipBlanks()
    let start = at
    var value = 0
    while let byte = next, byte >= 0x30, byte <= 0x39 {
      guard at - start < maximumDigits else {
        at = start
        return nil
      }
      value = value * 10 + Int(byte - 0x30)
      at += 1
    }
    return at > start ? value : nil
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// The next word: printable characters up to white space.
  mutating func word() -> String {
    skipBlanks()
    let start = at
    while let byte = next, !Self.isBlank(byte) { at += 1 }
    return String(decoding: text[start..<at], as: UTF8.self)
  }

  /// Where the present line ends.
  private var endOfLine: Int {
    var end = at
    while end < text.count, text[end] > Self.start { end += 1 }
    return end
  }

  /// The rest of the present line. It may be longer than its bytes: what is no UTF-8 is replaced.
  func restOfLine() -> String { String(decoding: text[at..<endOfLine], as: UTF8.self) }

  mutating func takeRestOfLine() -> String {
    let words = restOfLine()
    at = endOfLine
    return words
  }
}
