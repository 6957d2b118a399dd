import Foundation
import TestSupport
import Testing

/// Every form in which evidence comes: `Tests/Golden/inputs/FORMS.tsv` has a row for each, with a file
/// that holds one and the same fault record in it. `docs/Inputs.md` is made of the same rows.
@Suite("Forms of input")
struct InputFormTests {
  struct Form: CustomTestStringConvertible, Sendable {
    let file: String
    let group: String
    let words: String
    /// Microseconds since boot; nil where the form has no such clock.
    let uptime: Int?
    let wallClock: String?
    var testDescription: String { file }
  }

  static let folder = "Tests/Golden/inputs/"

  static let forms: [Form] = {
    let path = Repository.path(folder + "FORMS.tsv")
    let table = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return table.split(separator: "\n").dropFirst().map { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Form(
        file: columns[0], group: columns[1], words: columns[2], uptime: Int(columns[3]),
        wallClock: columns[4] == "-" ? nil : columns[4])
    }
  }()

  @Test("a file for each form, and a form for each file")
  func table() throws {
    #expect(Self.forms.count > 80)
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path(Self.folder))
    #expect(Set(files) == Set(Self.forms.map(\.file) + ["FORMS.tsv"]))
  }

  @Test("the record is read, with the times that the form has", arguments: forms)
  func read(_ form: Form) throws {
    let tool = try Tool.dmar("explain", "--format", "ndjson", Self.folder + form.file)
    #expect(tool.status == 0, "\(tool.errorText)")
    let faults = try tool.outputText.split(separator: "\n").compactMap { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }.filter { $0["type"] as? String == "fault" }
    #expect(faults.count == 1)
    let fault = try #require(faults.first)
    #expect(fault["device"] as? String == "0000:03:00.0")
    #expect(fault["kind"] as? String == "dma_read")
    #expect(fault["address"] as? String == "0xfffb2000")
    #expect(fault["reason"] as? String == "0x06")
    #expect(fault["count"] as? Int == 1)
    let first = try #require(fault["first"] as? [String: Any])
    // Xen's record begins with its first line.
    #expect(first["time_us"] as? Int == (form.file == "xen.log" ? 10_000_000 : form.uptime))
    #expect(first["time"] as? String == form.wallClock)
  }

  @Test("the page of forms is made of the rows that are tested")
  func page() throws {
    let page = Repository.path("docs/Inputs.md")
    let text = try String(contentsOfFile: page, encoding: .utf8)
    let begin = try #require(text.range(of: "<!-- forms -->\n"))
    let end = try #require(text.range(of: "<!-- end of forms -->"))
    let wanted = Self.rows()
    guard text[begin.upperBound..<end.lowerBound] != wanted else { return }
    // The page as it should be, to be looked at and kept.
    let made = text[..<begin.upperBound] + wanted + text[end.lowerBound...]
    try String(made).write(toFile: page, atomically: true, encoding: .utf8)
    Issue.record("docs/Inputs.md was not up to date; it has been written anew")
  }

  static func rows() -> String {
    var text = "| where from | form | clock since boot | wall clock |\n|---|---|---|---|\n"
    for form in forms {
      let sample = "`\(form.file)`"
      text +=
        "| \(form.group) | \(form.words) (\(sample)) | \(form.uptime == nil ? "" : "yes") | "
        + "\(form.wallClock == nil ? "" : "yes") |\n"
    }
    return text
  }
}
