import Foundation
import ScenarioFormat
import TestSupport
import Testing

@Suite("What is made from the declarations of files")
struct CommittedPageTests {
  @Test("the committed schema of each kind is the generated one", arguments: FileKind.allCases)
  func schema(_ kind: FileKind) throws {
    let name = kind == .scenario ? "schema.json" : "schemas/\(kind.rawValue).json"
    let committed = try String(
      contentsOfFile: Repository.path("Configs/\(name)"), encoding: .utf8)
    #expect(committed == kind.jsonSchema, "make schema")
    // JSONSerialization reads it: it is JSON.
    _ = try JSONSerialization.jsonObject(with: Data(committed.utf8))
  }

  @Test("the committed reference of scenarios is the generated one")
  func reference() throws {
    let committed = try String(
      contentsOfFile: Repository.path("docs/Scenarios.md"), encoding: .utf8)
    #expect(committed == FileKind.reference, "make docs")
  }
}
