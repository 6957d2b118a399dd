import Text
import VTdFormats

/// A part of a record that is an object of its own, or some members of one.
///
/// `visit` is the one declaration of its members: both ways, writing and reading, go through it, so a
/// name is written in one place only. A new part has no values yet.
protocol RecordPart {
  /// A part of which nothing has been read.
  init()

  /// Shows `members` each member, in the order in which they are written.
  mutating func visit(_ members: inout Members)
}

/// The members of a JSON object that is being written, or of one that is read and may be wrong.
///
/// Writing leaves out members without a value. Where reading meets a wrong member, its value stays
/// as it was, and ``error`` describes the first such member.
struct Members {
  /// What has been written, or what is read.
  private(set) var all: [(String, JSONValue)]
  /// Whether a part is read.
  let isReading: Bool
  /// What the object is called in a message.
  private let name: String
  /// The first thing that is wrong with what is read.
  private(set) var error: RecordError?

  /// No members yet, to be written.
  init() { (all, isReading, name) = ([], false, "") }

  /// Members of a part that is read.
  private init(reading value: JSONValue, _ name: String) {
    (all, isReading, self.name) = ([], true, name)
    if case .object(let members) = value {
      all = members
    } else {
      refuse("\(name) is not an object; an object was expected")
    }
  }

  /// The members of a part.
  static func written(_ part: some RecordPart) -> JSONValue {
    var (copy, members) = (part, Members())
    copy.visit(&members)
    return .object(members.all)
  }

  /// The part whose members these are.
  ///
  /// - Throws: ``RecordError`` at the first member that is not as it should be.
  static func read<Part: RecordPart>(_ value: JSONValue, _ name: String) throws(RecordError) -> Part
  {
    var (part, members) = (Part(), Members(reading: value, name))
    if members.error == nil { part.visit(&members) }
    if let error = members.error { throw error }
    return part
  }

  // MARK: What is wrong

  /// Notes an error of the object that is read, unless an earlier one was noted.
  mutating func refuse(_ sentence: String) {
    if isReading, error == nil { error = RecordError(sentence) }
  }

  /// Notes that a member is wrong, and what was expected.
  mutating func refuse(_ key: String, _ expected: String) {
    refuse("\(key) of \(name) is not as it should be; \(expected) was expected")
  }

  // MARK: Values

  /// The value of a member that is read; nil where there is none, or null.
  private func value(_ key: String) -> JSONValue? {
    for (known, value) in all where known == key {
      if case .null = value { return nil }
      return value
    }
    return nil
  }

  /// Writes a member that repeats, for the record's readers, what another says; reading skips it.
  mutating func told(_ key: String, _ value: JSONValue?) {
    if !isReading, let value { all.append((key, value)) }
  }

  /// Takes what was given for a member that must be there.
  private mutating func take<Value>(
    _ given: Value?, _ key: String, _ value: inout Value, _ expected: String
  ) {
    if let given { value = given } else { refuse(key, expected) }
  }

  mutating func text(_ key: String, _ text: inout String?) {
    guard isReading else { return told(key, text.map { .string($0) }) }
    switch value(key) {
    case nil: text = nil
    case .string(let given): text = given
    default: refuse(key, "a text")
    }
  }

  mutating func text(_ key: String, _ text: inout String) {
    var given: String? = text
    self.text(key, &given)
    take(given, key, &text, "a text")
  }

  mutating func number<Number: FixedWidthInteger>(_ key: String, _ number: inout Number?) {
    guard isReading else { return told(key, number.map { .unsigned(UInt64(clamping: $0)) }) }
    switch value(key) {
    case nil: number = nil
    case .unsigned(let given):
      number = Number(exactly: given)
      if number == nil { refuse(key, "a smaller number") }
    default: refuse(key, "a number from 0 on")
    }
  }

  mutating func number<Number: FixedWidthInteger>(_ key: String, _ number: inout Number) {
    var given: Number? = number
    self.number(key, &given)
    take(given, key, &number, "a number from 0 on")
  }

  /// An address or a raw value.
  mutating func hexadecimal<Number: FixedWidthInteger>(_ key: String, _ number: inout Number?) {
    var digits = number.map { "0x" + hex(UInt64(clamping: $0)) }
    text(key, &digits)
    guard isReading else { return }
    number = digits.flatMap { Self.value(of: $0) }.flatMap { Number(exactly: $0) }
    if digits != nil, number == nil { refuse(key, "a number such as 0x1000") }
  }

  mutating func hexadecimal(_ key: String, _ number: inout UInt64) {
    var given: UInt64? = number
    hexadecimal(key, &given)
    take(given, key, &number, "a number such as 0x1000")
  }

  /// The value of a number such as `0x1000`.
  private static func value(of text: String) -> UInt64? {
    guard text.hasPrefix("0x"), text.utf8.count > 2, text.utf8.count <= 18 else { return nil }
    var value: UInt64 = 0
    for byte in text.utf8.dropFirst(2) {
      guard let digit = Hexadecimal.digit(byte) else { return nil }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  mutating func flag(_ key: String, _ flag: inout Bool) {
    guard isReading else { return told(key, .boolean(flag)) }
    switch value(key) {
    case nil: flag = false
    case .boolean(let given): flag = given
    default: refuse(key, "true or false")
    }
  }

  /// A flag that is written only where it is set.
  mutating func mark(_ key: String, _ flag: inout Bool) {
    if isReading || flag { self.flag(key, &flag) }
  }

  /// One of two words.
  mutating func either(_ key: String, _ flag: inout Bool, _ set: String, _ clear: String) {
    var word = flag ? set : clear
    text(key, &word)
    flag = word == set
  }

  /// One of the names of an enumeration.
  mutating func choice<Value: RawRepresentable>(
    _ key: String, _ value: inout Value?
  ) where Value.RawValue == String {
    var name = value?.rawValue
    text(key, &name)
    guard isReading else { return }
    value = name.flatMap { Value(rawValue: $0) }
    if name != nil, value == nil { refuse(key, "a known name") }
  }

  mutating func choice<Value: RawRepresentable>(
    _ key: String, _ value: inout Value
  ) where Value.RawValue == String {
    var given: Value? = value
    choice(key, &given)
    take(given, key, &value, "a known name")
  }

  mutating func reason(_ key: String, _ reason: inout FaultReason?) {
    var code = reason?.rawValue
    number(key, &code)
    reason = code.map { FaultReason(rawValue: $0) }
  }

  // MARK: Lists

  /// The elements of a list that is read; none where there is no list.
  private mutating func elements(_ key: String) -> [JSONValue] {
    switch value(key) {
    case nil: return []
    case .array(let elements): return elements
    default:
      refuse(key, "a list")
      return []
    }
  }

  mutating func list(_ key: String, _ texts: inout [String], evenIfEmpty: Bool = false) {
    guard isReading else {
      var elements: [JSONValue] = []
      for text in texts { elements.append(.string(text)) }
      return told(key, evenIfEmpty || !elements.isEmpty ? .array(elements) : nil)
    }
    texts = []
    for element in elements(key) {
      guard case .string(let text) = element else { return refuse(key, "a list of texts") }
      texts.append(text)
    }
  }

  mutating func words(_ key: String, _ words: inout [UInt64], evenIfEmpty: Bool = true) {
    var texts: [String] = []
    for word in words { texts.append("0x" + hex(word, digits: 16)) }
    list(key, &texts, evenIfEmpty: evenIfEmpty)
    guard isReading else { return }
    words = []
    for text in texts {
      guard let word = Self.value(of: text) else {
        return refuse(key, "a list of words such as 0x1000")
      }
      words.append(word)
    }
  }

  // MARK: Parts

  /// A part that is an object of its own.
  mutating func part<Part: RecordPart>(_ key: String, _ part: inout Part) {
    guard isReading else { return told(key, Self.written(part)) }
    guard let value = value(key) else { return refuse(key, "an object") }
    read(value, key) { part = $0 }
  }

  /// Parts that are objects of their own.
  mutating func parts<Part: RecordPart>(
    _ key: String, _ parts: inout [Part], evenIfEmpty: Bool = false
  ) {
    guard isReading else {
      var elements: [JSONValue] = []
      for part in parts { elements.append(Self.written(part)) }
      return told(key, evenIfEmpty || !elements.isEmpty ? .array(elements) : nil)
    }
    parts = []
    for element in elements(key) where error == nil { read(element, key) { parts.append($0) } }
  }

  /// An optional part whose members stand among these; it is present if the member `key` is.
  mutating func optional<Part: RecordPart>(_ part: inout Part?, by key: String) {
    if isReading { part = value(key) == nil ? nil : Part() }
    part?.visit(&self)
  }

  /// A part whose members stand among these; returns it as it is after the visit.
  mutating func visited<Part: RecordPart>(_ part: Part) -> Part {
    var part = part
    part.visit(&self)
    return part
  }

  private mutating func read<Part: RecordPart>(
    _ value: JSONValue, _ key: String, _ take: (Part) -> Void
  ) {
    do throws(RecordError) { take(try Self.read(value, key)) } catch { refuse(error.description) }
  }
}

/// Why a record cannot be read.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, and what was expected.
  public let description: String

  init(_ description: String) { self.description = description }
}
