public import RemappingTables

/// What went wrong in a lab, and what to do about it.
public enum LabError: Error, CustomStringConvertible {
  /// A text that is not a function's address.
  case device(String)
  /// No device was attached to anything yet.
  case nothingAttached
  /// A domain that no device was attached to.
  case domain(Int)
  /// A number that does not fit.
  case number(what: String, value: Int, range: ClosedRange<Int>)
  /// The unit does not start, or does not do what it was asked.
  case unit(String)
  /// A register that the unit does not have.
  case register(String, known: [String])
  /// A value wider than its register.
  case wide(register: String, bits: Int)
  /// Tables cannot be built that way.
  case tables(TableError)
  /// Memory cannot be laid out that way.
  case memory(String)
  /// A lock program, or a scenario, or a log that cannot be read.
  case input(String)

  public var description: String {
    switch self {
    case .device(let text):
      "\"\(text)\" is not a function; bus:device.function was expected, such as \"00:1f.2\""
    case .nothingAttached:
      "no device is attached; call attach(_:domain:) before map, or name the domain"
    case .domain(let number):
      "no device is attached to domain \(number); call attach(_:domain:) first"
    case .number(let what, let value, let range):
      "the \(what) is \(value); \(range.lowerBound) to \(range.upperBound) was expected"
    case .unit(let problem): problem
    case .register(let name, let known):
      "the unit has no register \"\(name)\"; it has \(known.joined(separator: ", "))"
    case .wide(let register, let bits):
      "the value is wider than the \(bits) bits of \(register)"
    case .tables(let error): "\(error)"
    case .memory(let problem): problem
    case .input(let problem): problem
    }
  }
}
