import Text

/// One request line, split at single spaces as the protocol has it: two spaces in a row make an
/// empty word.
struct RequestWords {
  private let line: UnsafeRawBufferPointer
  private var next = 0

  init(_ line: UnsafeRawBufferPointer) { self.line = line }

  /// Where the word that comes next begins.
  var offset: Int { next }

  /// The next word; nil at the end of the line.
  mutating func word() -> UnsafeRawBufferPointer? {
    guard next <= line.count else { return nil }
    let start = next
    var end = start
    while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
    next = end + 1
    return UnsafeRawBufferPointer(rebasing: line[start..<end])
  }

  /// The next word as text, for paths and names.
  mutating func text() -> String? {
    word().map { String(decoding: $0, as: UTF8.self) }
  }

  /// The next word as a number; nil where there is none or it is not one.
  mutating func number() -> UInt64? {
    word().flatMap(RequestWords.number)
  }

  /// A number as C's `strtoull` reads it with base 0: decimal, `0x` hex, or octal after a `0`.
  static func number(_ word: UnsafeRawBufferPointer) -> UInt64? {
    var digits = word[...]
    var isNegative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      digits = digits.dropFirst()
    }
    var radix: UInt64 = 10
    if digits.first == UInt8(ascii: "0"), digits.count > 1 {
      radix = 8
      digits = digits.dropFirst()
      if let letter = digits.first, letter | 0x20 == UInt8(ascii: "x") {
        radix = 16
        digits = digits.dropFirst()
      }
    }
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for character in digits {
      guard let digit = Hexadecimal.digit(character), UInt64(digit) < radix else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: radix)
      let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
      if overflows || carries { return nil }
      value = sum
    }
    return isNegative ? 0 &- value : value
  }
}
