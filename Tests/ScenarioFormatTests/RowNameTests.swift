import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats

@Suite("A register of a scenario")
struct RegisterNameTests {
  private func content(_ text: String) throws -> RegisterContent {
    try RegisterContent(reading: value(of: text))
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

@Suite("A fault reason of a scenario")
struct ReasonNameTests {
  private func record(_ reason: String) throws -> RecordExpectation {
    try RecordExpectation(reading: value(of: "{device: \"00:01.0\", reason: \(reason)}"))
  }

  @Test(
    "each reason is found by the name of its row, and written by its code",
    arguments: FaultReason.rows.map(\.name))
  func byName(_ name: String) throws {
    let row = try #require(FaultReason.rows.first { $0.name == name })
    let named = try record(name)
    #expect(named.reason == row.reason)
    #expect(named.written == (try record("\(row.reason.rawValue)").written))
  }

  @Test("the name of a reason is that of the scenario that shows it")
  func files() throws {
    let files = try ScenarioFiles.files(below: Repository.path("Configs/faults")).map {
      $0.split(separator: "/").last ?? ""
    }
    for row in FaultReason.rows where row.meaning != nil {
      let code = hex(UInt64(row.reason.rawValue), digits: 2)
      #expect(files.contains("0x\(code)-\(row.name).yaml"))
    }
  }

  @Test("a misspelt reason is refused with the name that was meant, without the list of all")
  func misspelt() throws {
    let error = #expect(throws: InputError.self) { try record("read-not-permited") }
    #expect(
      try #require(error).description
        == "f:1:29: reason is \"read-not-permited\"; a number from 0 to 255 was expected; "
        + "did you mean \"read-not-permitted\"?")
  }

  @Test("a word that no reason is near to is refused with the names of all")
  func unknown() throws {
    let error = #expect(throws: InputError.self) { try record("gremlins") }
    let message = try #require(error).description
    for row in FaultReason.rows { #expect(message.contains(row.name)) }
  }
}
