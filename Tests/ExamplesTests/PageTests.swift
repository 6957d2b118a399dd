import Foundation
import TestSupport
import Testing

@Suite("the pages of the documentation")
struct PageTests {
  @Test("a page's programs are compiled as they stand there", arguments: Page.all)
  func programs(_ page: Page) throws {
    let shown = try page.shownPrograms()
    #expect(!shown.isEmpty)
    #expect(try page.compiledPrograms() == shown)
    let imports = try page.compiledImports()
    for line in try page.shownImports() { #expect(imports.contains(line), "\(line)") }
  }

  @Test("a page's programs print what the page says", arguments: Page.all)
  func output(_ page: Page) throws {
    #expect(try page.output() == page.shownOutput())
  }

  @Test("no page has Swift that is not compiled here")
  func allPages() throws {
    let known = Set(Page.all.map(\.path))
    for path in try files(endingIn: ".md", below: ["Sources", "docs"]) {
      let blocks = Page.blocks("swift", in: try Page.lines(of: path))
      #expect(blocks.isEmpty || known.contains(path), "\(path)")
    }
  }

  @Test("the code in a declaration's comment is compiled here")
  func comments() throws {
    let compiled = try files(endingIn: ".swift", below: ["Tests/ExamplesTests"]).flatMap {
      try Page.lines(of: $0).map { $0.trimmingCharacters(in: .whitespaces) }
    }.joined(separator: "\n")
    var count = 0
    for path in try files(endingIn: ".swift", below: ["Sources"]) {
      let comments = try Page.lines(of: path).map { line in
        let text = line.trimmingCharacters(in: .whitespaces)
        return text.hasPrefix("/// ") ? String(text.dropFirst(4)) : ""
      }
      for block in Page.blocks("swift", in: comments) {
        let code = block.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        let isCompiled = compiled.contains(code)
        #expect(isCompiled, "\(path): \(block.first ?? "")")
        count += 1
      }
    }
    #expect(count > 0)
  }

  @Test("a package of one's own is told alike on both pages")
  func manifests() throws {
    let manifests = try ["docs/dmar.docc/dmar.md", "Sources/IOMMULab/IOMMULab.docc/IOMMULab.md"]
      .map { path in
        Page.blocks("swift", in: try Page.lines(of: path)).filter {
          $0.first?.hasPrefix("// swift-tools-version") == true
        }
      }
    #expect(manifests[0].count == 1)
    #expect(manifests[0] == manifests[1])
  }

  private func files(endingIn ending: String, below folders: [String]) throws -> [String] {
    try folders.flatMap { folder in
      try FileManager.default.subpathsOfDirectory(atPath: Repository.path(folder))
        .filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }
    }.sorted()
  }
}
