import Foundation
import TestSupport
import Testing
import Text
import YAMLNodes
import YAMLReading

/// The page reads YAML by another parser than the program. Both are to give the same nodes.
@Suite("The YAML parser of the page")
struct PageParserTests {
  static let tools = ["/usr/bin/node", "/usr/bin/esbuild", "/usr/share/nodejs/yaml"]
  static let isHere = tools.allSatisfy { FileManager.default.fileExists(atPath: $0) }

  /// What the page's parser prints of each file.
  private static func printed(_ files: [String]) throws -> [Substring] {
    let folder = try TemporaryFolder()
    let script = Repository.path("Tests/Page/print-nodes.mjs")
    let result = try Tool.shell(
      """
      NODE_PATH=/usr/share/nodejs esbuild '\(script)' --bundle --platform=node --log-level=error \
        --outfile=print-nodes.js && xargs -d '\\n' node print-nodes.js < files
      """,
      in: try {
        _ = try folder.write(files.joined(separator: "\n") + "\n", as: "files")
        return folder
      }())
    #expect(result.status == 0, "\(result.errorText)")
    return result.outputText.split(separator: "\n")
  }

  /// The same of libyaml.
  private static func read(_ text: String) -> JSONValue? {
    var budget = ReadingBudget()
    do throws(YAMLSyntaxError) {
      return try LibYAML.document(of: text, budget: &budget).map(array) ?? .null
    } catch {
      return nil
    }
  }

  private static func array(_ node: YAMLNode) -> JSONValue {
    var values: [JSONValue] = [.count(node.line), .count(node.column)]
    switch node.content {
    case .scalar(let text, let style):
      let letter =
        switch style {
        case .plain: "p"
        case .singleQuoted: "s"
        case .doubleQuoted: "d"
        case .literal: "l"
        case .folded: "f"
        }
      values += [.string(letter), .string(text)]
    case .sequence(let children):
      values += [.string("["), .array(children.map(array))]
    case .mapping(let pairs):
      values += [.string("{"), .array(pairs.flatMap { [array($0.key), array($0.value)] })]
    case .alias(let name):
      values += [.string("*"), .string(name)]
    }
    if let anchor = node.anchor { values.append(.string(anchor)) }
    return .array(values)
  }

  @Test(
    "the page's YAML parser gives libyaml's nodes of every file in Configs",
    .enabled(if: isHere, "node, esbuild or node-yaml is not installed"))
  func files() throws {
    let root = Repository.path("Configs")
    let found = try Tool.run("/usr/bin/find", [root, "-name", "*.yaml"])
    let files = found.outputText.split(separator: "\n").map(String.init).sorted()
    #expect(files.count > 100)
    let printed = try Self.printed(files)
    try #require(printed.count == files.count)
    for (file, line) in zip(files, printed) {
      let text = try String(contentsOfFile: file, encoding: .utf8)
      #expect(Self.read(text)?.compact == String(line), "\(file)")
    }
  }

  /// YAML that few people write and that both have to understand alike.
  static let odd = [
    "a: 1", "# only a comment\n", "", "---\na: 1\n...\n", "a:\nb:\n", "- \n- x\n",
    "a: &x 1\nb: *x\n", "a: &x {b: &y [1, 2]}\nc: [*x, *y]\n",
    "a: 'it''s'\nb: \"tab\\tend\\u00e9\"\n",
    "a: |\n  one\n   two\n\nb: >\n  one\n  two\n\n  three\n", "a: |-\n  x\n  \nb: |+\n  y\n\n",
    "? a\n: b\n", "{a: 1, b: [x, {c: d}], e: }", "[a, b: c, ? d]\n", "\"quoted key\": 'v'\n",
    "a: ~\nb: null\nc: !!str 5\n", "a: 0x10\nb: 010\nc: 1_000\nd: 1.5e3\n", "a: b: c\n", "a: [1,\n",
    "a: 1\na: 2\n", "\u{feff}a: 1\n", "a: 1\r\nb:\r\n  - c\r\n",
    "ключ: значение\nb: 😀 x\nc: [😀, y]\n",
    "a:\n  - b\n  -\n    c: d\n", "- - a\n  - b\n- - c\n", "a: plain\n  goes on\n  here\nb: 1\n",
    "a: \"folded\n  here\"\n", "<<: {a: 1}\nb: 2\n", "a: - b\n", "\ta: 1\n", "a: 'open\n",
    "a: {b: c\n", "@x: 1\n", "a: `x`\n", "%YAML 1.1\n---\na: 1\n", "a: 1\n---\nb: 2\n",
    "a: #c\n  1\n",
    "{c: d, e}\n", "{a: , b: }\n", "[a, , b]\n", "a: {b, c: }\n", "? a\n", "- ? x\n- y\n",
    "a:   # c\n  # d\nb: 1\n", "a: &x\nb: 1\n", "- &a\n- !t x\n", "{ ? a : b, c }\n",
    "[ {a: b}, [c] ]\n", "a: !!map {b: c}\n", "&top a: b\n", "&m {a: b}\n", "- !x &y z\n",
    "a: \"x\" \nb: 'y'  # c\n", "a: >-\n  x\n   y\n\n  z\n", "a: |2\n   x\n",
    "key with space: v w\n", "a: x#y\n", "a: x #y\n", "\"a\": 1\n'b': 2\n", "a: [\n  b,\n  c,\n]\n",
    "a: {\n  b: c,\n}\n", "--- a\n", "--- # c\na: 1\n", "a: -1\nb: +2\nc: .5\n",
    "a: \"\\x41\\u00e9\\U0001F600\"\n", "a: \"l\\\n  m\"\n", "- a: 1\n  b: 2\n-   c: 3\n",
    "a:\n- b\n- c\nd: e\n", "a: &b c\n*b : d\n", "x: [*b]\n", "[a: b, c]\n", "{[a]: b}\n",
    "? [a]\n: b\n", "? |\n  k\n: v\n", "a: 1 \n\n\n", "\n\n# x\n\na: 1\n", "a: 'x\n\n  y'\n",
    "a: b\n c\n", "a\n", "'a'\n", "- \"x\"\n- ''\n", "a: ''\n", "a: \"\"\n", "a: b\rc: d\n",
    "a:\u{85}b\n", "a: x\u{2028}y\nb: 1\n", "a: &x\n  b: c\nd: &y\n  - e\n",
  ]

  @Test(
    "the page's YAML parser gives libyaml's nodes of odd YAML, or refuses it as well",
    .enabled(if: isHere, "node, esbuild or node-yaml is not installed"))
  func oddTexts() throws {
    let folder = try TemporaryFolder()
    let files = try Self.odd.enumerated().map { try folder.write($1, as: "\($0).yaml") }
    let printed = try Self.printed(files)
    try #require(printed.count == files.count)
    for (text, line) in zip(Self.odd, printed) {
      // Files are read without their byte order mark.
      if let nodes = Self.read(text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text) {
        #expect(nodes.compact == String(line), "\(text.debugDescription)")
      } else {
        #expect(line.hasPrefix("{\"message\":"), "\(text.debugDescription): \(line)")
      }
    }
  }
}
