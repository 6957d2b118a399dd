import LinuxIOMMU
import ScenarioFormat
import Testing
import VTdUnit
import YAMLNodes
import YAMLReading

@Suite("Every default in the reference is the one that holds")
struct DefaultTests {
  @Test("each default in the reference is the one that holds, in each section")
  func sections() throws {
    try check(BootDescription.self)
    try check(PageList.self)
    try check(DomainDescription.self)
    try check(FunctionDescription.self)
    try check(ConfigurationDescription.self)
    try check(CacheConfiguration.self)
    try check(
      UnitDescription.self, required: ["cap": "0x1", "ecap": "0x2"])
    try check(
      DMADescription.self,
      required: ["device": "first", "access": "read", "address": "0x1000"])
    try check(Mapping.self, required: ["iova": "0x1000", "target": "0x2000"])
    try check(
      DMAMapStep.self,
      required: ["device": "first", "name": "ring", "target": "0x2000"])
    try check(EventAction.DeviceFlushStep.self, required: ["device": "first"])
    try check(InterruptEntryChange.self, required: ["index": "1", "vector": "0x30"])
    try check(KernelDescription.self, required: ["release": "6.12.0"])
  }

  /// A section with each default said is the section with none.
  private func check<S: Section>(_ type: S.Type, required: [String: String] = [:]) throws {
    let bare = required.map { "\($0.key): \($0.value)" }
    let said = S.description.fields.compactMap { field in
      required[field.key] == nil ? field.defaultValue.map { "\(field.key): \($0.flow)" } : nil
    }
    #expect(!said.isEmpty)
    let without: S = try section(bare)
    let with: S = try section(bare + said)
    #expect(without.written == with.written, "\(S.sectionName)")
  }

  private func section<S: Section>(_ members: [String]) throws -> S {
    var budget = ReadingBudget()
    let text = "{\(members.joined(separator: ", "))}"
    let root = try #require(try LibYAML.document(of: text, budget: &budget))
    var resolver = NodeResolver(file: "f", budget: budget)
    return try S(reading: try resolver.value(of: root))
  }
}
