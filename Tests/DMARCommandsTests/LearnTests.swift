import Foundation
import TestSupport
import Testing

@Suite("dmar learn")
struct LearnTests {
  /// Runs the command with a state folder of its own.
  private func learn(_ arguments: [String], in folder: String) throws -> Tool {
    try Tool.dmar(["learn"] + arguments + ["--folder", folder])
  }

  private func folder() -> String {
    FileManager.default.temporaryDirectory.appending(path: "learn-\(UUID())")
      .path(percentEncoded: false)
  }

  private func json(_ tool: Tool) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: tool.output) as? [String: Any])
  }

  @Test("a lesson is shown, checked, hinted at and done")
  func lesson() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text = try learn(["7"], in: folder).outputText
    #expect(text.contains("7. Large pages") && text.contains("\(folder)/07.yaml"))
    #expect(!text.contains("YOUR-FILE") && !text.contains("$("))
    let first = try learn(["7", "--check"], in: folder)
    #expect(first.status == 1 && first.outputText.contains("not yet:"))
    #expect(try learn(["7", "--hint"], in: folder).outputText.hasPrefix("hint 1 of 3"))
    #expect(try learn(["7", "--hint"], in: folder).outputText.hasPrefix("hint 2 of 3"))
    let solution = try learn(["7", "--solution"], in: folder).outputText
    try solution.write(toFile: folder + "/07.yaml", atomically: true, encoding: .utf8)
    let done = try learn(["7", "--check"], in: folder)
    #expect(
      done.status == 0 && done.outputText == "right: lesson 7 is done\n  next: dmar learn 8\n")
    #expect(try learn([], in: folder).outputText.contains("7  done  Large pages"))
    #expect(try learn(["7", "--reset"], in: folder).status == 0)
    #expect(try learn(["7", "--check"], in: folder).status == 1)
  }

  @Test("each seed has a file and a solution of its own")
  func seeds() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try learn(["7", "--seed", "5"], in: folder)
    let solution = try learn(["7", "--seed", "5", "--solution"], in: folder).outputText
    let path = folder + "/07.yaml"
    try solution.write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try learn(["7", "--seed", "5", "--check"], in: folder).status == 0)
    #expect(try learn(["7", "--seed", "6", "--check"], in: folder).status == 1)
    let wrong = try json(
      try learn(["7", "--seed", "6", "--check", "--format", "json", path], in: folder))
    #expect(wrong["passed"] as? Bool == false && wrong["seed"] as? Int == 6)
  }

  @Test("the list of lessons ends with the command for the first one that is not done")
  func list() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let lines = try learn([], in: folder).outputText.split(separator: "\n")
    #expect(lines.last == "next: dmar learn 0")
    #expect(lines.count == 22)
  }

  @Test("a file that is no answer is told in a few lines")
  func anotherFile() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try learn(["0"], in: folder)
    let result = try learn(["0", "Configs/klist-splat/report.yaml", "--check"], in: folder)
    #expect(result.status == 1)
    let lines = result.outputText.split(separator: "\n")
    #expect(lines.count { $0.contains("is not yours to change here") } == 4)
    #expect(lines.contains { $0.contains("is this file an answer to it?") }, "\(result.outputText)")
  }

  @Test("an address in the middle of a page mends nothing: the kernel maps whole pages")
  func middleOfPage() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = try learn(["5.2"], in: folder)
    let path = folder + "/05-2.yaml"
    let solution = try learn(["5.2", "--solution"], in: folder).outputText
    #expect(solution.contains("iova: 0x0,"))
    for (address, status) in [("0x0", 0), ("0x10", 65), ("0x1", 65)] {
      let answer = solution.replacingOccurrences(of: "iova: 0x0,", with: "iova: \(address),")
      try answer.write(toFile: path, atomically: true, encoding: .utf8)
      let checked = try learn(["5.2", "--check"], in: folder)
      #expect(checked.status == status, "\(address): \(checked.outputText)")
      if status != 0 {
        #expect(checked.errorText.contains("lies in the middle of a page"))
      }
    }
  }

  @Test("questions are answered on the command line, by seed")
  func questions() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let solution = try json(
      try learn(["1", "--seed", "7", "--solution", "--format", "json"], in: folder))
    let answers = try #require(solution["answers"] as? [String])
    #expect(answers.count == 6)
    #expect(try learn(["1", "--seed", "7", "--check"] + answers, in: folder).status == 0)
    let other = try learn(
      ["1", "--seed", "8", "--format", "json", "--check"] + answers, in: folder)
    #expect(other.status == 1)
    #expect(try json(other)["passed"] as? Bool == false)
  }

  /// Every exercise that is answered with one file or with words, by what it is asked for.
  @Test(
    "an exercise of each kind passes with its solution and fails with its start",
    arguments: [
      "0", "2.1", "5.2", "8", "9", "10.2", "11", "12", "14", "16.1", "17.1", "17.2", "18.1",
    ])
  func kinds(_ name: String) throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let shown = try json(try learn([name, "--seed", "3", "--format", "json"], in: folder))
    #expect((shown["task"] as? String)?.contains("$(") == false)
    let solution = try json(
      try learn([name, "--seed", "3", "--solution", "--format", "json"], in: folder))
    let answers = try #require(solution["answers"] as? [String])
    let check = [name, "--seed", "3", "--check"]
    if answers.isEmpty {
      #expect(try learn(check, in: folder).status == 1)
      let file = try #require(shown["file"] as? String)
      let text = try #require((solution["files"] as? [String])?.first)
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      let done = try learn(check, in: folder)
      #expect(done.status == 0, "\(done.outputText)\(done.errorText)")
    } else {
      let wrong = answers.map { _ in "wrong" }
      #expect(try learn(check + wrong, in: folder).status == 1)
      let done = try learn(check + answers, in: folder)
      #expect(done.status == 0, "\(done.outputText)\(done.errorText)")
    }
    #expect(try learn([name, "--hint", "--format", "json"], in: folder).status == 0)
  }

  @Test("a board fills answer by answer")
  func board() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let solution = try json(try learn(["13.2", "--solution", "--format", "json"], in: folder))
    let files = try #require(solution["files"] as? [String])
    #expect(files.count == 4)
    for (index, text) in files.enumerated() {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let path = folder + "/answer.yaml"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let result = try json(
        try learn(["13.2", "--check", "--format", "json", path], in: folder))
      #expect(result["passed"] as? Bool == true)
      #expect(result["done"] as? Bool == (index == 3))
      #expect((result["left"] as? [String])?.count == 3 - index)
    }
    #expect(try learn([], in: folder).outputText.contains("13 1/2   PASIDs"))
  }

  @Test("the commits that lesson 19 asks for are those that matrix finds")
  func commits() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let solution = try json(try learn(["19.2", "--solution", "--format", "json"], in: folder))
    let answers = try #require(solution["answers"] as? [String])
    let matrix = try Tool.dmar(["matrix", "klist-splat/report", "--changed"]).outputText
    let lines = matrix.split(separator: "\n").filter { $0.hasPrefix("First with") }
      .prefix(2)
    #expect(answers.count == 2)
    #expect(lines.count == 2 && zip(lines, answers).allSatisfy { $0.contains($1) }, "\(lines)")
  }

  @Test("an answer that changes the machine instead of the tables is refused")
  func anotherMachine() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let solution = try learn(["7", "--solution"], in: folder).outputText
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try (solution + "\nmachine: {memory: 2GiB}\n").write(
      toFile: folder + "/07.yaml", atomically: true, encoding: .utf8)
    let result = try learn(["7", "--check"], in: folder)
    #expect(result.status == 1)
    #expect(result.outputText.contains("machine.memory is not yours to change here"))
  }

  @Test("a student's own log is taken in the place of the one that is there")
  func ownLog() throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try learn(["20"], in: folder).outputText.contains("\(folder)/20.log"))
    let none = try learn(["20", "--check"], in: folder)
    #expect(none.status == 1 && none.outputText.contains("dmar import"))
    let text = try learn(["20", "--solution"], in: folder).outputText
    try text.write(toFile: folder + "/20.yaml", atomically: true, encoding: .utf8)
    #expect(try learn(["20", "--check"], in: folder).status == 0)
    try "nothing of interest\n".write(
      toFile: folder + "/20.log", atomically: true, encoding: .utf8)
    let other = try learn(["20", "--check"], in: folder)
    #expect(other.status == 1 && other.outputText.contains("no DMA fault"))
  }

  @Test(
    "what cannot be asked for is said",
    arguments: [["99"], ["--check"], ["4", "x"], ["4.7"], ["four"], ["1", "--watch"]])
  func usage(_ arguments: [String]) throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try learn(arguments, in: folder).status == 64)
  }
}
