import Testing
import YAMLNodes
import YAMLReading

@testable import ScenarioFormat

/// The value that stands in a text of YAML.
func value(of text: String) throws -> YAMLValue {
  var budget = ReadingBudget()
  let root = try #require(try LibYAML.document(of: text, budget: &budget))
  var resolver = NodeResolver(file: "f", budget: budget)
  return try resolver.value(of: root)
}

/// A section of a kind of files, with a whole file around it: made of what the declarations say alone.
struct PlacedSection {
  let kind: FileKind
  let section: SectionDescription
  /// The file that has these members, such as `levels: 4`, in the section.
  let file: ([String]) -> String
  /// Members without which the file is refused.
  let needed: [String]

  /// The text of a file with the members that are needed, and these.
  func text(_ members: [String] = [], without key: String = "") -> String {
    let kept = needed.filter { !$0.hasPrefix("\(key): ") }
    return file(kept + members)
  }

  /// What the program makes of such a text.
  func read(_ text: String) throws -> Written { try kind.read(value(of: text)) }

  /// Every section of files of a kind, each at the first place at which it may stand.
  static func all(of kind: FileKind) -> [PlacedSection] {
    guard case .section(_, let description) = kind.root else { return [] }
    let root = description()
    var found = [
      PlacedSection(
        kind: kind, section: root, file: braces,
        needed: root.fields.filter(\.isRequired).map(\.sample))
    ]
    var seen = [root.id]
    var next = 0
    while next < found.count {
      let outer = found[next]
      next += 1
      for field in outer.section.fields {
        for inner in sections(in: field.type) where !seen.contains(inner.section.id) {
          guard let placed = outer.placing(inner.section, under: field, inner.wrap) else {
            continue
          }
          seen.append(inner.section.id)
          found.append(placed)
        }
      }
    }
    return found
  }

  /// The section in this one's file, with as few other members as the program takes.
  private func placing(
    _ inner: SectionDescription, under field: FieldDescription, _ wrap: @escaping (String) -> String
  ) -> PlacedSection? {
    let outerNeeds = section.alternatives.map { $0.filter { !$0.hasPrefix("\(field.key): ") } }
    for around in outerNeeds {
      for needed in inner.alternatives {
        let file = self.file
        let placed = PlacedSection(
          kind: kind, section: inner,
          file: { file(around + ["\(field.key): \(wrap(braces($0)))"]) }, needed: needed)
        if (try? placed.read(placed.text())) != nil { return placed }
      }
    }
    return nil
  }

  /// The sections that stand in a type of value, and what is around them there.
  private static func sections(
    in type: SchemaType
  ) -> [(section: SectionDescription, wrap: (String) -> String)] {
    switch type {
    case .section(_, let description): [(description(), { $0 })]
    case .list(let element):
      sections(in: element).map { inner in (inner.section, { "[\(inner.wrap($0))]" }) }
    case .table(let key, _, let value):
      sections(in: value).map { inner in
        (inner.section, { "{\"\(key.split(separator: " ").last ?? "")\": \(inner.wrap($0))}" })
      }
    case .either(let simple, let structured): sections(in: simple) + sections(in: structured)
    default: []
    }
  }
}

private func braces(_ members: [String]) -> String { "{\(members.joined(separator: ", "))}" }

extension SectionDescription {
  /// What tells it from others of its name.
  var id: String { name + ":" + fields.map(\.key).joined(separator: ",") }

  /// Members that may be enough: the required ones, one or two of the others, or another word for one.
  fileprivate var alternatives: [[String]] {
    let required = fields.filter(\.isRequired).map(\.sample)
    let others = fields.filter { !$0.isRequired }
    let samples = others.map(\.sample)
    let pairs = samples.indices.flatMap { first in
      samples[(first + 1)...].map { [samples[first], $0] }
    }
    let words = others.flatMap { field -> [[String]] in
      if case .oneOf(let words) = field.type { return words.map { ["\(field.key): \($0)"] } }
      return []
    }
    return ([[]] + samples.map { [$0] } + pairs + words).map { required + $0 }
  }
}
