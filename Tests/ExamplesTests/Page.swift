import Foundation
import TestSupport
import Testing

/// A page of the documentation with Swift on it, and the functions that are its programs.
struct Page: CustomTestStringConvertible {
  /// Its file, from the repository's root.
  let path: String
  /// The file of this folder that holds the programs.
  let source: String
  /// The programs in the order in which they stand on the page, by their functions.
  let programs: [(name: String, run: @Sendable () throws -> Void)]

  var testDescription: String { path }

  init(
    _ path: String, from source: String,
    _ programs: [(name: String, run: @Sendable () throws -> Void)]
  ) {
    self.path = path
    self.source = "Tests/ExamplesTests/\(source)"
    self.programs = programs
  }

  /// What stands in the page's blocks of a language, one after the other.
  static func blocks(_ language: String, in text: [String]) -> [[String]] {
    var blocks: [[String]] = []
    var current: [String]?
    for line in text {
      if current == nil, line == "```\(language)" {
        current = []
      } else if line == "```", let block = current {
        blocks.append(block)
        current = nil
      } else {
        current?.append(line)
      }
    }
    return blocks
  }

  /// The programs of the page, without their imports and without empty lines.
  func shownPrograms() throws -> [String] {
    try swift().flatMap { $0 }.filter { !$0.hasPrefix("import ") && !$0.isEmpty }
  }

  /// The modules that the page's programs import.
  func shownImports() throws -> [String] {
    try swift().flatMap { $0 }.filter { $0.hasPrefix("import ") }
  }

  /// What the page says that its programs print.
  func shownOutput() throws -> [String] {
    Self.blocks("text", in: try lines(of: path)).flatMap { $0 }
  }

  private func swift() throws -> [[String]] {
    // A manifest is tried by Tests/try-first-page.
    Self.blocks("swift", in: try lines(of: path)).filter {
      $0.first?.hasPrefix("// swift-tools-version") == false
    }
  }

  /// The bodies of the functions, as they are compiled, without empty lines.
  func compiledPrograms() throws -> [String] {
    let text = try lines(of: source)
    return programs.flatMap { program in
      text.drop { $0 != "func \(program.name)() throws {" }.dropFirst().prefix { $0 != "}" }
        .map { String($0.dropFirst(2)) }.filter { !$0.isEmpty }
    }
  }

  /// What the file of the programs imports.
  func compiledImports() throws -> [String] {
    try lines(of: source).filter { $0.hasPrefix("import ") }
  }

  /// What the programs print.
  func output() throws -> [String] {
    let printed = Printed()
    try Printed.$now.withValue(printed) {
      for program in programs { try program.run() }
    }
    return printed.lines
  }

  private func lines(of path: String) throws -> [String] { try Self.lines(of: path) }

  static func lines(of path: String) throws -> [String] {
    try String(contentsOfFile: Repository.path(path), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
