internal import VTdFormats

/// What may stand at a place of a file, as data: for messages, the JSON Schema and the reference.
package indirect enum SchemaType {
  case text
  /// Text of a fixed form that a reader checks: what it is called, and a pattern for editors.
  case form(TextForm)
  case boolean
  case integer(ClosedRange<UInt64>)
  /// A number of bytes, `4096`, `0x1000`, `64KiB`, `8GiB`, from 1 to the given one.
  case size(UInt64)
  /// Seconds with at most six decimals: `32.283545`.
  case seconds
  case oneOf([String])
  case list(SchemaType)
  /// A mapping with known keys.
  case section(name: String, @Sendable () -> SectionDescription)
  /// A mapping with free keys of a form.
  case table(key: String, pattern: String, value: SchemaType)
  /// A scalar of the first kind, or the structure of the second.
  case either(SchemaType, SchemaType)

  static func section<S: Section>(_ type: S.Type) -> SchemaType {
    .section(name: S.sectionName) { S.description }
  }

  /// The type in the words of an error message.
  package var summary: String {
    switch self {
    case .text: "text"
    case .form(let form): form.name
    case .boolean: "true or false"
    case .integer(let range):
      range.upperBound == .max
        ? "a number, decimal or 0x"
        : "a number from " + Self.words(for: range)
    case .size: "a size such as 4096, 64KiB or 8GiB"
    case .seconds: "seconds such as 32.283545"
    case .oneOf(let words): "one of \(words.joined(separator: ", "))"
    case .list(let element): "a list of \(element.summary)"
    case .section(let name, let description):
      variants(description()).map { "a mapping with one of \($0.joined(separator: ", "))" }
        ?? "a mapping (\(name))"
    case .table(let key, _, _): "a mapping from \(key)"
    case .either(let simple, let structured): "\(simple.summary), or \(structured.summary)"
    }
  }

  /// Both ends of a range in one base: hexadecimal for the fields of registers, whose largest value is
  /// all ones, and for addresses; decimal for counts. A number below ten is the same in both.
  static func words(for range: ClosedRange<UInt64>) -> String {
    let (least, most) = (range.lowerBound, range.upperBound)
    let isField = most > 9999 && most & (most &+ 1) == 0
    guard isField || most >= 1 << 32 else { return "\(least) to \(most)" }
    return (least < 10 ? "\(least)" : "0x\(hex(least))") + " to 0x\(hex(most))"
  }

  /// The keys of a section that has nothing but choices.
  private func variants(_ section: SectionDescription) -> [String]? {
    guard section.hasChoices, section.fields.allSatisfy({ $0.isChoice }) else { return nil }
    return section.fields.map { $0.key }
  }
}

extension InputError {
  /// A value that is not of its type.
  static func mismatch(
    _ value: YAMLValue, _ name: String, _ type: SchemaType, hint: String? = nil
  ) -> InputError {
    let advice = hint.map { "; did you mean \"\($0)\"?" } ?? ""
    return InputError(
      at: value.place, "\(name) is \(value.kindName); \(type.summary) was expected\(advice)")
  }
}
