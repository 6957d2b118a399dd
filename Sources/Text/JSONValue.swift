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
  package var compact: String { text(indent: nil) }

  /// Over several lines, two blanks a level.
  package var pretty: String { text(indent: 0) }

  /// Over several lines, as a part of a document: all but the first stand `indent` blanks to the right.
  package func pretty(indent: Int) -> String { text(indent: indent) }

  private func text(indent: Int?) -> String {
    var text: [UInt8] = []
    write(to: &text, indent: indent)
    return String(decoding: text, as: UTF8.self)
  }

  /// Bytes are added for a fraction of what a string takes for each addition.
  private func write(to text: inout [UInt8], indent: Int?) {
    switch self {
    case .null: text += "null".utf8
    case .boolean(let value): text += (value ? "true" : "false").utf8
    case .signed(let value): text += String(value).utf8
    case .unsigned(let value): text += String(value).utf8
    case .string(let value): Escaping.appendJSON(value, to: &text)
    case .array(let values):
      let inner = indent.map { $0 + 2 }
      text.append(UInt8(ascii: "["))
      for (position, value) in values.enumerated() {
        Self.begin(position, &text, inner)
        value.write(to: &text, indent: inner)
      }
      Self.end(values.isEmpty, &text, indent)
      text.append(UInt8(ascii: "]"))
    case .object(let members):
      let inner = indent.map { $0 + 2 }
      text.append(UInt8(ascii: "{"))
      for (position, member) in members.enumerated() {
        Self.begin(position, &text, inner)
        Escaping.appendJSON(member.0, to: &text)
        text.append(UInt8(ascii: ":"))
        if inner != nil { text.append(ASCII.space) }
        member.1.write(to: &text, indent: inner)
      }
      Self.end(members.isEmpty, &text, indent)
      text.append(UInt8(ascii: "}"))
    }
  }

  /// Parts the elements of a list.
  private static func begin(_ position: Int, _ text: inout [UInt8], _ indent: Int?) {
    if position > 0 { text.append(UInt8(ascii: ",")) }
    if let indent { addLine(&text, indent) }
  }

  /// Puts the mark that ends a list below the one that began it.
  private static func end(_ isEmpty: Bool, _ text: inout [UInt8], _ indent: Int?) {
    if let indent, !isEmpty { addLine(&text, indent) }
  }

  private static func addLine(_ text: inout [UInt8], _ indent: Int) {
    text.append(ASCII.newline)
    text += repeatElement(ASCII.space, count: indent)
  }
}
