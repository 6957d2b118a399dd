/// A place in UTF-8 text that moves forward as pieces are recognised.
///
/// What does not match leaves the cursor where it was.
package struct ByteCursor: Sendable {
  package let bytes: [UInt8]
  package private(set) var position: Int

  package init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  package init(_ text: some StringProtocol) { self.init(Array(text.utf8)) }

  /// The byte that comes next; nil at the end.
  package var next: UInt8? { position < bytes.count ? bytes[position] : nil }
  package var isAtEnd: Bool { position >= bytes.count }

  /// Goes to `position`; places behind the end are the end.
  package mutating func move(to position: Int) {
    self.position = min(max(position, 0), bytes.count)
  }

  /// Takes one character.
  package mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Takes a word, case regarded.
  package mutating func take(word: StaticString) -> Bool {
    let isHere = word.withUTF8Buffer { wanted in
      guard bytes.count - position >= wanted.count else { return false }
      for index in wanted.indices where bytes[position + index] != wanted[index] { return false }
      return true
    }
    if isHere { position += word.utf8CodeUnitCount }
    return isHere
  }

  /// Passes over bytes of a kind and says how many there were.
  @discardableResult
  package mutating func skip(while isSkipped: (UInt8) -> Bool) -> Int {
    let start = position
    while let byte = next, isSkipped(byte) { position += 1 }
    return position - start
  }

  /// Passes over blanks and tabs.
  @discardableResult
  package mutating func skipBlanks() -> Int { skip(while: ASCII.isBlank) }

  /// A decimal number of at most 18 digits, which always fits, with its count of digits.
  package mutating func decimal() -> (value: UInt64, digits: Int)? {
    let start = position
    var value: UInt64 = 0
    while let byte = next, ASCII.isDigit(byte), position - start < 18 {
      value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
      position += 1
    }
    return position > start ? (value, position - start) : nil
  }

  /// A hex number without a prefix, with so many digits: at most 16.
  package mutating func hexadecimal(digits: ClosedRange<Int>) -> UInt64? {
    let start = position
    var value: UInt64 = 0
    while let digit = next.flatMap({ Hexadecimal.digit($0) }),
      position - start < min(digits.upperBound, 16)
    {
      value = value << 4 | UInt64(digit)
      position += 1
    }
    guard digits.contains(position - start) else {
      position = start
      return nil
    }
    return value
  }

  /// What is left, as text; what is not UTF-8 is replaced.
  package func rest() -> String { String(decoding: bytes[position...], as: UTF8.self) }
}
