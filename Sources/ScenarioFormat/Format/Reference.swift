internal import Text

/// The reference of a section for people who write files: every key with its type and range, its
/// default, what it means, and an example.
struct Reference {
  private var done: [String] = []
  private var waiting: [SectionDescription] = []
  private var text = ""

  /// The page's part about a section and all that stands in it, as Markdown.
  static func text(of section: SchemaType) -> String {
    var reference = Reference()
    _ = reference.describe(section)
    while !reference.waiting.isEmpty { reference.add(reference.waiting.removeFirst()) }
    return reference.text
  }

  private mutating func add(_ section: SectionDescription) {
    let id = Self.id(section)
    if done.contains(id) { return }
    done.append(id)
    text += "\n### \(section.name)\n\n"
    if section.fields.isEmpty {
      text += "It has no keys: `{}`.\n"
      return
    }
    if section.hasChoices {
      let choices = section.fields.filter { $0.isChoice }.map { "`\($0.key)`" }
      text += "Exactly one of \(choices.joined(separator: ", ")).\n\n"
    }
    text += "| key | value | default | meaning | example |\n|---|---|---|---|---|\n"
    for field in section.fields {
      let type = describe(field.type)
      let cells = [
        "`\(field.key)`", type,
        field.isRequired
          ? "required" : field.defaultValue.map { "`\($0.flow)`" } ?? "",
        field.meaning, "`\(field.sample)`",
      ]
      text += "| \(cells.map(Self.cell).joined(separator: " | ")) |\n"
    }
  }

  private static func id(_ section: SectionDescription) -> String {
    section.name + ":" + section.fields.map { $0.key }.joined(separator: ",")
  }

  /// A bar would end the cell.
  private static func cell(_ text: String) -> String {
    text.contains("|") ? text.split(separator: "|").joined(separator: "\\|") : text
  }

  private mutating func describe(_ type: SchemaType) -> String {
    switch type {
    case .section(let name, let description):
      waiting.append(description())
      return "[\(name)](#\(name.split(separator: " ").joined(separator: "-")))"
    case .list(let element): return "list of \(describe(element))"
    case .table(let key, _, let value): return "mapping from \(key) to \(describe(value))"
    case .either(let simple, let structured):
      return "\(describe(simple)), or \(describe(structured))"
    case .oneOf(let words): return words.map { "`\($0)`" }.joined(separator: ", ")
    case .size(let most):
      return most == .max ? "size in bytes" : "size in bytes, at most \(Numeral.hex.text(most))"
    case .integer(let range) where range.upperBound == .max: return "number of 64 bits"
    default: return type.summary
    }
  }
}

extension FieldDescription {
  /// The key with a value that may stand there.
  var sample: String {
    "\(key): \(example.isEmpty ? defaultValue?.flow ?? type.sample : example)"
  }
}

extension SchemaType {
  /// Something that may stand there.
  var sample: String {
    switch self {
    case .text: return "text"
    case .form(let form):
      // Its name gives an example.
      return form.name.split(separator: " ").last.map(String.init) ?? "text"
    case .boolean: return "true"
    case .integer(let range): return "\(range.lowerBound)"
    case .size: return "4KiB"
    case .seconds: return "0.5"
    case .oneOf(let words): return words.first ?? ""
    case .list(let element): return "[\(element.sample)]"
    case .section(_, let description):
      let section = description()
      var members = section.fields.filter { $0.isRequired }
      if members.isEmpty { members = Array(section.fields.prefix(1)) }
      return "{\(members.map { $0.sample }.joined(separator: ", "))}"
    case .table(_, _, let value): return "{name: \(value.sample)}"
    case .either(let simple, _): return simple.sample
    }
  }
}
