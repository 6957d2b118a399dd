import Foundation
import TestSupport
import Testing

@Suite("The matrix of the report")
struct MatrixTests {
  let document: [String: Any]

  init() throws {
    let result = try Tool.dmar(
      "matrix", "Configs/klist-splat/report.yaml", "--format", "json")
    document = try #require(
      try JSONSerialization.jsonObject(with: result.output) as? [String: Any])
  }

  private func splats(_ key: String, _ name: String = "kernel") throws -> [String: String?] {
    let rows = try #require(document[key] as? [[String: Any]])
    var splats: [String: String?] = [:]
    for row in rows {
      splats[try #require(row[name] as? String)] = row["splat"] as? String
    }
    return splats
  }

  @Test("the matrix shows the first release with the splat and the first one without it again")
  func releases() throws {
    #expect(document["first_bad"] as? String == "6.0-rc1")
    #expect(document["first_fixed"] as? String == "6.0")
    let splats = try splats("releases")
    // 5.2-rc5 has a report of its own, of two locks of the driver, in every scenario.
    #expect(splats.filter { $0.value == "inconsistent lock state" }.keys.sorted() == ["6.0-rc1"])
    #expect(splats.filter { $0.value != nil }.keys.sorted() == ["5.2-rc5", "6.0-rc1"])
    #expect(splats.count >= 14)
  }

  @Test("the matrix shows which of the proposed cures takes the splat away")
  func cures() throws {
    let splats = try splats("cures", "cure")
    #expect(
      splats.filter { $0.value == nil }.keys.sorted()
        == ["klist-irqsave", "klist-irqsave-all", "upstream"])
    #expect(splats["revert-2018"] == "inconsistent lock state")
    #expect(
      document["cured_by"] as? [String] == ["klist-irqsave", "klist-irqsave-all", "upstream"])
  }

  @Test("the matrix names the commits that brought the splat and took it away")
  func commits() throws {
    #expect(document["first_bad_commits"] as? [String] == ["8ac0b64b9735"])
    let fixed = try #require(document["first_fixed_commits"] as? [String])
    #expect(fixed.contains("6ad931a23223"))
  }

  @Test(
    "the matrix of the machine with a removed device shows that the reporter's cure is not enough")
  func hotplug() throws {
    let text = try Tool.dmar(
      "matrix", "Configs/klist-splat/cure-klist-irqsave-hotplug.yaml"
    ).outputText
    let rows = text.split(separator: "\n").map(String.init)
    let row = try #require(rows.first { $0.hasPrefix("klist-irqsave ") })
    #expect(row.contains("inconsistent lock state"))
    let all = try #require(rows.first { $0.hasPrefix("klist-irqsave-all ") })
    #expect(!all.contains("inconsistent"))
  }

  @Test("the matrix's lines keep within the columns of the terminal")
  func width() throws {
    for width in [80, 120] {
      let text = try Tool.dmar(
        "matrix", "Configs/klist-splat/report.yaml", "--width", "\(width)"
      ).outputText
      let longest = text.split(separator: "\n").map(\.count).max() ?? 0
      #expect(longest <= width, "\(longest) columns")
      #expect(text.contains("First with the splat: 6.0-rc1, 8ac0b64b9735"))
    }
  }

  @Test("the matrix names each of two splats with the releases that print it")
  func twoSplats() throws {
    let splats = try #require(document["splats"] as? [[String: Any]])
    #expect(
      splats.map { $0["title"] as? String } == [
        "inconsistent lock state", "possible circular locking dependency detected",
      ])
    #expect(splats.map { $0["own"] as? Bool } == [true, false])
    let text = try Tool.dmar("matrix", "Configs/klist-splat/report.yaml").outputText
    #expect(
      text.contains(
        "First with another splat, \"possible circular locking dependency detected\": 5.2-rc5"),
      "\(text)")
  }

  @Test("--changed leaves out the releases that print what the one above them prints")
  func changed() throws {
    let text = try Tool.dmar("matrix", "Configs/klist-splat/report.yaml", "--changed").outputText
    let releases = text.split(separator: "\n").dropFirst().prefix { !$0.hasPrefix("First") }
    #expect(releases.count > 3)
    for row in releases.dropFirst() where !row.hasPrefix(" ") {
      #expect(row.contains("+"), "\(row)")
    }
  }
}
