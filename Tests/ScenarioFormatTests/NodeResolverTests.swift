import Testing
import YAMLNodes

import ScenarioFormat

/// Nodes as any parser may give them, and what they mean: a scalar, or the start of the error.
private struct Meaning: CustomTestStringConvertible, Sendable {
  let what: String
  let pairs: [(key: YAMLNode.Content, value: YAMLNode.Content)]
  let result: String

  var testDescription: String { what }

  static let all: [Meaning] = [
    Meaning(what: "a plain tilde is nothing", pairs: [(word("a"), word("~"))], result: "a="),
    Meaning(what: "a plain null is nothing", pairs: [(word("a"), word("null"))], result: "a="),
    Meaning(
      what: "a quoted null is text", pairs: [(word("a"), .scalar("null", .doubleQuoted))],
      result: "a=null"),
    Meaning(
      what: "yes and 010 keep their text",
      pairs: [(word("a"), word("yes")), (word("b"), word("010"))],
      result: "a=yes b=010"),
    Meaning(
      what: "a key that stands twice", pairs: [(word("a"), word("1")), (word("a"), word("2"))],
      result: "f:1:1: the key \"a\" stands twice in one mapping; once was expected"),
    Meaning(
      what: "keys that stand twice are told together",
      pairs: [
        (word("b"), word("1")), (word("a"), word("1")), (word("b"), word("2")),
        (word("a"), word("2")),
      ],
      result: "f:2:1: the key \"a\", \"b\" stands twice in one mapping; once was expected"),
    Meaning(
      what: "a key that is a list", pairs: [(.sequence([]), word("1"))],
      result: "f:1:1: a key that is itself a structure; a word was expected"),
    Meaning(
      what: "an alias without anchor", pairs: [(word("a"), .alias("x"))],
      result: "f:1:9: found undefined alias; well-formed YAML was expected"),
  ]

  private static func word(_ text: String) -> YAMLNode.Content { .scalar(text, .plain) }
}

@Suite("The nodes of a parser")
struct NodeResolverTests {
  @Test("mean what YAML and scenarios make of them", arguments: Meaning.all)
  fileprivate func meaning(_ meaning: Meaning) {
    let pairs = meaning.pairs.enumerated().map { index, pair in
      YAMLNode.Pair(
        key: YAMLNode(pair.key, line: index + 1, column: 1),
        value: YAMLNode(pair.value, line: index + 1, column: 9))
    }
    var resolver = NodeResolver(file: "f", budget: ReadingBudget())
    do throws(InputError) {
      let value = try resolver.value(of: YAMLNode(.mapping(pairs), line: 1, column: 1))
      let words = (value.entries ?? []).map { "\($0.key)=\($0.value.scalar ?? "?")" }
      #expect(words.joined(separator: " ") == meaning.result)
    } catch {
      #expect("\(error)" == meaning.result)
    }
  }

  @Test("may be repeated by aliases, which the budget pays for, and keep their first place")
  func aliases() throws {
    let list = YAMLNode(
      .sequence((1...4).map { YAMLNode(.scalar("\($0)", .plain), line: 1, column: $0) }),
      anchor: "x", line: 1, column: 1)
    let alias = YAMLNode(.alias("x"), line: 2, column: 1)
    var resolver = NodeResolver(file: "f", budget: ReadingBudget(100))
    let value = try resolver.value(of: YAMLNode(.sequence([list, alias]), line: 1, column: 1))
    #expect(value.elements?.last?.place == Place(file: "f", line: 1, column: 1))
    #expect(value.elements?.first == value.elements?.last)
    #expect(resolver.budget.remaining == 95)

    var poor = NodeResolver(file: "f", budget: ReadingBudget(5))
    #expect(throws: InputError(at: Place(file: "f", line: 2, column: 1), ReadingBudget.message)) {
      try poor.value(of: YAMLNode(.sequence([list, alias]), line: 1, column: 1))
    }
  }
}
