import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats
import VTdUnit
import YAMLNodes
import YAMLReading

/// Reading, writing and reading again.
@Suite("A scenario that is written")
struct RoundTripTests {
  static let files: [String] = {
    (try? ScenarioFiles.files(below: Repository.path("Configs"))) ?? []
  }()

  @Test("reads back to the same scenario", arguments: files)
  func values(_ file: String) throws {
    let scenario = try ScenarioLoader().load(file)
    let text = scenario.written.document(isSpaced: true)
    let again = try Self.scenario(text, file: file)
    #expect(again.written.document(isSpaced: true) == text)
    #expect(again.steps.count == scenario.steps.count)
    #expect(again.build == scenario.build)
    #expect(again.machine.units.map(\.hardware) == scenario.machine.units.map(\.hardware))
  }

  @Test("says what is the default where it has to, and nowhere else")
  func defaults() throws {
    var step = ScenarioDescription.Step(
      .dma(ScenarioDescription.DMADescription(.first, .write, .init(rawValue: 0x1000))),
      notes: ["line 7 of the log"])
    #expect(
      step.written.element(indent: "  ") == [
        "  # line 7 of the log",
        "  - dma: {device: first, access: write, address: 0x1000, length: 4}",
      ])
    step.holdsInterrupts = true
    step.notes = Notes()
    #expect(
      step.written.element(indent: "") == [
        "- dma: {device: first, access: write, address: 0x1000, length: 4}",
        "  hold_interrupts: true",
      ])
  }

  @Test("keeps its comments where they were put")
  func comments() {
    var unit = ScenarioDescription.UnitDescription()
    unit.notes = Notes(above: ["cap": ["assumed: a real unit's"], "segment": []])
    #expect(
      unit.written.document() == """
        base: 0xfed90000
        segment: 0
        # assumed: a real unit's
        cap: 0x0
        ecap: 0x0

        """)
  }

  static func scenario(_ text: String, file: String) throws -> ScenarioDescription {
    var budget = ReadingBudget()
    let root = try #require(try LibYAML.document(of: text, budget: &budget))
    var resolver = NodeResolver(file: file, budget: budget)
    return try ScenarioDescription(reading: try resolver.value(of: root), as: "the scenario")
  }
}
