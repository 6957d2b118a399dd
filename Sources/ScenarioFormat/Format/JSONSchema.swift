internal import Text

/// The JSON Schema (draft 2020-12) of a section, for editors and other programs.
///
/// Any mapping may also hold `extends`, and any value may be `null`, which removes a key of the file
/// that is extended: the loader's rules for every mapping. A mapping that extends another may leave out
/// what the other has. So each section has a definition that requires nothing and, where it has
/// required keys, a complete one, which holds for elements of lists (they are never merged) and for
/// mappings that neither extend a file nor stand in one that does.
struct JSONSchema {
  private var definitions: [(String, JSONValue)] = []
  /// The sections behind the definitions by name: two sections of one name must not be mixed up.
  private var names: [String: [String]] = [:]

  /// - Parameters:
  ///   - id: the schema's `$id`, its version included.
  ///   - title: what the files are.
  static func document(of root: SchemaType, id: String, title: String) -> String {
    var schema = JSONSchema()
    let root = schema.reference(root, isComplete: true)
    return JSONValue.object(
      [
        ("$schema", .string("https://json-schema.org/draft/2020-12/schema")), ("$id", .string(id)),
        ("title", .string(title)),
      ] + root
        + [("$defs", .object(schema.definitions.sorted { $0.0 < $1.0 }))]
    ).pretty + "\n"
  }

  /// The members of a schema for a place where `type` stands.
  ///
  /// - Parameter isComplete: nothing lies below the place that could hold what it lacks.
  private mutating func reference(_ type: SchemaType, isComplete: Bool) -> [(String, JSONValue)] {
    switch type {
    case .text: [types("string", "number", "boolean")]
    case .form(let form):
      [
        form.takesNumbers ? types("string", "number") : types("string"),
        ("pattern", .string(form.pattern)),
      ]
    case .boolean: [types("boolean")]
    case .integer(let range):
      [
        types("integer", "string"), ("minimum", .unsigned(range.lowerBound)),
        ("maximum", .unsigned(range.upperBound)),
        ("pattern", .string("^(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)$")),
      ]
    case .size(let most):
      [
        types("integer", "string"), ("minimum", .unsigned(0)), ("maximum", .unsigned(most)),
        ("pattern", .string("^(0[xX][0-9a-fA-F_]+|[0-9][0-9_]*)([KMGT]iB)?$")),
      ]
    case .seconds:
      [
        types("number", "string"), ("minimum", .unsigned(0)),
        ("pattern", .string("^[0-9]+(\\.[0-9]{1,6})?$")),
      ]
    case .oneOf(let words): [("enum", .array(words.flatMap(Self.spellings) + [.null]))]
    case .list(let element):
      [
        types("array"), ("items", .object(reference(element, isComplete: true))),
      ]
    case .section(let name, let description):
      section(description(), name, isComplete: isComplete)
    case .table(_, let pattern, let value):
      [
        types("object"), ("properties", .object([Self.extends])),
        (
          "patternProperties",
          .object([(pattern, .object(reference(value, isComplete: isComplete)))])
        ),
        ("additionalProperties", .boolean(false)),
      ]
    case .either(let simple, let structured):
      [
        (
          "anyOf",
          .array([
            .object(reference(simple, isComplete: isComplete)),
            .object(reference(structured, isComplete: isComplete)),
          ])
        )
      ]
    }
  }

  private mutating func section(
    _ section: SectionDescription, _ name: String, isComplete: Bool
  ) -> [(String, JSONValue)] {
    let keys = section.fields.map { $0.key }
    var id = name.split(separator: " ").joined(separator: "-")
    while let others = names[id], others != keys { id += "-of-\(keys.first ?? "")" }
    if names[id] == nil {
      names[id] = keys
      let properties = section.fields.map { field in
        (field.key, JSONValue.object(describe(field)))
      }
      definitions.append(
        (
          id,
          .object([
            types("object"), ("properties", .object(properties + [Self.extends])),
            ("additionalProperties", .boolean(false)),
          ])
        ))
    }
    guard isComplete, section.hasDemands else { return [("$ref", .string("#/$defs/\(id)"))] }
    let complete = "\(id)-complete"
    if names[complete] == nil {
      names[complete] = keys
      let demands = demands(of: section)
      definitions.append(
        (
          complete,
          .object([
            ("$ref", .string("#/$defs/\(id)")),
            ("anyOf", .array(Self.excuses(of: section) + [.object(demands)])),
          ])
        ))
    }
    return [("$ref", .string("#/$defs/\(complete)"))]
  }

  private mutating func describe(_ field: FieldDescription) -> [(String, JSONValue)] {
    var members = [("description", JSONValue.string(field.meaning))]
    members += reference(field.type, isComplete: false)
    if let value = field.defaultValue { members.append(("default", Self.value(value, field.type))) }
    if !field.example.isEmpty {
      members.append(("examples", .array([Self.value(.scalar(field.example), field.type)])))
    }
    return members
  }

  private mutating func demands(of section: SectionDescription) -> [(String, JSONValue)] {
    var demands: [(String, JSONValue)] = []
    let required = section.fields.filter { $0.isRequired }.map { $0.key }
    if !required.isEmpty { demands.append(Self.required(required)) }
    if section.hasChoices {
      let choices = section.fields.filter { $0.isChoice }
      demands.append(
        ("oneOf", .array(choices.map { .object([Self.required([$0.key])]) })))
    }
    let inner = section.fields.filter { $0.type.hasDemands }
    if !inner.isEmpty {
      demands.append(
        (
          "properties",
          .object(inner.map { ($0.key, .object(reference($0.type, isComplete: true))) })
        ))
    }
    return demands
  }

  /// The exceptions: what makes a mapping right although it lacks a required key.
  private static func excuses(of section: SectionDescription) -> [JSONValue] {
    let extending = JSONValue.object([required(["extends"])])
    guard section.fields.contains(where: { $0.key == "abstract" }) else { return [extending] }
    let isTrue = JSONValue.object([("const", .boolean(true))])
    return [
      extending,
      .object([required(["abstract"]), ("properties", .object([("abstract", isTrue)]))]),
    ]
  }

  // MARK: Pieces

  private func types(_ names: String...) -> (String, JSONValue) {
    ("type", .array(names.map(JSONValue.string) + [.string("null")]))
  }

  private static func required(_ keys: [String]) -> (String, JSONValue) {
    ("required", .array(keys.map(JSONValue.string)))
  }

  private static let extends: (String, JSONValue) = (
    "extends",
    .object([
      ("type", .string("string")),
      ("description", .string("The file whose keys come first; seen from this file's folder.")),
    ])
  )

  /// A word, and what YAML reads it as where it stands without quotation marks.
  private static func spellings(_ word: String) -> [JSONValue] {
    if let number = UInt64(word) { return [.string(word), .unsigned(number)] }
    switch word {
    case "true", "false": return [.string(word), .boolean(word == "true")]
    default: return [.string(word)]
    }
  }

  /// A written value as JSON.
  private static func value(_ written: Written, _ type: SchemaType) -> JSONValue {
    switch written {
    case .list(let elements, _):
      let element: SchemaType = if case .list(let element) = type { element } else { .text }
      return .array(elements.map { value($0, element) })
    case .mapping(let mapping):
      return .object(mapping.entries.map { ($0.key, value($0.value, .text)) })
    case .scalar(let text):
      let bare = text.hasPrefix("\"") ? String(text.dropFirst().dropLast()) : text
      switch type {
      case .boolean: return .boolean(bare == "true")
      case .integer, .size, .seconds:
        return Scalars.integer(bare).map(JSONValue.unsigned) ?? .string(bare)
      default: return .string(bare)
      }
    }
  }
}

extension SectionDescription {
  /// Whether something must be there: in the section, or in one that it holds.
  fileprivate var hasDemands: Bool {
    hasChoices || fields.contains { $0.isRequired || $0.type.hasDemands }
  }
}

extension SchemaType {
  /// Lists have their own.
  fileprivate var hasDemands: Bool {
    switch self {
    case .section(_, let description): description().hasDemands
    case .table(_, _, let value): value.hasDemands
    case .either(let simple, let structured): simple.hasDemands || structured.hasDemands
    default: false
    }
  }
}
