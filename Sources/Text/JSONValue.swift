/// A JSON document to be printed: members stay in the order in which they were given, because
/// people read it and tests compare it line by line.
package enum JSONValue: Sendable {
  case null
  case boolean(Bool)
  case signed(Int64)
  case unsigned(UInt64)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])

  package static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
  package static func count(_ value: Int) -> JSONValue { .signed(Int64(value)) }

  /// On one line, without blanks.
  package var compact: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// Over several lines, two blanks a level.
  package var pretty: String {
    var text = ""
    write(to: &text, indent: 0)
    return text
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .signed(let value): text += String(value)
    case .unsigned(let value): text += String(value)
    case .string(let value): Escaping.appendJSON(value, to: &text)
    case .array(let values):
      Self.write(values, between: "[", and: "]", to: &text, indent: indent) { value, text, inner in
        value.write(to: &text, indent: inner)
      }
    case .object(let members):
      Self.write(members, between: "{", and: "}", to: &text, indent: indent) {
        member, text, inner in
        Escaping.appendJSON(member.0, to: &text)
        text += inner == nil ? ":" : ": "
        member.1.write(to: &text, indent: inner)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], between open: String, and close: String, to text: inout String,
    indent: Int?, element: (Element, inout String, Int?) -> Void
  ) {
    text += open
    let inner = indent.map { $0 + 2 }
    for (position, value) in elements.enumerated() {
      if position > 0 { text += "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      element(value, &text, inner)
    }
    if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
    text += close
  }
}
