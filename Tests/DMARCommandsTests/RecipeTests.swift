import Foundation
import TestSupport
import Testing

/// What CONTRIBUTING.md promises: its places are there, and a recipe that is half done fails here unless
/// the test that it names does so.
@Suite("The recipes of CONTRIBUTING.md")
struct RecipeTests {
  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: Repository.path(path), encoding: .utf8)
  }

  /// The files and folders that stand between backquotes.
  static func places() throws -> [String] {
    let text = try text("CONTRIBUTING.md")
    return Set(
      text.matches(of: /`((?:Sources|Tests|Configs|Packaging)\/[^`]+)`/).map { String($0.1) }
    )
    .sorted()
  }

  @Test("each place that a recipe names is there", arguments: try places())
  func place(_ path: String) {
    #expect(FileManager.default.fileExists(atPath: Repository.path(path)))
  }

  @Test("each recipe names what fails while it is half done")
  func failures() throws {
    let recipes = try Self.text("CONTRIBUTING.md").split(separator: "\n### ").dropFirst()
    #expect(recipes.count >= 10)
    for recipe in recipes {
      #expect(
        recipe.contains(/[Ff]ails\s+until done:\s+`Tests\//), "\(recipe.prefix(40))")
    }
  }

  @Test("a fault reason that dmar decode has advice for has its scenario")
  func reasons() throws {
    let scenarios = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path("Configs/faults"))
    let codes = (1...255).map { String($0, radix: 16) }
    let text = try Tool.dmar(["decode", "reason"] + codes).outputText
    let examples = text.matches(of: /\n  example +Configs\/faults\/(0x[0-9a-f]{2})-/).map {
      String($0.1)
    }
    #expect(examples.count > 30)
    for code in examples {
      let own = scenarios.filter { $0.hasPrefix(code + "-") }
      #expect(!own.isEmpty, "reason \(code) has no scenario")
      // Of 0x91 the scenario tells why memory of a scenario never gives it.
      let gives = try own.contains {
        try Self.text("Configs/faults/\($0)").contains("reason: \(code)")
      }
      #expect(gives || code == "0x91", "no scenario of reason \(code) expects it")
    }
  }

  /// The causes in the order of their numbers, as the document has them, and the numbers for which
  /// Tests/Corpus has a log.
  private static func corpus(_ document: String) throws -> (numbers: [String: Int], known: Set<Int>)
  {
    let list = try #require(
      document.firstMatch(of: /Causes, in the order of their numbers: ((?s:.*?))\.\n/)
    ).1
    let names = list.matches(of: /`([a-z-]+)`/).map { String($0.1) }
    let labels = try text("Tests/Corpus/labels.tsv").split(separator: "\n").dropFirst()
    return (
      Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 + 1) }),
      Set(labels.compactMap { Int($0.split(separator: "\t")[2]) })
    )
  }

  @Test(
    "each cause of explain has a log in DiagnosisTests or Tests/Corpus, and a name in the document")
  func causes() throws {
    let finding = try Self.text("Sources/Diagnosis/Finding.swift")
    let body = try #require(finding.firstMatch(of: /enum Cause: (?s:.*?)\n  }\n/)).0
    let causes = body.matches(of: /\n\s+case (\w+) = "([a-z-]+)"/).map {
      (name: String($0.1), id: String($0.2))
    }
    #expect(causes.count > 25)
    let tests = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path("Tests/DiagnosisTests")
    ).map { try Self.text("Tests/DiagnosisTests/\($0)") }.joined()
    let document = try Self.text("Sources/Diagnosis/Diagnosis.docc/Explain.md")
    let corpus = try Self.corpus(document)
    for cause in causes {
      let number = corpus.numbers[cause.id] ?? 0
      let isTested = tests.contains(".\(cause.name)") || corpus.known.contains(number)
      // A guest's mapping is not a cause with a number: its logs are those of Tests/Golden.
      #expect(isTested || cause.id == "guest-mapping", "no test has a log for \(cause.id)")
      #expect(document.contains("`\(cause.id)`"), "Explain.md has no \(cause.id)")
    }
  }

  @Test("each fuzz target has its folder and its row, and cases and seeds are a target's")
  func fuzzTargets() throws {
    let rows = Set(
      try Self.text("Fuzz/Package.swift").matches(of: /fuzz\(\s*"(\w+)"/).map { String($0.1) })
    func folders(_ path: String) throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: Repository.path(path)))
    }
    #expect(try folders("Fuzz/Sources") == rows)
    #expect(Set(try folders("Fuzz/Cases").map { $0 + "Fuzz" }).isSubset(of: rows))
    let seeds = try #require(
      try Self.text("Fuzz/run").firstMatch(of: /\nSEEDS = \{(?s:.*?)\n\}/)
    ).0.matches(of: /\n {4}"(\w+)": \[/).map { String($0.1) }
    #expect(!seeds.isEmpty && Set(seeds).isSubset(of: rows))
  }

  @Test("each layout of registers and entries is one that dmar decode knows")
  func layouts() throws {
    let list = try Self.text("Sources/VTdFormats/Layouts.swift")
    var count = 0
    for folder in ["Registers", "Tables"] {
      let path = "Sources/VTdFormats/\(folder)"
      for file in try FileManager.default.contentsOfDirectory(atPath: Repository.path(path)) {
        for match in try Self.text("\(path)/\(file)").matches(
          of: /\npublic struct (\w+): (?:RegisterImage|WideImage|Image128)[ ]/)
        {
          count += 1
          #expect(list.contains("\(match.1).self"), "dmar decode does not know \(match.1)")
        }
      }
    }
    #expect(count > 15)
  }

  @Test("each timeline of a setting is joined to a field, and its page is made anew")
  func settings() throws {
    let folder = "Sources/KernelProfiles/Settings"
    let all = try Self.text("Sources/KernelProfiles/KernelSetting+All.swift")
    let page = try Self.text("Sources/KernelProfiles/KernelProfiles.docc/KernelProfiles.md")
    var count = 0
    for file in try FileManager.default.contentsOfDirectory(atPath: Repository.path(folder)) {
      for match in try Self.text("\(folder)/\(file)").matches(
        of: /static let (\w+Timeline) = Timeline(?:<\w+>)?\(\s*"(\w+)"/)
      {
        count += 1
        #expect(all.contains(match.1), "\(match.1) is not in KernelSetting.all")
        #expect(page.contains(match.2), "KernelProfiles.md has no \(match.2): make docs")
      }
    }
    #expect(count > 20)
  }
}
