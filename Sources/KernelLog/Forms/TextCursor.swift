package import PCI
import Text
package import VTdFormats

/// Reads a record's text that may be spread over several lines.
///
/// The lines stand behind one another with `join` between them. A join matches any white space or
/// none, because mail programs and terminals break lines anywhere.
package struct TextCursor {
  /// Stands where a line ended. It cannot occur in cleaned text.
  package static let join: UInt8 = 0
  /// Stands there instead where the next line has a prefix of its own: words may go on behind it,
  /// as in records of two lines, but no word does.
  package static let start: UInt8 = 1

  package let text: [UInt8]
  package private(set) var at = 0
  /// How many characters had to be guessed so far.
  package private(set) var slips = 0

  package init(_ text: [UInt8], at: Int = 0) {
    self.text = text
    self.at = at
  }

  package var next: UInt8? { at < text.count ? text[at] : nil }

  package mutating func advance(to position: Int) { at = position }

  package static func isBlank(_ byte: UInt8) -> Bool { ASCII.isBlank(byte) || byte <= start }

  package mutating func skipBlanks() {
    while at < text.count, Self.isBlank(text[at]) { at += 1 }
  }

  /// Skips blanks of this line only.
  package mutating func skipBlanksOnLine() {
    while at < text.count, ASCII.isBlank(text[at]) { at += 1 }
  }

  /// Takes one character that stands right here.
  package mutating func take(character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    at += 1
    return true
  }

  /// Takes `literal` without regard to case. A blank in it matches any white space, none included.
  package mutating func take(_ literal: StaticString) -> Bool {
    literal.withUTF8Buffer { take($0) }
  }

  /// Takes the words of a form that is data, as `take` does with those of the program.
  package mutating func take(_ words: [UInt8]) -> Bool {
    words.withUnsafeBufferPointer { take($0) }
  }

  /// The character behind the next one, a small letter; 0 where a blank or a join may stand there.
  var secondLetter: UInt8 {
    guard at + 1 < text.count, text[at + 1] > ASCII.space else { return 0 }
    return ASCII.lowercased(text[at + 1])
  }

  /// Whether the first `count` bytes of `literal` stand here, as `take` reads them.
  func hasWords(_ literal: StaticString, first count: Int) -> Bool {
    literal.withUTF8Buffer {
      match(UnsafeBufferPointer(rebasing: $0.prefix(count)), from: at) != nil
    }
  }

  mutating func take(_ literal: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let end = match(literal, from: at) else { return false }
    at = end
    return true
  }

  /// Takes `literal`, or something that is at most two slips away from it: a lost, a doubled or a
  /// wrong character.
  package mutating func takeRoughly(_ literal: StaticString) -> Bool {
    literal.withUTF8Buffer { takeRoughly($0) }
  }

  mutating func takeRoughly(_ literal: UnsafeBufferPointer<UInt8>) -> Bool {
    if take(literal) { return true }
    for allowed in 1...2 {
      if let end = roughMatch(literal, 0, at, allowed) {
        at = end
        slips += allowed
        return true
      }
    }
    return false
  }

  /// Goes on to `literal`, which has to begin on this line within some bytes, and before `limit`.
  package mutating func skipTo(
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
    if differs(literal, at: start) { return nil }
    var position = start
    for wanted in literal {
      if wanted == ASCII.space || wanted == ASCII.newline {
        while position < text.count, Self.isBlank(text[position]) { position += 1 }
        continue
      }
      position = afterJoin(position)
      guard position < text.count, ASCII.lowercased(text[position]) == ASCII.lowercased(wanted)
      else { return nil }
      position += 1
    }
    return position
  }

  /// Whether two characters differ, neither of which is a blank or a join: nearly all that do not match
  /// are told by their first one.
  @inline(__always)
  private func differs(_ literal: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
    guard let wanted = literal.first, position < text.count else { return false }
    let here = text[position]
    return wanted > ASCII.space && here > ASCII.space
      && ASCII.lowercased(here) != ASCII.lowercased(wanted)
  }

  private func roughMatch(
    _ literal: UnsafeBufferPointer<UInt8>, _ index: Int, _ start: Int, _ allowed: Int
  ) -> Int? {
    var index = index
    var position = start
    while index < literal.count {
      if literal[index] == ASCII.space {
        while position < text.count, Self.isBlank(text[position]) { position += 1 }
        index += 1
        continue
      }
      position = afterJoin(position)
      if position < text.count,
        ASCII.lowercased(text[position]) == ASCII.lowercased(literal[index])
      {
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
    while position < text.count, ASCII.isBlank(text[position]) { position += 1 }
    guard position < text.count, text[position] == Self.join else { return start }
    while position < text.count, Self.isBlank(text[position]) { position += 1 }
    return position
  }
}

// MARK: Numbers

extension TextCursor {
  package struct Number {
    package var value: UInt64
    package var digits: Int
    package var hasPrefix: Bool
  }

  /// A hex number with or without `0x`. Asked to, it goes on over a join where it stops short of
  /// the line's end and what follows the digits there ends the number (a blank or a bracket), so
  /// that a next line's word is not swallowed.
  package mutating func hexNumber(
    maximumDigits: Int = 16, acrossJoins: Bool = false
  ) -> Number? {
    skipBlanks()
    let start = at
    var hasPrefix = false
    if next == UInt8(ascii: "0"), take("0x") {
      hasPrefix = true
      if next == Self.join { skipBlanks() }
    }
    var value: UInt64 = 0
    var digits = 0
    while true {
      while let digit = next.flatMap({ Hexadecimal.digit($0) }) {
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
    while end < text.count, Hexadecimal.digit(text[end]) != nil { end += 1 }
    guard end > start, end < text.count else { return nil }
    // Behind an address comes a blank, behind parts of a device's name the next separator.
    switch text[end] {
    case UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "."): return start
    default: return Self.isBlank(text[end]) ? start : nil
    }
  }

  package mutating func decimalNumber(maximumDigits: Int = 12) -> Int? {
    skipBlanks()
    let start = at
    // Twelve digits need more bits than an `Int` has everywhere.
    var value: UInt64 = 0
    while let byte = next, ASCII.isDigit(byte) {
      guard at - start < maximumDigits else {
        at = start
        return nil
      }
      value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
      at += 1
    }
    return at > start ? Int(clamping: value) : nil
  }

  /// `bb:dd.f`, or `0xbb:0xdd.f` where it has prefixes.
  package mutating func sourceID(hasPrefix: Bool = false) -> SourceID? {
    let start = self
    guard let bus = hexNumber(maximumDigits: 2), bus.hasPrefix == hasPrefix,
      take(character: ":"),
      let slot = hexNumber(maximumDigits: 2), slot.value <= 0x1f, take(character: "."),
      let function = hexNumber(maximumDigits: 1), function.value <= 7
    else {
      self = start
      return nil
    }
    return SourceID(
      bus: UInt8(bus.value), device: UInt8(slot.value), function: UInt8(function.value))
  }

  /// `ssss:bb:dd.f`
  package mutating func pciAddress() -> PCIAddress? {
    let start = self
    guard let segment = hexNumber(maximumDigits: 8), segment.digits >= 4, take(character: ":"),
      let source = sourceID()
    else {
      self = start
      return nil
    }
    return PCIAddress(segment: UInt32(truncatingIfNeeded: segment.value), sourceID: source)
  }

  /// `bb:dd:ff`: QEMU writes bus, device and function alike.
  mutating func guestAddress() -> PCIAddress? {
    var trial = self
    guard let bus = trial.hexNumber(maximumDigits: 2), trial.take(character: ":"),
      let device = trial.hexNumber(maximumDigits: 2), device.value <= 0x1f,
      trial.take(character: ":"), let function = trial.hexNumber(maximumDigits: 2),
      function.value <= 7
    else { return nil }
    // Some versions go on with a comma.
    _ = trial.take(character: ",")
    self = trial
    return PCIAddress(
      sourceID: SourceID(
        bus: UInt8(bus.value), device: UInt8(device.value), function: UInt8(function.value)))
  }

  /// `bb:dd.f` or `ssss:bb:dd.f` as it went through hands: broken over lines, with `.` for `:`.
  /// Ends before the bracket that closes it.
  mutating func roughDevice() -> (source: SourceID, segment: UInt16?, hasPrefix: Bool)? {
    var trial = self
    var parts: [Number] = []
    var separators: [UInt8] = []
    while parts.count < 4 {
      guard let number = trial.hexNumber(maximumDigits: 4, acrossJoins: true) else { return nil }
      parts.append(number)
      trial.skipBlanks()
      guard let separator = trial.next else { return nil }
      if separator == UInt8(ascii: "]") { break }
      guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: ".") else { return nil }
      separators.append(separator)
      trial.at += 1
    }
    guard trial.next == UInt8(ascii: "]"), parts.count >= 3 else { return nil }
    let place = parts.count - 3
    let (bus, slot, function) = (parts[place].value, parts[place + 1].value, parts[place + 2].value)
    guard bus <= 0xff, slot <= 0x1f, function <= 7 else { return nil }
    if separators[place] != UInt8(ascii: ":") || separators[place + 1] != UInt8(ascii: ".") {
      trial.slips += 1
    }
    self = trial
    return (
      SourceID(bus: UInt8(bus), device: UInt8(slot), function: UInt8(function)),
      place == 1 ? UInt16(truncatingIfNeeded: parts[0].value) : nil, parts[place].hasPrefix
    )
  }
}

// MARK: Words

extension TextCursor {
  /// The next word: printable characters up to white space.
  package mutating func word() -> String {
    skipBlanks()
    let start = at
    while let byte = next, !Self.isBlank(byte) { at += 1 }
    return String(decoding: text[start..<at], as: UTF8.self)
  }

  /// A name as C has it, perhaps with dots; nil where none stands here.
  mutating func identifier() -> String? {
    skipBlanks()
    let start = at
    while let byte = next,
      ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".")
    {
      at += 1
    }
    return at > start ? String(decoding: text[start..<at], as: UTF8.self) : nil
  }

  /// Whether what was just read goes on with something that is not a digit: its author masked a part
  /// of a number, or it was cut in the middle.
  var isInsideWord: Bool {
    guard let next else { return false }
    switch next {
    case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "_"), 0xe2:
      return true
    default: return ASCII.isDigit(next) || ASCII.isLetter(next)
    }
  }

  /// The word that stands in a number's place, up to white space, a comma or a bracket.
  mutating func hiddenNumber() -> String? {
    skipBlanks()
    let start = at
    while let byte = next, !Self.isBlank(byte), byte != UInt8(ascii: "["),
      byte != UInt8(ascii: ",")
    {
      at += 1
    }
    guard at > start, at - start <= 24 else {
      at = start
      return nil
    }
    return String(decoding: text[start..<at], as: UTF8.self)
  }

  /// The words up to `literal`, or to the end of the line where there is none.
  ///
  /// - Parameter isOne: whether there is but one word; the others may go on in the next line.
  /// - Returns: nil where `literal` does not come, or nothing is left of the line.
  mutating func words(before literal: UnsafeBufferPointer<UInt8>?, isOne: Bool) -> String? {
    skipBlanksOnLine()
    let start = at
    let limit = min(text.count, start + Self.mostBytes)
    var end = start
    while end < limit {
      if let literal, match(literal, from: end) != nil { break }
      // A line with a prefix of its own begins another message.
      if text[end] == Self.start { break }
      if Self.isBlank(text[end]), isOne || literal == nil && text[end] <= Self.start { break }
      end += 1
    }
    if let literal {
      guard match(literal, from: end) != nil else { return nil }
    } else if end == start {
      return nil
    }
    at = end
    while end > start, Self.isBlank(text[end - 1]) { end -= 1 }
    let words = text[start..<end].map { $0 <= Self.start ? ASCII.space : $0 }
    return String(decoding: words, as: UTF8.self)
  }

  /// Longer than the words in any line.
  private static let mostBytes = 512

  /// Where the present line ends.
  private var endOfLine: Int {
    var end = at
    while end < text.count, text[end] > Self.start { end += 1 }
    return end
  }

  /// The rest of the present line. It may be longer than its bytes: what is not UTF-8 is replaced.
  package func restOfLine() -> String { String(decoding: text[at..<endOfLine], as: UTF8.self) }

  package mutating func takeRestOfLine() -> String {
    let words = restOfLine()
    at = endOfLine
    return words
  }
}
