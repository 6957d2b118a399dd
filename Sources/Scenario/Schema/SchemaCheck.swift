import Text
internal import VTdFormats

extension SchemaType {
  /// Checks `value` and all below it.
  ///
  /// - Throws: `InputError` at the first place that is not as it should be.
  func check(_ value: YAMLValue, as name: String) throws {
    switch self {
    case .text:
      _ = try text(of: value, name)
    case .form(let form):
      let text = try text(of: value, name)
      guard form.isValid(text) else { throw mismatch(value, name) }
    case .boolean, .integer, .size, .seconds:
      guard let text = value.scalar, accepts(number: text) else { throw mismatch(value, name) }
    case .oneOf(let words):
      guard let text = value.scalar, words.contains(text) else {
        let hint = value.scalar.flatMap { nearest(to: $0, in: words) }
        throw mismatch(value, name, hint: hint)
      }
    case .list(let element):
      guard let elements = value.elements else { throw mismatch(value, name) }
      for (index, each) in elements.enumerated() {
        try element.check(each, as: "\(name)[\(index)]")
      }
    case .section(let section):
      try check(value, name, fields: section.fields)
    case .variant(let fields):
      guard let entries = value.entries else { throw mismatch(value, name) }
      for entry in entries { try check(entry, in: name, fields: fields) }
      guard entries.count == 1 else {
        throw InputError(
          at: value.place,
          "\(name) has \(entries.count) keys; exactly one of "
            + "\(fields.map(\.key).joined(separator: ", ")) was expected")
      }
    case .table(let key, let type):
      guard let entries = value.entries else { throw mismatch(value, name) }
      for entry in entries {
        guard key.isValid(entry.key) else {
          throw InputError(
            at: entry.keyPlace, "\"\(entry.key)\" in \(name); \(key.name) was expected")
        }
        try type.check(entry.value, as: "\(name).\(entry.key)")
      }
    case .either(let simple, let structured):
      if value.scalar != nil {
        try simple.check(value, as: name)
      } else {
        try structured.check(value, as: name)
      }
    }
  }

  private func check(_ value: YAMLValue, _ name: String, fields: [Field]) throws {
    guard let entries = value.entries else { throw mismatch(value, name) }
    for entry in entries { try check(entry, in: name, fields: fields) }
    for field in fields where field.isRequired {
      guard entries.contains(where: { $0.key == field.key }) else {
        throw InputError(
          at: value.place, "\(name) has no \(field.key); \(field.type.summary) was expected")
      }
    }
  }

  private func check(_ entry: YAMLValue.Entry, in name: String, fields: [Field]) throws {
    guard let field = fields.first(where: { $0.key == entry.key }) else {
      let keys = fields.map(\.key)
      let advice =
        nearest(to: entry.key, in: keys).map { "did you mean \"\($0)\"?" }
        ?? "one of \(keys.joined(separator: ", ")) was expected"
      throw InputError(at: entry.keyPlace, "unknown key \"\(entry.key)\" in \(name); \(advice)")
    }
    try field.type.check(entry.value, as: entry.key)
  }

  private func text(of value: YAMLValue, _ name: String) throws -> String {
    guard let text = value.scalar else { throw mismatch(value, name) }
    return text
  }

  private func accepts(number text: String) -> Bool {
    switch self {
    case .boolean: text == "true" || text == "false"
    case .integer(let range): Scalars.integer(text).map(range.contains) ?? false
    case .size: Scalars.size(text) != nil
    case .seconds: Scalars.microseconds(text) != nil
    default: false
    }
  }

  private func mismatch(_ value: YAMLValue, _ name: String, hint: String? = nil) -> InputError {
    let advice = hint.map { "; did you mean \"\($0)\"?" } ?? ""
    return InputError(
      at: value.place, "\(name) is \(value.kindName); \(summary) was expected\(advice)")
  }

  /// The type in the words of an error message.
  var summary: String {
    switch self {
    case .text: "text"
    case .form(let form): form.name
    case .boolean: "true or false"
    case .integer(let range):
      range.upperBound == .max
        ? "a number, decimal or 0x"
        : "a number from \(range.lowerBound) to "
          + (range.upperBound > 9999 ? "0x\(hex(range.upperBound))" : "\(range.upperBound)")
    case .size: "a size such as 4096, 64KiB or 8GiB"
    case .seconds: "seconds such as 32.283545"
    case .oneOf(let words): "one of \(words.joined(separator: ", "))"
    case .list(let element): "a list of \(element.summary)"
    case .section(let section): "a mapping (\(section.name))"
    case .table(let key, _): "a mapping from \(key.name)"
    case .variant(let fields): "a mapping with one of \(fields.map(\.key).joined(separator: ", "))"
    case .either(let simple, let structured): "\(simple.summary), or \(structured.summary)"
    }
  }
}
