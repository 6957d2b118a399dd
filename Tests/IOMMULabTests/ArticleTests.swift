import Foundation
import TestSupport
import Testing

/// The programs of the articles are those of the package of lessons, which is built and run.
@Suite("the library's articles")
struct ArticleTests {
  private static let folder = "Sources/IOMMULab/IOMMULab.docc"

  /// Code blocks of an article, each line without the blanks that all lines share.
  private func blocks(of article: String) throws -> [[String]] {
    let text = try String(contentsOfFile: Repository.path(article), encoding: .utf8)
    var blocks: [[String]] = []
    var current: [String]?
    for line in text.components(separatedBy: "\n") {
      if line == "```swift" {
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

  @Test("each program of an article is one that the package of lessons runs")
  func programs() throws {
    let programs = try String(
      contentsOfFile: Repository.path("Integrations/Lessons/Sources/Lessons/Programs.swift"),
      encoding: .utf8)
    let lines = programs.components(separatedBy: "\n").map { line in
      line.hasPrefix("  ") ? String(line.dropFirst(2)) : line
    }
    let whole = lines.joined(separator: "\n")
    let articles = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path(Self.folder))
    var found = 0
    for article in articles.sorted() where article.hasSuffix(".md") {
      for block in try blocks(of: "\(Self.folder)/\(article)") {
        #expect(whole.contains(block.joined(separator: "\n")), "\(article): \(block.first ?? "")")
        found += 1
      }
    }
    #expect(found >= 9)
  }
}
