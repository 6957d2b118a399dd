import Text
import VTdFormats

/// Members of a JSON object in the making: what there is nothing to say of is left out.
struct Members {
  private(set) var all: [(String, JSONValue)] = []

  mutating func text(_ key: String, _ value: String?) {
    if let value { all.append((key, .string(value))) }
  }

  mutating func number(_ key: String, _ value: UInt64?) {
    if let value { all.append((key, .unsigned(value))) }
  }

  mutating func count(_ key: String, _ value: Int?) {
    if let value { all.append((key, .unsigned(UInt64(clamping: value)))) }
  }

  /// An address or a raw value.
  mutating func hexadecimal(_ key: String, _ value: UInt64?) {
    if let value { all.append((key, .string("0x" + hex(value)))) }
  }

  mutating func flag(_ key: String, _ value: Bool) { all.append((key, .boolean(value))) }

  /// A flag that is worth a word only where it is set.
  mutating func mark(_ key: String, _ value: Bool) {
    if value { all.append((key, .boolean(true))) }
  }

  mutating func list(_ key: String, _ values: [String]) {
    if values.isEmpty { return }
    var elements: [JSONValue] = []
    for value in values { elements.append(.string(value)) }
    all.append((key, .array(elements)))
  }

  mutating func words(_ key: String, _ values: [UInt64]) {
    var elements: [JSONValue] = []
    for value in values { elements.append(.string("0x" + hex(value, digits: 16))) }
    all.append((key, .array(elements)))
  }

  mutating func object(_ key: String, _ value: Members) { all.append((key, .object(value.all))) }

  mutating func objects(_ key: String, _ values: [Members], evenIfEmpty: Bool = false) {
    if values.isEmpty, !evenIfEmpty { return }
    var elements: [JSONValue] = []
    for value in values { elements.append(.object(value.all)) }
    all.append((key, .array(elements)))
  }

  mutating func append(_ other: Members) { all += other.all }
}

/// Why a record cannot be read.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, and what was expected.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Members of a JSON object that somebody else may have written.
struct MemberReader {
  private let all: [(String, JSONValue)]
  private let name: String

  init(_ value: JSONValue, _ name: String) throws(RecordError) {
    guard case .object(let members) = value else {
      throw RecordError("\(name) is not an object; an object was expected")
    }
    all = members
    self.name = name
  }

  func has(_ key: String) -> Bool { value(key) != nil }

  private func value(_ key: String) -> JSONValue? {
    for (known, value) in all where known == key {
      if case .null = value { return nil }
      return value
    }
    return nil
  }

  private func mismatch(_ key: String, _ expected: String) -> RecordError {
    RecordError("\(key) of \(name) is not as it should be; \(expected) was expected")
  }

  func optionalText(_ key: String) throws(RecordError) -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value else { throw mismatch(key, "a text") }
    return text
  }

  func text(_ key: String) throws(RecordError) -> String {
    guard let text = try optionalText(key) else { throw mismatch(key, "a text") }
    return text
  }

  func optionalNumber(_ key: String) throws(RecordError) -> UInt64? {
    guard let value = value(key) else { return nil }
    guard case .unsigned(let number) = value else { throw mismatch(key, "a number from 0 on") }
    return number
  }

  func number(_ key: String) throws(RecordError) -> UInt64 {
    guard let number = try optionalNumber(key) else { throw mismatch(key, "a number from 0 on") }
    return number
  }

  func optionalCount(_ key: String) throws(RecordError) -> Int? {
    guard let number = try optionalNumber(key) else { return nil }
    guard let count = Int(exactly: number) else { throw mismatch(key, "a smaller number") }
    return count
  }

  func count(_ key: String) throws(RecordError) -> Int {
    guard let count = try optionalCount(key) else { throw mismatch(key, "a number from 0 on") }
    return count
  }

  func optionalHexadecimal(_ key: String) throws(RecordError) -> UInt64? {
    guard let text = try optionalText(key) else { return nil }
    return try Self.hexadecimal(text, mismatch(key, "a number such as 0x1000"))
  }

  func hexadecimal(_ key: String) throws(RecordError) -> UInt64 {
    guard let value = try optionalHexadecimal(key) else {
      throw mismatch(key, "a number such as 0x1000")
    }
    return value
  }

  private static func hexadecimal(
    _ text: String, _ error: RecordError
  ) throws(RecordError) -> UInt64 {
    guard text.hasPrefix("0x"), text.utf8.count > 2, text.utf8.count <= 18 else { throw error }
    var value: UInt64 = 0
    for byte in text.utf8.dropFirst(2) {
      guard let digit = Hexadecimal.digit(byte) else { throw error }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  func flag(_ key: String) throws(RecordError) -> Bool {
    guard let value = value(key) else { return false }
    guard case .boolean(let flag) = value else { throw mismatch(key, "true or false") }
    return flag
  }

  private func elements(_ key: String) throws(RecordError) -> [JSONValue] {
    guard let value = value(key) else { return [] }
    guard case .array(let elements) = value else { throw mismatch(key, "a list") }
    return elements
  }

  func list(_ key: String) throws(RecordError) -> [String] {
    var texts: [String] = []
    for element in try elements(key) {
      guard case .string(let text) = element else { throw mismatch(key, "a list of texts") }
      texts.append(text)
    }
    return texts
  }

  func words(_ key: String) throws(RecordError) -> [UInt64] {
    var words: [UInt64] = []
    for text in try list(key) {
      words.append(try Self.hexadecimal(text, mismatch(key, "a list of words such as 0x1000")))
    }
    return words
  }

  func object(_ key: String) throws(RecordError) -> MemberReader {
    guard let value = value(key) else { throw mismatch(key, "an object") }
    return try MemberReader(value, key)
  }

  func objects(_ key: String) throws(RecordError) -> [MemberReader] {
    var readers: [MemberReader] = []
    for element in try elements(key) { readers.append(try MemberReader(element, key)) }
    return readers
  }

  func reason(_ key: String) throws(RecordError) -> FaultReason? {
    guard let number = try optionalNumber(key) else { return nil }
    guard let code = UInt8(exactly: number) else { throw mismatch(key, "a code up to 255") }
    return FaultReason(rawValue: code)
  }

  func pasid(_ key: String) throws(RecordError) -> UInt32? {
    guard let value = try optionalHexadecimal(key) else { return nil }
    guard let pasid = UInt32(exactly: value) else { throw mismatch(key, "a smaller number") }
    return pasid
  }

  /// One of the names of an enumeration.
  func choice<Value: RawRepresentable>(
    _ key: String, _: Value.Type
  ) throws(RecordError) -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: try text(key)) else { throw mismatch(key, "a known name") }
    return value
  }
}
