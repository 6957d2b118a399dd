import ScenarioFormat
import Testing
import VTdFormats
import YAMLNodes
import YAMLReading

@Suite("A register of a scenario")
struct RegisterNameTests {
  private func content(_ text: String) throws -> RegisterContent {
    var budget = ReadingBudget()
    let root = try #require(try LibYAML.document(of: text, budget: &budget))
    var resolver = NodeResolver(file: "f", budget: budget)
    return try RegisterContent(reading: try resolver.value(of: root))
  }

  @Test(
    "each register at a fixed place is found by its name, and written by its offset",
    arguments: RegisterMap.atFixedPlaces)
  func byName(_ register: RegisterDescription) throws {
    let named = try content("{unit: dmar0, offset: \(register.name), value: 0}")
    #expect(named.offset == register.offset)
    #expect(
      named.written == RegisterContent(unit: "dmar0", offset: register.offset, value: 0).written)
  }

  @Test("a misspelt register is refused with the name that was meant")
  func misspelt() throws {
    let error = #expect(throws: InputError.self) {
      try content("{unit: dmar0, offset: FSTTS, value: 0}")
    }
    #expect(try #require(error).description.contains("did you mean \"FSTS\"?"))
  }
}
