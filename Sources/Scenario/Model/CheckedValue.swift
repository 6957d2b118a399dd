internal import PCI

/// Access to a value that the schema has checked: what is there has the right form.
///
/// The accessors still throw, with the place, should a schema and its decoder ever disagree.
struct CheckedValue {
  let value: YAMLValue

  init(_ value: YAMLValue) {
    self.value = value
  }

  var place: Place { value.place }

  subscript(key: String) -> CheckedValue? { value[key].map(CheckedValue.init) }

  /// What stands under a key that the schema requires.
  func required(_ key: String) throws -> CheckedValue {
    guard let found = self[key] else {
      throw InputError(at: place, "\(key) is missing; the schema requires it")
    }
    return found
  }

  private func mismatch(_ expected: String) -> InputError {
    InputError(at: place, "\(value.kindName) stands here; \(expected) was expected")
  }

  func text() throws -> String {
    guard let text = value.scalar else { throw mismatch("text") }
    return text
  }

  func integer() throws -> UInt64 {
    guard let number = value.scalar.flatMap(Scalars.integer) else { throw mismatch("a number") }
    return number
  }

  func integer<Number: FixedWidthInteger>(as type: Number.Type) throws -> Number {
    guard let number = Number(exactly: try integer()) else { throw mismatch("a smaller number") }
    return number
  }

  func size() throws -> UInt64 {
    guard let bytes = value.scalar.flatMap(Scalars.size) else { throw mismatch("a size") }
    return bytes
  }

  func microseconds() throws -> UInt64 {
    guard let time = value.scalar.flatMap(Scalars.microseconds) else { throw mismatch("seconds") }
    return time
  }

  func boolean() throws -> Bool {
    switch value.scalar {
    case "true": return true
    case "false": return false
    default: throw mismatch("true or false")
    }
  }

  func address() throws -> PCIAddress {
    guard let address = value.scalar.flatMap({ PCIAddress($0) }) else {
      throw mismatch("a PCI address")
    }
    return address
  }

  func choice<Choice: RawRepresentable>(as type: Choice.Type) throws -> Choice
  where Choice.RawValue == String {
    guard let choice = value.scalar.flatMap(Choice.init(rawValue:)) else {
      throw mismatch("another word")
    }
    return choice
  }

  func list() throws -> [CheckedValue] {
    guard let elements = value.elements else { throw mismatch("a list") }
    return elements.map(CheckedValue.init)
  }

  func table() throws -> [(key: String, value: CheckedValue)] {
    guard let entries = value.entries else { throw mismatch("a mapping") }
    return entries.map { ($0.key, CheckedValue($0.value)) }
  }
}
