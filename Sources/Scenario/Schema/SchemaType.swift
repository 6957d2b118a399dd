/// What may stand at a place of a scenario or kernel file.
///
/// The loader checks files against these values and `Configs/schema.json` is made from them, so an
/// editor and the loader never disagree.
indirect enum SchemaType: Sendable {
  case text
  /// Text of a fixed form that a reader checks: what it is called, and a pattern for editors.
  case form(TextForm)
  case boolean
  case integer(ClosedRange<UInt64>)
  /// A number of bytes: `4096`, `0x1000`, `64KiB`, `8GiB`.
  case size
  /// Seconds with at most six decimals: `32.283545`.
  case seconds
  case oneOf([String])
  case list(SchemaType)
  case section(Section)
  /// A mapping with free keys.
  case table(key: TextForm, value: SchemaType)
  /// A mapping with exactly one of these keys, which says what the rest means.
  case variant([Field])
  /// A scalar of the first kind, or the structure of the second.
  case either(SchemaType, SchemaType)
}

/// Text with a form of its own.
struct TextForm: Sendable {
  let name: String
  let pattern: String
  let isValid: @Sendable (String) -> Bool
}

/// One key of a mapping.
struct Field: Sendable {
  let key: String
  let type: SchemaType
  let isRequired: Bool
  let meaning: String

  init(_ key: String, _ type: SchemaType, required: Bool = false, _ meaning: String) {
    self.key = key
    self.type = type
    self.isRequired = required
    self.meaning = meaning
  }
}

/// A mapping with known keys.
struct Section: Sendable {
  let name: String
  let fields: [Field]
}
