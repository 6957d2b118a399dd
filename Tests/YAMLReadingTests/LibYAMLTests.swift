import Testing
import YAMLNodes
import YAMLReading

/// What a text is read as: the nodes in a short notation, or the place and start of the error.
private struct Reading: CustomTestStringConvertible, Sendable {
  let what: String
  let text: String
  let result: String
  var budget = 1000

  var testDescription: String { what }

  static let all: [Reading] = [
    Reading(
      what: "a mapping", text: "a: 1\nb: x y\n", result: "{1:1 a: 1:4 1, 2:1 b: 2:4 x y}@1:1"),
    Reading(
      what: "every style of scalar", text: "- a\n- 'b'\n- \"c\"\n- |\n  d\n- >\n  e\n",
      result: "[1:3 a, 2:3 'b', 3:3 \"c\", 4:3 |d\n, 6:3 >e\n]@1:1"),
    Reading(
      what: "words that YAML 1.1 reads as other values keep their text",
      text: "[yes, 010, 00:02.0, ~, 1_000, 0x1F]",
      result: "[1:2 yes, 1:7 010, 1:12 00:02.0, 1:21 ~, 1:24 1_000, 1:31 0x1F]@1:1"),
    Reading(
      what: "an anchor and its alias stay two nodes", text: "a: &x [1]\nb: *x\n",
      result: "{1:1 a: &x [1:8 1]@1:4, 2:1 b: 2:4 *x}@1:1"),
    Reading(
      what: "a key that is a list", text: "? [1, 2]\n: x\n",
      result: "{[1:4 1, 1:7 2]@1:3: 2:3 x}@1:1"),
    Reading(
      what: "a key that stands twice", text: "{a: 1, a: 2}",
      result: "{1:2 a: 1:5 1, 1:8 a: 1:11 2}@1:1"),
    Reading(what: "columns count characters", text: "é: ü", result: "{1:1 é: 1:4 ü}@1:1"),
    Reading(what: "no document", text: "# only a comment\n", result: "nothing"),
    Reading(what: "an empty text", text: "", result: "nothing"),
    Reading(what: "an empty document", text: "---\n", result: "2:1 "),
    Reading(
      what: "a byte order mark takes a column", text: "\u{FEFF}a: 1", result: "{1:2 a: 1:5 1}@1:2"),
    Reading(
      what: "an open bracket", text: "a: [1\nb: 2\n",
      result: "2:2: while parsing a flow sequence in line 1: "
        + "did not find expected ',' or ']'; well-formed YAML was expected"),
    Reading(
      what: "a tab as indentation", text: "a:\n\tb: 1\n",
      result: "2:1: while scanning for the next token in line 2: found character that cannot start"
        + " any token; well-formed YAML was expected"),
    Reading(
      what: "a second document", text: "a: 1\n---\nb: 1\n",
      result: "2:1: expected a single document in the stream in line 1: but found another document;"
        + " well-formed YAML was expected"),
    Reading(
      what: "a control character", text: "a: 1\nb: \u{1}\n",
      result: "2:1: control characters are not allowed; text in UTF-8 was expected"),
    Reading(
      what: "values that nest too deep", text: String(repeating: "[", count: 100_000),
      result: "1:201: \(ReadingBudget.depthMessage)"),
    Reading(
      what: "more values than the budget", text: "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10,\n11, 12]",
      result: "2:1: \(ReadingBudget.message)", budget: 12),
  ]
}

@Suite("YAML text becomes nodes")
struct LibYAMLTests {
  @Test("YAML text becomes nodes with text, style and place", arguments: Reading.all)
  fileprivate func read(_ reading: Reading) {
    var budget = ReadingBudget(reading.budget)
    do throws(YAMLSyntaxError) {
      let root = try LibYAML.document(of: reading.text, budget: &budget)
      #expect(root.map(Self.notation) ?? "nothing" == reading.result)
    } catch {
      #expect("\(error.line):\(error.column): \(error.message)" == reading.result)
    }
  }

  @Test("the budget pays for each node")
  func budget() throws {
    var budget = ReadingBudget(100)
    _ = try LibYAML.document(of: "a: [1, 2]", budget: &budget)
    #expect(budget.remaining == 93)
    _ = try LibYAML.document(of: "b", budget: &budget)
    #expect(budget.remaining == 92)
  }

  private static func notation(_ node: YAMLNode) -> String {
    let anchor = node.anchor.map { "&\($0) " } ?? ""
    let place = "\(node.line):\(node.column)"
    return switch node.content {
    case .scalar(let text, .plain): "\(place) \(anchor)\(text)"
    case .scalar(let text, .singleQuoted): "\(place) \(anchor)'\(text)'"
    case .scalar(let text, .doubleQuoted): "\(place) \(anchor)\"\(text)\""
    case .scalar(let text, .literal): "\(place) \(anchor)|\(text)"
    case .scalar(let text, .folded): "\(place) \(anchor)>\(text)"
    case .alias(let name): "\(place) *\(name)"
    case .sequence(let nodes):
      "\(anchor)[\(nodes.map(notation).joined(separator: ", "))]@\(place)"
    case .mapping(let pairs):
      "\(anchor){"
        + pairs.map { "\(notation($0.key)): \(notation($0.value))" }.joined(separator: ", ")
        + "}@\(place)"
    }
  }
}
