import Text

/// The JSON Schema (draft 2020-12) of a type, for editors.
///
/// Mappings may also hold `extends`, and any value may be `null`, which removes a key of the file
/// that is extended; both are the loader's rules for every mapping.
enum SchemaJSON {
  static func document(title: String, type: SchemaType) -> String {
    """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": \(Escaping.json(title)),
    \(members(of: type, indent: 1).map { "  \($0)" }.joined(separator: ",\n"))
    }

    """
  }

  private static func object(_ type: SchemaType, meaning: String? = nil, indent: Int) -> String {
    var all = members(of: type, indent: indent + 1)
    if let meaning { all.insert("\"description\": \(Escaping.json(meaning))", at: 0) }
    let pad = String(repeating: "  ", count: indent + 1)
    return "{\n" + all.map { pad + $0 }.joined(separator: ",\n") + "\n"
      + String(repeating: "  ", count: indent) + "}"
  }

  private static func members(of type: SchemaType, indent: Int) -> [String] {
    switch type {
    case .text:
      ["\"type\": [\"string\", \"number\", \"boolean\", \"null\"]"]
    case .form(let form):
      [
        "\"type\": [\"string\", \"number\", \"null\"]",
        "\"pattern\": \(Escaping.json(form.pattern))",
      ]
    case .boolean:
      ["\"type\": [\"boolean\", \"null\"]"]
    case .integer(let range):
      [
        "\"type\": [\"integer\", \"string\", \"null\"]", "\"minimum\": \(range.lowerBound)",
        "\"maximum\": \(range.upperBound)", "\"pattern\": \"^(0[xX][0-9a-fA-F_]+|[0-9_]+)$\"",
      ]
    case .size:
      [
        "\"type\": [\"integer\", \"string\", \"null\"]",
        "\"pattern\": \"^(0[xX][0-9a-fA-F_]+|[0-9_]+)([KMGT]iB)?$\"",
      ]
    case .seconds:
      [
        "\"type\": [\"number\", \"string\", \"null\"]",
        "\"pattern\": \"^[0-9]+(\\\\.[0-9]{1,6})?$\"",
      ]
    case .oneOf(let words):
      ["\"enum\": [\(words.map(Escaping.json).joined(separator: ", ")), null]"]
    case .list(let element):
      ["\"type\": [\"array\", \"null\"]", "\"items\": \(object(element, indent: indent))"]
    case .section(let section):
      mapping(section.fields, indent: indent)
    case .variant(let fields):
      mapping(fields, indent: indent) + ["\"minProperties\": 1"]
    case .table(let key, let value):
      [
        "\"type\": [\"object\", \"null\"]", "\"properties\": {\"extends\": {\"type\": \"string\"}}",
        "\"patternProperties\": {\(Escaping.json(key.pattern)): \(object(value, indent: indent))}",
        "\"additionalProperties\": false",
      ]
    case .either(let simple, let structured):
      [
        "\"anyOf\": [\(object(simple, indent: indent)), \(object(structured, indent: indent))]"
      ]
    }
  }

  /// A file that extends another may leave out what the other has, so nothing is required here.
  private static func mapping(_ fields: [Field], indent: Int) -> [String] {
    let pad = String(repeating: "  ", count: indent + 1)
    var properties = fields.map { field in
      "\(Escaping.json(field.key)): "
        + object(field.type, meaning: field.meaning, indent: indent + 1)
    }
    properties.append(
      "\"extends\": {\"type\": \"string\", \"description\": "
        + "\"the file whose keys come first; seen from this file's folder\"}")
    return [
      "\"type\": [\"object\", \"null\"]",
      "\"properties\": {\n" + properties.map { pad + $0 }.joined(separator: ",\n") + "\n"
        + String(repeating: "  ", count: indent) + "}",
      "\"additionalProperties\": false",
    ]
  }
}
