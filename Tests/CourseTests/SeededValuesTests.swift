@testable import Course
import ScenarioFormat
import Testing

@Suite("numbers of a seed")
struct SeededValuesTests {
  private static func exercise() throws -> Exercise {
    var exercise = Exercise(kind: .build)
    exercise.given = [
      try #require(SeededNumber(name: "page", from: 0x2000, through: 0x9000, step: 0x1000))
    ]
    exercise.hidden = [try #require(SeededNumber(name: "offset", from: 0, through: 0xff8, step: 8))]
    return exercise
  }

  @Test("the same seed gives the same numbers, within their range")
  func draws() throws {
    let exercise = try Self.exercise()
    var seen: Set<String> = []
    for seed in UInt64(0)..<50 {
      let values = SeededValues(given: exercise, seed: seed)
      let text = try values.fill("$(page)", at: Place(file: "x"))
      #expect(
        try SeededValues(given: exercise, seed: seed).fill("$(page)", at: Place(file: "x")) == text)
      let number = try #require(UInt64(text.dropFirst(2), radix: 16))
      #expect((0x2000...0x9000).contains(number) && number % 0x1000 == 0)
      seen.insert(text)
    }
    #expect(seen.count == 8)
  }

  @Test("each round of a check has other hidden numbers, and the same given ones")
  func rounds() throws {
    let exercise = try Self.exercise()
    let texts = try (UInt64(0)..<SeededValues.rounds(of: exercise)).map { round in
      try SeededValues(exercise, seed: 7, round: round)
        .fill("$(page) $(offset)", at: Place(file: "x"))
    }
    #expect(Set(texts).count == 3)
    #expect(Set(texts.map { $0.prefix { $0 != " " } }).count == 1)
  }

  /// A text, and what it becomes with page 0x5000.
  private static let texts: [(text: String, filled: String?)] = [
    ("no number", "no number"), ("$5", "$5"), ("$(page)", "0x5000"), ("$( page+8 )", "0x5008"),
    ("$(0x20103000 + (page >> 9))", "0x20103028"), ("$(page << 8 | 2)", "0x500002"),
    ("$(page + 1 & 3)", "0x1"), ("$(2 * 3 + 1)", "0x7"), ("$(page - page)", "0x0"),
    ("$(1 << 64)", "0x0"), ("$(0 - 1)", "0xffffffffffffffff"),
    ("\"$(bytes 0x600dcafe)\"", "\"feca0d6000000000\""), ("$(decimal page)", "20480"),
    ("$(decimal\npage)", "20480"),
    ("$(page >> 14 ? none | VRCU)", "VRCU"), ("$(page)$(page)", "0x50000x5000"),
    ("$(offset)", nil), ("$(page", nil), ("$(page +)", nil), ("$(5 ? a | b)", nil), ("$()", nil),
    ("$(page page)", nil), ("$((page)", nil),
  ]

  @Test("an expression becomes its value, and any other text is an error", arguments: texts.indices)
  func fill(_ index: Int) throws {
    let (text, filled) = Self.texts[index]
    var exercise = Exercise(kind: .build)
    exercise.given = [
      try #require(SeededNumber(name: "page", from: 0x5000, through: 0x5000, step: 1))
    ]
    let values = SeededValues(given: exercise, seed: 1)
    if let filled {
      #expect(try values.fill(text, at: Place(file: "x")) == filled)
    } else {
      #expect(throws: InputError.self) { try values.fill(text, at: Place(file: "x")) }
    }
  }
}
