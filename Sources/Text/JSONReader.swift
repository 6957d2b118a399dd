/// Reads JSON (RFC 8259) from bytes that somebody else sent.
///
/// Nesting is bounded. Numbers are integers: nothing that this project reads has others.
package struct JSONReader {
  /// Where the bytes stop being JSON, counted from 0, and what was expected there.
  package struct Failure: Error, Equatable {
    package let offset: Int
    package let expected: String
  }

  private let bytes: [UInt8]
  private var position = 0
  private let deepest: Int

  private init(_ bytes: [UInt8], deepest: Int) {
    self.bytes = bytes
    self.deepest = deepest
  }

  /// The one value that the bytes are.
  ///
  /// - Parameters:
  ///   - bytes: the document in UTF-8.
  ///   - depth: how many values may stand in each other.
  package static func value(_ bytes: [UInt8], depth: Int = 32) throws(Failure) -> JSONValue {
    var reader = JSONReader(bytes, deepest: depth)
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == bytes.count else { throw reader.failure("the end") }
    return value
  }

  private func failure(_ expected: String) -> Failure {
    Failure(offset: position, expected: expected)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, ASCII.isWhiteSpace(byte) {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < deepest else { throw failure("less nesting") }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth)
    case UInt8(ascii: "["): return try array(depth)
    // QMP takes single quotes as well.
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue
  {
    let expected = text.description
    guard bytes[position...].starts(with: expected.utf8) else { throw failure(expected) }
    position += expected.utf8.count
    return value
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    _ = take("-")
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let value = UInt64(text) { return .unsigned(value) }
    if let value = Int64(text) { return .signed(value) }
    throw Failure(offset: start, expected: "a value")
  }

  private mutating func array(_ depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipBlanks()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return .array(elements) }
      guard take(",") else { throw failure("a comma or a bracket") }
    }
  }

  private mutating func object(_ depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var members: [(String, JSONValue)] = []
    skipBlanks()
    if take("}") { return .object(members) }
    while true {
      skipBlanks()
      guard next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") else { throw failure("a key") }
      let key = try string()
      skipBlanks()
      guard take(":") else { throw failure("a colon") }
      members.append((key, try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return .object(members) }
      guard take(",") else { throw failure("a comma or a brace") }
    }
  }

  private mutating func string() throws(Failure) -> String {
    let quote = bytes[position]
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      if byte == quote { return String(decoding: text, as: UTF8.self) }
      guard byte >= ASCII.space else { throw failure("no control character") }
      if byte == UInt8(ascii: "\\") {
        text += try escape()
      } else {
        text.append(byte)
      }
    }
    throw failure("the end of the text")
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    guard let byte = next else { throw failure("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "b"): return [UInt8(ascii: "\u{8}")]
    case UInt8(ascii: "f"): return [UInt8(ascii: "\u{c}")]
    case UInt8(ascii: "n"): return [UInt8(ascii: "\n")]
    case UInt8(ascii: "r"): return [UInt8(ascii: "\r")]
    case UInt8(ascii: "t"): return [UInt8(ascii: "\t")]
    case UInt8(ascii: "u"):
      var unit = try hexadecimalUnit()
      if (0xd800..<0xdc00).contains(unit), take("\\"), take("u") {
        let low = try hexadecimalUnit()
        unit = 0x10000 + (unit - 0xd800) << 10 + (low &- 0xdc00) & 0x3ff
      }
      guard let scalar = Unicode.Scalar(unit) else { throw failure("a character") }
      return Array(String(Character(scalar)).utf8)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return [byte]
    default: throw failure("an escape")
    }
  }

  private mutating func hexadecimalUnit() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = next.flatMap({ Hexadecimal.digit($0) }) else {
        throw failure("four hex digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
