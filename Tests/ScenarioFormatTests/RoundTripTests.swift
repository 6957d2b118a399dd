import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats
import VTdUnit

/// Reading, writing and reading again.
@Suite("A scenario that is written")
struct RoundTripTests {
  static let files: [String] = {
    (try? ScenarioFiles.files(below: Repository.path("Configs"))) ?? []
  }()

  @Test("a written scenario reads back to the same scenario", arguments: files)
  func values(_ file: String) throws {
    let scenario = try ScenarioLoader().load(file)
    let text = scenario.written.document(isSpaced: true)
    let again = try Self.scenario(text)
    #expect(again.written.document(isSpaced: true) == text)
    #expect(again.steps.count == scenario.steps.count)
    #expect(again.build == scenario.build)
    #expect(again.machine.units.map(\.hardware) == scenario.machine.units.map(\.hardware))
  }

  @Test("a written scenario says what is the default where it has to, and nowhere else")
  func defaults() throws {
    var step = ScenarioStep(
      .dma(DMADescription(.first, .write, .init(rawValue: 0x1000))),
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

  @Test("a written scenario keeps its comments where they were put")
  func comments() {
    var unit = UnitDescription()
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

  @Test(
    "a written scenario gives back names and texts with every character that YAML has a use for",
    arguments: [
      "a \"quoted\" name", #"a back\slash and \n"#, "two\nlines\r\n",
      "a\ttab, and \u{7}", "- [list]", "#1", "{a: b}", " blanks ", "null", "0x10",
      "é\u{2028}\u{85}\u{feff}", "",
    ])
  func texts(_ text: String) throws {
    var scenario = ScenarioDescription()
    scenario.summary = text
    scenario.kernel.release = text
    scenario.kernel.notes.above["release"] = ["a comment\nof two lines: \(text)"]
    var unit = UnitDescription()
    unit.name = text.isEmpty ? "x" : text
    scenario.machine.units = [unit]
    let written = scenario.written.document(isSpaced: true)
    let again = try Self.scenario(written)
    #expect(again.summary == text)
    #expect(again.kernel.release == text)
    #expect(again.machine.units.map(\.name) == [unit.name])
  }

  @Test(
    "a written scenario gives back quirks by the names of their rows, sets of them and more than a set"
  )
  func quirks() throws {
    let sets = UnitQuirks.allNames.compactMap { UnitQuirks(named: $0) }
    for quirks in sets + sets.map({ $0.union(.qemu10).subtracting([.recordPASIDZero]) })
      + sets.map({ $0.union(.qemu7).union([.compatibilityIndexFromAddress]) })
    {
      var unit = UnitDescription()
      unit.hardware.quirks = quirks
      unit.name = "dmar0"
      var scenario = ScenarioDescription()
      scenario.machine.units = [unit]
      let again = try Self.scenario(scenario.written.document())
      #expect(again.machine.units.first?.hardware.quirks == quirks)
    }
    #expect(UnitQuirks.qemu10.namesOfAll == ["qemu-10"])
    #expect(
      UnitQuirks.qemu7.union([.compatibilityIndexFromAddress]).namesOfAll
        == ["qemu-7.2", "compatibility-index-from-address"])
  }

  static func scenario(_ text: String) throws -> ScenarioDescription {
    try ScenarioDescription(reading: value(of: text), as: "the scenario")
  }
}
