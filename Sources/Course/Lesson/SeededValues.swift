public import ScenarioFormat
internal import Text
internal import VTdFormats

/// A number that follows from a seed.
public struct SeededNumber: Hashable, Sendable {
  /// What expressions call it.
  public let name: String
  private let lowest: UInt64
  private let step: UInt64
  private let count: UInt64

  /// A number of `from`, `from + step`, … up to `through`; nil where there is none.
  public init?(name: String, from lowest: UInt64, through highest: UInt64, step: UInt64) {
    guard SeededExpression.isName(name), step > 0, lowest <= highest else { return nil }
    let steps = (highest &- lowest) / step
    guard steps < UInt64.max else { return nil }
    self.name = name
    self.lowest = lowest
    self.step = step
    count = steps &+ 1
  }

  func draw(_ numbers: inout SeededNumbers) -> UInt64 {
    lowest &+ step &* numbers.next(below: count)
  }
}

/// The numbers of a seed, and texts in which they stand as `$(…)`.
///
/// Within the parentheses stands an expression of names, numbers, `+ - * << >> & |` and parentheses; it
/// becomes a number in hexadecimal. `$(bytes EXPRESSION)` becomes its eight bytes as hexadecimal
/// digits in the order of memory, `$(decimal EXPRESSION)` a decimal number, and
/// `$(EXPRESSION ? one | two | …)` the word that the number chooses.
public struct SeededValues: Sendable {
  private var values: [String: UInt64] = [:]

  /// The numbers that a student with this seed sees.
  public init(given exercise: Exercise, seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    for number in exercise.given { values[number.name] = number.draw(&numbers) }
  }

  /// The numbers of a seed, with those that a check draws by itself.
  ///
  /// - Parameters:
  ///   - exercise: what is asked.
  ///   - seed: the student's.
  ///   - round: each check has several, with other numbers in each.
  public init(_ exercise: Exercise, seed: UInt64, round: UInt64) {
    self.init(given: exercise, seed: seed)
    var numbers = SeededNumbers(seed: seed &+ (round &+ 1) &* 0x5851_f42d_4c95_7f2d)
    for number in exercise.hidden { values[number.name] = number.draw(&numbers) }
  }

  /// How often an answer is checked, each time with other hidden numbers.
  public static func rounds(of exercise: Exercise) -> UInt64 { exercise.hidden.isEmpty ? 1 : 3 }

  /// The text with every `$(…)` filled in.
  ///
  /// - Throws: `InputError` at `place` for a text that is not an expression.
  public func fill(_ text: String, at place: Place) throws(InputError) -> String {
    var filled: [UInt8] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count,
        bytes[index + 1] == UInt8(ascii: "(")
      else {
        filled.append(bytes[index])
        index += 1
        continue
      }
      var depth = 0
      var end = index + 1
      while end < bytes.count {
        if bytes[end] == UInt8(ascii: "(") { depth += 1 }
        if bytes[end] == UInt8(ascii: ")") { depth -= 1 }
        if depth == 0 { break }
        end += 1
      }
      // A text may be broken into lines there.
      let inside = String(
        decoding: bytes[min(index + 2, end)..<end].map { $0 == UInt8(ascii: "\n") ? 0x20 : $0 },
        as: UTF8.self)
      guard end < bytes.count, let value = replacement(inside) else {
        throw InputError(
          at: place,
          "\"$(\(inside))\" cannot be computed; an expression of the exercise's numbers was expected"
        )
      }
      filled += Array(value.utf8)
      index = end + 1
    }
    return String(decoding: filled, as: UTF8.self)
  }

  /// The value with every `$(…)` of its scalars filled in.
  ///
  /// - Throws: `InputError` at the scalar whose expression cannot be computed.
  public func fill(_ value: YAMLValue) throws(InputError) -> YAMLValue {
    var filled = value
    switch value.content {
    case .scalar(let text): filled.content = .scalar(try fill(text, at: value.place))
    case .sequence(let elements):
      var new: [YAMLValue] = []
      for element in elements { new.append(try fill(element)) }
      filled.content = .sequence(new)
    case .mapping(let entries):
      var new: [YAMLValue.Entry] = []
      for var entry in entries {
        entry.value = try fill(entry.value)
        new.append(entry)
      }
      filled.content = .mapping(new)
    }
    return filled
  }

  private func replacement(_ inside: String) -> String? {
    if inside.hasPrefix("bytes ") {
      guard let value = SeededExpression.value(of: String(inside.dropFirst(6)), values) else {
        return nil
      }
      return (0..<8).map { hex(value >> ($0 * 8) & 0xff, digits: 2) }.joined()
    }
    if inside.hasPrefix("decimal ") {
      return SeededExpression.value(of: String(inside.dropFirst(8)), values).map { "\($0)" }
    }
    if let mark = inside.firstIndex(of: "?") {
      let words = inside[mark...].dropFirst().split(separator: "|").map { word in
        String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
      guard let value = SeededExpression.value(of: String(inside[..<mark]), values),
        value < UInt64(words.count)
      else { return nil }
      return words[Int(value)]
    }
    return SeededExpression.value(of: inside, values).map { "0x" + hex($0) }
  }
}

/// An expression of names and numbers, read from left to right.
struct SeededExpression {
  private let bytes: [UInt8]
  private let values: [String: UInt64]
  private var index = 0

  /// The expression's value, modulo 2^64; nil for a text that is not an expression.
  static func value(of text: String, _ values: [String: UInt64]) -> UInt64? {
    var expression = SeededExpression(bytes: Array(text.utf8), values: values)
    guard let value = expression.operand(0) else { return nil }
    expression.skipBlanks()
    return expression.index == expression.bytes.count ? value : nil
  }

  /// A decimal number, or a hexadecimal one behind `0x`.
  static func number(_ text: some StringProtocol) -> UInt64? {
    text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
  }

  static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, !isDigit(first) else { return false }
    return text.utf8.allSatisfy { isNamePart($0) }
  }

  private init(bytes: [UInt8], values: [String: UInt64]) {
    self.bytes = bytes
    self.values = values
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isNamePart(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  private mutating func skipBlanks() {
    while index < bytes.count, bytes[index] == UInt8(ascii: " ") { index += 1 }
  }

  /// The operators, each row binding more tightly than the one before.
  private static let rows: [[String]] = [["|"], ["&"], ["<<", ">>"], ["+", "-"], ["*"]]

  private mutating func take(_ word: String) -> Bool {
    let text = Array(word.utf8)
    guard bytes[index...].starts(with: text) else { return false }
    index += text.count
    return true
  }

  private mutating func operand(_ row: Int) -> UInt64? {
    guard row < Self.rows.count else { return atom() }
    guard var left = operand(row + 1) else { return nil }
    while true {
      skipBlanks()
      guard let word = Self.rows[row].first(where: { bytes[index...].starts(with: $0.utf8) }),
        take(word)
      else { return left }
      guard let right = operand(row + 1) else { return nil }
      switch word {
      case "|": left |= right
      case "&": left &= right
      case "<<": left = right < 64 ? left << right : 0
      case ">>": left = right < 64 ? left >> right : 0
      case "+": left = left &+ right
      case "-": left = left &- right
      default: left = left &* right
      }
    }
  }

  private mutating func atom() -> UInt64? {
    skipBlanks()
    guard index < bytes.count else { return nil }
    if bytes[index] == UInt8(ascii: "(") {
      index += 1
      let value = operand(0)
      skipBlanks()
      guard index < bytes.count, bytes[index] == UInt8(ascii: ")") else { return nil }
      index += 1
      return value
    }
    let start = index
    while index < bytes.count, Self.isNamePart(bytes[index]) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    return Self.number(word) ?? values[word]
  }
}
