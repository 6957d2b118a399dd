import TestSupport
import Testing

@testable import ScenarioFormat

@Suite("Every default in the reference is the one that holds")
struct DefaultTests {
  /// The keys whose default, written out, makes another file than nothing written.
  private func wrongDefaults(_ placed: PlacedSection) throws -> [String] {
    let without = try placed.read(placed.text())
    return placed.section.fields.compactMap { field in
      guard let value = field.defaultValue else { return nil }
      let said = try? placed.read(
        placed.text(["\(field.key): \(value.flow)"], without: field.key))
      return said == without ? nil : field.key
    }
  }

  @Test("each default is the one that holds, in each section", arguments: FileKind.allCases)
  func sections(_ kind: FileKind) throws {
    for placed in PlacedSection.all(of: kind) {
      #expect(try wrongDefaults(placed) == [], "\(kind): \(placed.section.name)")
    }
  }

  @Test("each section of the reference is looked at")
  func complete() throws {
    let headings = FileKind.reference.split(separator: "\n").filter { $0.hasPrefix("### ") }
    let sections = Set(FileKind.allCases.flatMap { PlacedSection.all(of: $0).map(\.section.id) })
    #expect(sections.count == headings.count)
    #expect(
      Set(sections.map { $0.split(separator: ":")[0] }) == Set(headings.map { $0.dropFirst(4) }))
  }

  @Test("a default that does not hold is found")
  func wrong() throws {
    let placed = try #require(
      PlacedSection.all(of: .scenario).first { $0.section.name == "domain" })
    let fields = placed.section.fields.map { field in
      FieldDescription(
        key: field.key, type: field.type, isRequired: field.isRequired, isChoice: field.isChoice,
        defaultValue: field.key == "levels" ? .scalar("5") : field.defaultValue,
        meaning: field.meaning, example: field.example)
    }
    let lying = PlacedSection(
      kind: placed.kind,
      section: SectionDescription(name: "domain", fields: fields, hasChoices: false),
      file: placed.file, needed: placed.needed)
    #expect(try wrongDefaults(lying) == ["levels"])
  }
}
