import Foundation
import TestSupport
import Testing

/// The texts of the lessons: each command is run as it stands there, and each term is explained.
@Suite("Texts of the lessons")
struct LessonTextTests {
  static let lessons: [String] = {
    let folder = Repository.path("Configs/course")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter {
      FileManager.default.fileExists(atPath: "\(folder)/\($0)/lesson.md")
    }.sorted()
  }()

  static func examples(_ lesson: String) throws -> [DocumentTests.Example] {
    try DocumentTests.examples("Configs/course/\(lesson)/lesson.md")
  }

  @Test("there are all twenty-one")
  func all() {
    #expect(Self.lessons.map { Int($0.prefix(2)) } == (0...20).map { $0 })
  }

  @Test("each command prints what the lesson shows", arguments: lessons)
  func examples(of lesson: String) throws {
    let folder = try TemporaryFolder()
    let root = Repository.root.path()
    let number = Int(lesson.prefix(2)).map { "\($0)" } ?? ""
    for example in try Self.examples(lesson) {
      let file = String(lesson.prefix(2)) + ".yaml"
      let command = example.command.replacing("YOUR-FILE", with: file)
      let result = try Tool.shell(
        """
        mkdir -p bin; ln -sf "$DMAR" bin/dmar; PATH="$PWD/bin:$PATH"; unset COLUMNS
        ln -sfn '\(root)Configs' Configs
        dmar learn \(number).1 --folder . > /dev/null; [ -e \(file) ] || dmar learn \(number).2 --folder . > /dev/null
        \(command)
        """, in: folder)
      var lines = result.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        .map { String($0).replacing(file, with: "YOUR-FILE") }
      while lines.last == "" { lines.removeLast() }
      #expect(
        DocumentTests.matches(lines[...], example.output[...]),
        "\(example.command)\n\(lines.joined(separator: "\n"))\n\(result.errorText)")
    }
  }

  @Test("something is run before the first screen of a lesson ends", arguments: lessons)
  func early(_ lesson: String) throws {
    let text = try String(
      contentsOfFile: Repository.path("Configs/course/\(lesson)/lesson.md"), encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(
      lines.firstIndex {
        $0.hasPrefix("$ dmar") || $0.hasPrefix("$ for") || $0.hasPrefix("    dmar")
      })
    let screen = 50
    #expect(first < screen, "the first command stands in line \(first + 1)")
    for line in lines where !line.hasPrefix("[") && !line.hasPrefix("$") {
      #expect(line.count <= 130, "\(line)")
    }
  }

  /// The terms that a lesson brings up, as `dmar words` knows them.
  static let terms: [(lesson: Int, terms: [String])] = [
    (0, ["DMA", "IOMMU", "VT-d"]), (1, ["source-id", "devfn", "fault record"]),
    (2, ["root table", "context entry", "domain-id", "IOVA", "fault reason"]),
    (3, ["page table", "offset"]), (4, ["PTE", "second stage"]), (5, ["permission"]),
    (6, ["reserved"]), (7, ["large page", "PS"]), (8, ["FSTS", "PFO", "FRCD"]),
    (9, ["dump", "dmesg"]), (10, ["IOTLB", "stale"]),
    (11, ["invalidation queue", "wait descriptor", "ATS"]),
    (12, ["strict", "lazy", "flush queue"]),
    (13, ["PASID", "first stage", "scalable mode", "canonical"]), (14, ["nested"]),
    (15, ["MSI", "vector", "IRTE", "interrupt remapping"]), (16, ["ACS", "group", "peer-to-peer"]),
    (17, ["spinlock", "AB-BA", "lockdep"]),
    (18, ["hard interrupt", "soft interrupt", "four letters"]),
    (19, ["klist"]), (20, ["cause"]),
  ]

  @Test("each term that a lesson brings up is in the glossary", arguments: terms.indices)
  func glossary(_ index: Int) throws {
    let (lesson, terms) = Self.terms[index]
    let name = try #require(Self.lessons.first { Int($0.prefix(2)) == lesson })
    let text = try String(
      contentsOfFile: Repository.path("Configs/course/\(name)/lesson.md"), encoding: .utf8
    ).lowercased().replacing("\n", with: " ")
    for term in terms {
      #expect(text.contains(term.lowercased()), "lesson \(lesson) does not say \(term)")
      #expect(try Tool.dmar(["words", term]).status == 0, "\(term)")
    }
  }
}
