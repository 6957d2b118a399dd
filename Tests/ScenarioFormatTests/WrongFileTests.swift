import Foundation
import ScenarioFormat
import TestSupport
import Testing

/// A file that is wrong in one place; `.ci/check-schemas` checks the same ones against the schemas.
private struct WrongFile: CustomTestStringConvertible, Sendable {
  let kind: FileKind
  let what: String
  let text: String

  var testDescription: String { "\(kind): \(what)" }

  static let all: [WrongFile] = {
    let path = Repository.path("Tests/ScenarioFormatTests/Wrong/files.tsv")
    let table = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return table.split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "\t").map(String.init)
      guard cells.count == 4, let kind = FileKind(rawValue: cells[0]) else { return nil }
      let text = cells[3]
        .replacingOccurrences(of: "$K", with: "{release: 6.1.0}")
        .replacingOccurrences(of: "$M", with: "{memory: 1GiB, units: {}}")
      return WrongFile(kind: kind, what: cells[2], text: text)
    }
  }()
}

@Suite("A wrong file")
struct WrongFileTests {
  @Test("a wrong file is refused, with its place", arguments: WrongFile.all)
  fileprivate func refused(_ file: WrongFile) throws {
    let value = try value(of: file.text)
    #expect(throws: InputError.self) { try file.kind.read(value) }
  }

  @Test("stands in the table for each kind")
  func table() {
    #expect(WrongFile.all.count > 50)
    for kind in FileKind.allCases { #expect(WrongFile.all.contains { $0.kind == kind }) }
  }
}
