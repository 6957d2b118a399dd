/// A part of a file with known keys.
///
/// `visit` is the one declaration of a section: it names each field with its key, its form, its meaning
/// and the property that holds it. Reading, checking with places, writing, the JSON Schema and the
/// reference page all go through it, so a key stands nowhere else. A section that has just been made
/// holds the defaults.
package protocol Section: Sendable {
  /// What the section is called in messages, in the schema and in the reference.
  static var sectionName: String { get }
  /// Whether it is written in one line: `{device: first, access: read}`.
  static var isFlow: Bool { get }

  /// A section in which no key is given. What a required key fills may be anything.
  init()

  /// Shows `field` each field, in the order in which they are written.
  ///
  /// The order must not depend on the values. What is not stored as it is written is taken out into a
  /// local variable before its field, and put back behind it.
  mutating func visit(_ field: inout Fields)
}

extension Section {
  package static var isFlow: Bool { true }

  /// The fields with their types and defaults.
  package static var description: SectionDescription {
    var fields = Fields(.describing)
    var section = Self()
    section.visit(&fields)
    return fields.section(named: sectionName)
  }

  /// Reads a section, and checks all of it.
  ///
  /// - Throws: `InputError` at the first place that is not as it should be.
  package init(reading value: YAMLValue, as name: String = Self.sectionName) throws(InputError) {
    var fields = try Fields(reading: value, as: name) { .section(Self.self) }
    self.init()
    visit(&fields)
    try fields.finish()
  }

  /// The section as it is written: what is not the default, and what is always said.
  package var written: Written {
    var (own, fresh) = (Fields(.writing), Fields(.writing))
    var (copy, blank) = (self, Self())
    copy.visit(&own)
    blank.visit(&fresh)
    return own.written(over: fresh, isFlow: Self.isFlow)
  }
}

/// A section as data: what a reader of the format has to know of it.
package struct SectionDescription {
  package let name: String
  package let fields: [FieldDescription]
  /// Whether some of its fields are choices, of which exactly one is given.
  package let hasChoices: Bool
}

/// A key as data.
package struct FieldDescription {
  package let key: String
  package let type: SchemaType
  package let isRequired: Bool
  /// One of the keys of which exactly one is given.
  package let isChoice: Bool
  /// What holds where the key is not given.
  package let defaultValue: Written?
  package let meaning: String
  package let example: String
}

/// Comments of a section that is written.
public struct Notes: Hashable, Sendable {
  /// Comment lines above the section.
  public var lines: [String]
  /// Comment lines above a key, which is then written even where it holds the default.
  public var above: [String: [String]]
  /// A comment behind the section, in its line.
  public var behind: String

  /// Comments before a section, above its keys, and behind its first line.
  public init(_ lines: [String] = [], above: [String: [String]] = [:], behind: String = "") {
    self.lines = lines
    self.above = above
    self.behind = behind
  }
}
