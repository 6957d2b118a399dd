import Foundation
import Scenario
import TestSupport
import Testing
import YAMLNodes
import YAMLReading

@testable import Browser

/// A module, and questions to it.
private struct Asked {
  private var module = Module()

  /// The answer to a question that is given as JSON.
  mutating func ask(_ question: String) throws -> [String: Any] {
    let bytes = module.answer(Array(question.utf8))
    return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  /// The answer to a question whose members are given.
  mutating func ask(_ operation: String, _ members: [String: Any] = [:]) throws -> [String: Any] {
    var members = members
    members["operation"] = operation
    let bytes = module.answer(Array(try JSONSerialization.data(withJSONObject: members)))
    return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }
}

/// A document as a page sends it.
private func nodes(_ yaml: String) throws -> Any {
  var budget = ReadingBudget()
  return try LibYAML.document(of: yaml, budget: &budget).map(form) ?? NSNull()
}

private func form(_ node: YAMLNode) -> Any {
  var parts: [Any] = [node.line, node.column]
  switch node.content {
  case .scalar(let text, let style):
    let letters: [YAMLNode.Style: String] = [
      .plain: "p", .singleQuoted: "s", .doubleQuoted: "d", .literal: "l", .folded: "f",
    ]
    parts += [letters[style] ?? "p", text]
  case .sequence(let elements): parts += ["[", elements.map(form)]
  case .mapping(let pairs): parts += ["{", pairs.flatMap { [form($0.key), form($0.value)] }]
  case .alias(let name): parts += ["*", name]
  }
  if let anchor = node.anchor { parts.append(anchor) }
  return parts
}

@Suite("The module for web pages")
struct ModuleTests {
  /// Every file of Configs as a page sends it, by its path from there.
  private static func library() -> [String: [String: Any]] {
    let root = Repository.path("Configs")
    var files: [String: [String: Any]] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: root) ?? .init() {
      guard let text = try? String(contentsOfFile: root + "/" + name, encoding: .utf8) else {
        continue
      }
      files[name] = ["text": text]
      if name.hasSuffix(".yaml"), let nodes = try? nodes(text) { files[name]?["nodes"] = nodes }
    }
    return files
  }

  @Test(
    "a scenario from nodes prints what the same scenario prints from its file",
    arguments: [
      "klist-splat/report.yaml", "faults/0x05-write-not-permitted.yaml", "golden/ratelimit.yaml",
      "driver/device-tlb.yaml",
    ])
  func run(_ name: String) throws {
    var module = Asked()
    let path = Repository.path("Configs/" + name)
    try #require(
      FileManager.default.fileExists(atPath: path), "\(name) is not a scenario of Configs")
    let answer = try module.ask("run", ["scenario": name, "files": Self.library()])
    guard case .finished(let run) = try ScenarioRun.run(ScenarioLoader().load(path)) else {
      return
    }
    #expect(answer["lines"] as? [String] == run.lines)
    #expect(answer["failures"] as? [String] == [])
    let parts = try #require(answer["parts"] as? [String: String])
    #expect(parts["verdict"]?.contains("<h2>") == true)
    let picture = try module.ask("picture", ["event": 0])
    #expect(picture["ok"] as? Bool == true)
  }

  @Test("an error of a scenario has its place and the line that the program prints")
  func place() throws {
    var module = Asked()
    let text = "steps:\n  - {}\nmachine: {memory: 1GiB, colour: red}\n"
    let answer = try module.ask(
      "run", ["scenario": "a.yaml", "files": ["a.yaml": ["nodes": try nodes(text)]]])
    #expect(answer["ok"] as? Bool == false)
    let error = try #require(answer["error"] as? [String: Any])
    #expect(error["file"] as? String == "a.yaml")
    #expect((error["text"] as? String)?.hasPrefix("a.yaml:") == true)
    #expect(answer["status"] as? Int == 65)
  }

  @Test("a log is explained, and a scenario is made of it that replays")
  func log() throws {
    var module = Asked()
    let path = Repository.path("Tests/Golden/klist-splat.log.gz")
    let packed = try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString()
    let files = [["name": "a.log", "base64": packed]]
    let explained = try module.ask("explain", ["files": files])
    #expect((explained["text"] as? String)?.contains("verdict") == true)
    #expect((explained["page"] as? String)?.hasPrefix("<!DOCTYPE html>") == true)
    let imported = try module.ask("import", ["files": files])
    let yaml = try #require(imported["yaml"] as? String)
    #expect(yaml.contains("steps:"))
    let replayed = try module.ask(
      "run", ["scenario": "b.yaml", "files": ["b.yaml": ["nodes": try nodes(yaml)]]])
    #expect((replayed["lines"] as? [String])?.contains { $0.contains("[fault reason") } == true)
  }

  @Test("a packed log that is cut off is explained as far as it goes, and told")
  func cutLog() throws {
    let path = Repository.path("Tests/Golden/inputs/packed.log.gz")
    let packed = try Data(contentsOf: URL(fileURLWithPath: path))
    func explain(_ bytes: Data) throws -> [String: Any] {
      var asked = Asked()
      let files = [["name": "a.log.gz", "base64": bytes.base64EncodedString()]]
      return try asked.ask("explain", ["files": files, "want": ["text"]])
    }
    let whole = try explain(packed)
    let cut = try explain(packed.dropLast(4))
    #expect(whole["messages"] as? [String] == [])
    #expect(
      cut["messages"] as? [String] == ["dmar: not read: a.log.gz: the gzip data ends too early"])
    let text = try #require(cut["text"] as? String)
    #expect(text.contains("not read: a.log.gz: the gzip data ends too early"))
    #expect(text.hasPrefix("DMA read by 03:00.0 from 0xfffb2000, reason 0x06"))
  }

  @Test(
    "what is not a question has an answer that says what was expected",
    arguments: [
      ("{", "JSON"), ("[]", "object"), ("{}", "operation"), (#"{"operation":"no"}"#, "decode"),
      (#"{"operation":"decode","kind":"ptx","value":"1"}"#, "pte"),
      (#"{"operation":"decode","kind":"pte","value":"x"}"#, "hexadecimal"),
      (#"{"operation":"run"}"#, "scenario"),
      (#"{"operation":"run","scenario":"a","files":{"a":{"nodes":[1]}}}"#, "node"),
      (#"{"operation":"run","scenario":"a","files":{"a":{}}}"#, "nodes"),
      (#"{"operation":"run","scenario":"a"}"#, "No such file"),
      (#"{"operation":"run","scenario":"a","files":{"a":{"text":"x"}}}"#, "nodes"),
      (#"{"operation":"explain","files":[{"name":"a","text":"nothing"}]}"#, "kernel log"),
      (#"{"operation":"import","files":[]}"#, "fault record"),
      (#"{"operation":"picture","event":1}"#, "run"),
      (#"{"operation":"matrix","scenario":"a","width":5}"#, "72"),
    ])
  func refused(_ question: String, _ expected: String) throws {
    var module = Asked()
    let answer = try module.ask(question)
    #expect(answer["ok"] as? Bool == false)
    let error = try #require(answer["error"] as? [String: Any])
    let message = try #require(error["message"] as? String)
    #expect(message.contains(expected), "\(message)")
  }

  @Test("nodes that stand too deep in each other are an error of the document")
  func depth() throws {
    var module = Asked()
    let deep =
      String(repeating: #"[1,1,"[",["#, count: 240) + String(repeating: "]]", count: 240)
    let answer = try module.ask(
      #"{"operation":"check","scenario":"a","files":{"a":{"nodes":\#(deep)}}}"#)
    let error = try #require(answer["error"] as? [String: Any])
    #expect((error["message"] as? String)?.contains("200 deep") == true, "\(error)")
  }

  @Test("each cure says which settings it decides, and every lesson of the course is drawn")
  func cures() throws {
    var module = Asked()
    let cures = try #require(try module.ask("cures", [:])["cures"] as? [[String: Any]])
    #expect(cures.count > 2)
    for cure in cures { #expect((cure["settings"] as? [String: String])?.isEmpty == false) }
    let lessons = try #require(
      try module.ask("lessons", ["files": Self.library()])["lessons"] as? [[String: Any]])
    #expect(lessons.count > 5)
    for lesson in lessons { #expect((lesson["html"] as? String)?.contains("<p>") == true) }
  }

  @Test("each exercise is shown, its start fails and each of its solutions passes")
  func exercises() throws {
    var module = Asked()
    let library = Self.library()
    let lessons = try #require(
      try module.ask("lessons", ["files": library])["lessons"] as? [[String: Any]])
    for lesson in lessons {
      let folder = try #require(lesson["folder"] as? String)
      let files = Self.named(by: folder, in: library)
      for number in 1...(try #require(lesson["exercises"] as? [Any]).count) {
        let question: [String: Any] = ["folder": folder, "exercise": number, "seed": 7]
        try Self.tryExercise(question, files, &module)
      }
    }
  }

  /// The files of a folder, and those that they extend, take their table from or expect as their log.
  private static func named(by folder: String, in library: [String: [String: Any]])
    -> [String: [String: Any]]
  {
    var files: [String: [String: Any]] = [:]
    var waiting = library.keys.filter { $0.hasPrefix(folder + "/") }
    while let name = waiting.popLast() {
      guard files[name] == nil, let file = library[name] else { continue }
      files[name] = file
      for line in (file["text"] as? String ?? "").split(separator: "\n") {
        let found = ["extends: ", "dmar: ", "log: "].lazy.compactMap { line.firstRange(of: $0) }
        guard let place = found.first?.upperBound else { continue }
        var parts = name.split(separator: "/").dropLast()
        for part in line[place...].split(separator: "/") {
          if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        waiting.append(parts.joined(separator: "/"))
      }
    }
    return files
  }

  private static func tryExercise(
    _ question: [String: Any], _ files: [String: [String: Any]], _ module: inout Asked
  ) throws {
    func asked(_ operation: String, _ more: [String: Any]) throws -> [String: Any] {
      try module.ask(operation, question.merging(more) { $1 })
    }
    let name = "\(question)"
    let shown = try asked("exercise", ["files": files])
    #expect(shown["ok"] as? Bool == true, "\(name): \(shown)")
    guard shown["kind"] as? String != "code" else { return }
    let solution = try asked("solution", ["files": files])
    let answers = try #require(solution["answers"] as? [String])
    if !answers.isEmpty {
      let right = try asked("check-answer", ["files": files, "answers": answers])
      #expect(right["passed"] as? Bool == true, "\(name): \(right)")
      let wrong = try asked(
        "check-answer", ["files": files, "answers": answers.map { _ in "no answer" }])
      #expect(wrong["passed"] as? Bool == false, "\(name): \(wrong)")
      return
    }
    // The answer lies beside the lesson's own files, so that what it names is found.
    let folder = try #require(question["folder"] as? String)
    let path = folder + "/" + (try #require(shown["file"] as? String))
    func result(_ text: String) throws -> [String: Any] {
      var files = files
      files[path] = ["text": text, "nodes": (try? nodes(text)) ?? NSNull()]
      return try asked("check-answer", ["files": files, "answer": path])
    }
    for file in try #require(solution["files"] as? [[String: String]]) {
      let right = try result(file["text"] ?? "")
      #expect(right["passed"] as? Bool == true, "\(name), \(file["name"] ?? ""): \(right)")
    }
    let start = try result(try #require(shown["start"] as? String))
    #expect(start["passed"] as? Bool != true, "\(name): \(start)")
  }

  @Test("the questions of a fuzz case are answered", arguments: FuzzCases.all("PageCall"))
  func fuzzCase(_ file: URL) throws {
    var module = Module()
    let isSeed = !file.lastPathComponent.contains("-")
    for question in try FuzzCases.bytes(file).split(separator: 10) {
      let answer = String(decoding: module.answer(Array(question)), as: UTF8.self)
      #expect(answer.hasPrefix(isSeed ? #"{"ok":true"# : #"{"ok":"#), "\(answer.prefix(300))")
    }
  }
}
