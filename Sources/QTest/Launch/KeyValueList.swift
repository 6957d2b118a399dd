/// The `name,key=value,…` form of QEMU's options; two commas stand for one in a value.
public struct KeyValueList: Sendable {
  /// What stands before the first comma, where it is no `key=value`.
  public let name: String
  /// The pairs, in the order in which they were written.
  public private(set) var pairs: [(key: String, value: String)]

  /// Reads `name,key=value,flag`, as QEMU's options are written.
  public init(_ text: String) {
    var parts: [String] = [""]
    var rest = text[...]
    while let character = rest.popFirst() {
      if character != "," {
        parts[parts.count - 1].append(character)
      } else if rest.first == "," {
        parts[parts.count - 1].append(",")
        rest = rest.dropFirst()
      } else {
        parts.append("")
      }
    }
    let named = !parts[0].contains("=")
    name = named ? parts.removeFirst() : ""
    pairs = parts.map { part in
      guard let equals = part.firstIndex(of: "=") else {
        // A bare key is a switch: `server` and `nowait`.
        return part.hasPrefix("no") ? (String(part.dropFirst(2)), "off") : (part, "on")
      }
      return (String(part[..<equals]), String(part[part.index(after: equals)...]))
    }
  }

  /// A list with these pairs.
  public init(name: String, pairs: [(key: String, value: String)]) {
    self.name = name
    self.pairs = pairs
  }

  /// Takes the last value of a key out of the list.
  public mutating func take(_ keys: String...) -> String? {
    let value = pairs.last { keys.contains($0.key) }?.value
    pairs.removeAll { keys.contains($0.key) }
    return value
  }

  /// Takes a switch: on, yes, true, y; off, no, false, n; auto gives nil.
  public mutating func takeSwitch(_ keys: String...) throws(Q35MachineError) -> Bool? {
    guard let key = pairs.last(where: { keys.contains($0.key) })?.key else { return nil }
    let value = pairs.last { keys.contains($0.key) }?.value ?? ""
    pairs.removeAll { keys.contains($0.key) }
    switch value {
    case "on", "yes", "true", "y": return true
    case "off", "no", "false", "n": return false
    case "auto": return nil
    default: throw Q35MachineError("Parameter '\(key)' expects 'on' or 'off', not '\(value)'")
    }
  }

  /// Takes a number: decimal, `0x`, or with K, M, G, T behind it.
  public mutating func takeNumber(_ keys: String...) throws(Q35MachineError) -> UInt64? {
    guard let key = pairs.last(where: { keys.contains($0.key) })?.key,
      let value = pairs.last(where: { keys.contains($0.key) })?.value
    else { return nil }
    pairs.removeAll { keys.contains($0.key) }
    guard let number = Self.number(value) else {
      throw Q35MachineError("Parameter '\(key)' expects a number, not '\(value)'")
    }
    return number
  }

  /// A number with a unit; without one it counts `defaultUnit`s.
  static func number(_ text: String, defaultUnit: UInt64 = 1) -> UInt64? {
    var digits = text[...]
    var unit = defaultUnit
    if let suffix = digits.last,
      let shift = ["K": 10, "M": 20, "G": 30, "T": 40][suffix.uppercased()]
    {
      unit = 1 << UInt64(shift)
      digits = digits.dropLast()
    }
    let bytes = Array(digits.utf8)
    guard let number = bytes.withUnsafeBytes({ RequestWords.number($0) }) else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : product
  }

  /// What nobody took is not known.
  public func refuseRest() throws(Q35MachineError) {
    if let first = pairs.first {
      throw Q35MachineError("Property '\(name).\(first.key)' not found")
    }
  }
}
