import Testing

@testable import ScenarioFormat

@Suite("Words of scalars and of their messages")
struct ScalarWordTests {
  @Test("true and false may be written as YAML 1.2 has them", arguments: ["true", "True", "TRUE"])
  func flags(_ word: String) throws {
    let scenario = try ScenarioDescription(
      reading: value(of: "abstract: \(word)"), as: "the scenario")
    #expect(scenario.isAbstract)
  }

  @Test("other words are not flags", arguments: ["yes", "on", "tRUE", "1"])
  func noFlags(_ word: String) throws {
    #expect(throws: InputError.self) {
      try ScenarioDescription(reading: value(of: "abstract: \(word)"), as: "the scenario")
    }
  }

  @Test("~ and null stand for nothing in every spelling", arguments: ["~", "null", "Null", "NULL"])
  func nothing(_ word: String) throws {
    #expect(try value(of: "a: \(word)")["a"]?.scalar == "")
    #expect(try value(of: "a: \"\(word)\"")["a"]?.scalar == word)
  }

  @Test(
    "both ends of a range are told in one base",
    arguments: [
      (UInt64(1)...1_000_000, "1 to 1000000"), (0...0xffff, "0 to 0xffff"),
      (10...0xffff, "0xa to 0xffff"), (0...0x10000, "0 to 65536"),
      (0...0xf_ffff_ffff_f000, "0 to 0xffffffffff000"), (1...255, "1 to 255"),
    ])
  func ranges(range: ClosedRange<UInt64>, words: String) {
    #expect(SchemaType.integer(range).summary == "a number from \(words)")
  }

  @Test("a place without a line is told by its file alone")
  func places() {
    #expect(Place(whole: "a.yaml").description == "a.yaml")
    #expect(Place(file: "a.yaml").description == "a.yaml:1:1")
    #expect(Place(whole: "--set a=1").isArgument)
    #expect(!Place(whole: "a.yaml").isArgument)
  }
}
