import Foundation
import TestSupport
import Testing

/// The examples of README.md and docs/Tour.md are run as they stand there.
///
/// A block of `console` has commands behind `$ ` and what each prints; a line of three dots stands for
/// any lines. A block of `yaml NAME` or `text NAME` is a file that later commands read.
@Suite("Examples of the documents")
struct DocumentTests {
  /// A command with what it is to print.
  struct Example: CustomTestStringConvertible, Sendable {
    let document: String
    let command: String
    let output: [String]
    /// Files that stand before it in the document, by name.
    let files: [String: String]
    /// Commands of the same block before it, whose files it may read.
    let before: [String]
    var testDescription: String { "\(document): \(command)" }
  }

  static func examples(_ document: String) throws -> [Example] {
    let text = try String(contentsOfFile: Repository.path(document), encoding: .utf8)
    var examples: [Example] = []
    var files: [String: String] = [:]
    var language: String?
    var block: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      guard line.hasPrefix("```") else {
        if language != nil { block.append(line) }
        continue
      }
      if let opened = language {
        let words = opened.split(separator: " ")
        if words.count == 2 { files[String(words[1])] = block.map { $0 + "\n" }.joined() }
        if opened == "console" { examples += commands(block, document, files) }
        (language, block) = (nil, [])
      } else {
        language = String(line.dropFirst(3))
      }
    }
    return examples
  }

  private static func commands(
    _ block: [String], _ document: String, _ files: [String: String]
  ) -> [Example] {
    var found: [(String, [String])] = []
    for line in block {
      if line.hasPrefix("$ ") {
        found.append((String(line.dropFirst(2)), []))
      } else if !found.isEmpty {
        found[found.count - 1].1.append(line)
      }
    }
    return found.enumerated().map { index, each in
      Example(
        document: document, command: each.0, output: each.1, files: files,
        before: found[..<index].map(\.0).filter { $0.contains(" -o ") })
    }
  }

  /// Whether lines are those of a pattern, in which `...` stands for any lines.
  static func matches(_ lines: ArraySlice<String>, _ pattern: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return lines.isEmpty }
    if first == "..." {
      let rest = pattern.dropFirst()
      return (0...lines.count).contains { matches(lines.dropFirst($0), rest) }
    }
    guard let line = lines.first, line == first else { return false }
    return matches(lines.dropFirst(), pattern.dropFirst())
  }

  @Test(
    "each prints what the document shows",
    arguments: try examples("README.md") + examples("docs/Tour.md")
      + examples("docs/Teaching.md"))
  func example(_ example: Example) throws {
    let folder = try TemporaryFolder()
    for (name, text) in example.files { _ = try folder.write(text, as: name) }
    let root = Repository.root.path()
    let result = try Tool.shell(
      """
      mkdir bin; ln -s "$DMAR" bin/dmar; PATH="$PWD/bin:$PATH"; unset COLUMNS
      ln -s '\(root)Configs' '\(root)Tests' .
      \(example.before.joined(separator: "\n"))
      \(example.command)
      """, in: folder)
    var lines = result.outputText.split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    while lines.last == "" { lines.removeLast() }
    #expect(result.status == 0, "\(result.errorText)")
    #expect(Self.matches(lines[...], example.output[...]), "\(result.outputText)")
  }

  @Test(
    "the documents have examples of what they are about, and the pattern matches only what it says")
  func examplesThemselves() throws {
    #expect(try Self.examples("README.md").count >= 5)
    #expect(try Self.examples("docs/Tour.md").count >= 10)
    #expect(Self.matches(["a", "b", "c"], ["a", "...", "c"]))
    #expect(!Self.matches(["a", "b"], ["a", "...", "c"]))
    #expect(!Self.matches(["a", "b"], ["a"]))
  }

  @Test(
    "each file that the documents point to is there",
    arguments: [
      "README.md", "CONTRIBUTING.md", "docs/Tour.md", "docs/Fleets.md", "docs/Teaching.md",
      "SECURITY.md",
    ])
  func links(_ document: String) throws {
    let text = try String(contentsOfFile: Repository.path(document), encoding: .utf8)
    let folder = URL(filePath: Repository.path(document)).deletingLastPathComponent()
    for match in text.matches(of: /\]\(([^)#:]+)\)/) {
      let path = folder.appending(path: String(match.1)).path()
      #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
    }
  }
}
