import Foundation
import TestSupport
import Testing

@Suite("dmar words")
struct WordsTests {
  @Test("explains a term by any of its names")
  func term() throws {
    let text = try Tool.dmar("words", "fault", "record").outputText
    #expect(text.hasPrefix("fault record\n"))
    #expect(try Tool.dmar("words", "FRCD").outputText == text)
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("dmar words writes the page of the documentation, which is the committed one")
  func page() throws {
    let page = try Tool.dmar("words", "--format", "markdown").outputText
    let committed = try String(
      contentsOfFile: Repository.path("docs/Glossary.md"), encoding: .utf8)
    #expect(page == committed, "make docs writes it anew")
  }

  @Test("dmar words gives all terms as JSON")
  func json() throws {
    let result = try Tool.dmar("words", "--format", "json")
    let terms = try #require(
      try JSONSerialization.jsonObject(with: result.output) as? [[String: Any]])
    #expect(terms.contains { $0["term"] as? String == "IOTLB" })
  }

  @Test("dmar words names what is near where no term is called so")
  func unknown() throws {
    let result = try Tool.dmar("words", "context tabel")
    #expect(result.status == 64)
    #expect(result.errorText.contains("context table") || result.errorText.contains("context"))
    #expect(try Tool.dmar("words", "xyzzy").errorText.contains("\"dmar words\" lists all terms"))
  }
}
