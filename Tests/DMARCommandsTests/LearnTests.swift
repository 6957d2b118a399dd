import Foundation
import TestSupport
import Testing

@Suite("dmar learn")
struct LearnTests {
  private static let dmar = Repository.path(".build/debug/dmar")

  /// Runs the command with a state folder of its own.
  private func learn(_ arguments: [String], in folder: String) throws -> Tool {
    try Tool.run(Self.dmar, ["learn"] + arguments + ["--folder", folder])
  }

  private func folder() -> String {
    FileManager.default.temporaryDirectory.appending(path: "learn-\(UUID())")
      .path(percentEncoded: false)
  }

  @Test("a lesson is shown, checked, hinted at and done")
  func lesson() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try learn(["4"], in: folder).outputText.contains("4. Map a page"))
    let first = try learn(["4", "--check"], in: folder)
    #expect(first.status == 1 && first.outputText.contains("not yet:"))
    #expect(try learn(["4", "--hint"], in: folder).outputText.hasPrefix("hint 1 of 2"))
    #expect(try learn(["4", "--hint"], in: folder).outputText.hasPrefix("hint 2 of 2"))
    let solution = try learn(["4", "--solution"], in: folder).outputText
    try solution.write(toFile: folder + "/04.yaml", atomically: true, encoding: .utf8)
    let done = try learn(["4", "--check"], in: folder)
    #expect(done.status == 0 && done.outputText == "right: lesson 4 is done\n")
    #expect(try learn([], in: folder).outputText.contains("4  done  Map a page"))
    #expect(try learn(["4", "--reset"], in: folder).status == 0)
    #expect(try learn(["4", "--check"], in: folder).status == 1)
  }

  @Test("questions are answered on the command line, by seed")
  func questions() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let solution = try learn(["1", "--seed", "7", "--solution"], in: folder).outputText
    let answers = solution.split(separator: "\n").map { line in
      String(line.split(separator: " ").last ?? "")
    }
    #expect(answers.count == 6)
    #expect(try learn(["1", "--seed", "7", "--check"] + answers, in: folder).status == 0)
    let other = try learn(["1", "--seed", "8", "--check"] + answers, in: folder)
    #expect(other.status == 1)
    let json = try learn(
      ["1", "--seed", "8", "--format", "json", "--check"] + answers, in: folder)
    #expect(json.outputText.contains("\"passed\":false"))
  }

  @Test("what cannot be asked for is said", arguments: [["99"], ["--check"], ["4", "x"]])
  func usage(_ arguments: [String]) throws {
    let folder = folder()
    #expect(try learn(arguments, in: folder).status == 64)
  }
}
