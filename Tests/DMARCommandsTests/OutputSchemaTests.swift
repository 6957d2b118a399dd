import Foundation
import TestSupport
import Testing

/// The part of JSON Schema that the schemas of outputs use, read independently of the program.
private struct OutputSchema {
  private let root: [String: Any]

  init(_ name: String) throws {
    let data = try Data(contentsOf: URL(filePath: Repository.path("docs/schemas/\(name).json")))
    root = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// What a document has that the schema does not allow, a sentence each.
  func problems(_ text: String) throws -> [String] {
    let value = try JSONSerialization.jsonObject(
      with: Data(text.utf8), options: [.fragmentsAllowed])
    return Self.problems(value, root, "the document")
  }

  private static func problems(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
    if let choices = schema["oneOf"] as? [[String: Any]] {
      let results = choices.map { problems(value, $0, place) }
      let matches = results.filter { $0.isEmpty }.count
      return matches == 1
        ? [] : ["\(place) fits \(matches) choices: \(results.min { $0.count < $1.count } ?? [])"]
    }
    var found: [String] = []
    if let expected = schema["const"], "\(expected)" != "\(value)" {
      found.append("\(place) is \(value), not \(expected)")
    }
    let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
    if !types.isEmpty, Set(types).isDisjoint(with: kinds(of: value)) {
      found.append("\(place) is of kind \(kinds(of: value)), not \(types)")
    }
    let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
    if let object = value as? [String: Any] {
      for key in schema["required"] as? [String] ?? [] where object[key] == nil {
        found.append("\(place) lacks \(key)")
      }
      for (key, member) in object {
        if let known = properties[key] { found += problems(member, known, "\(place).\(key)") }
      }
    }
    if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
      for element in list { found += problems(element, items, "\(place)[]") }
    }
    return found
  }

  /// What a value may be; Foundation does not tell every truth value from a number.
  private static func kinds(of value: Any) -> [String] {
    if value is NSNull { return ["null"] }
    if value is String { return ["string"] }
    if value is [Any] { return ["array"] }
    if value is [String: Any] { return ["object"] }
    return ["integer", "boolean"]
  }
}

@Suite("The JSON Schemas of outputs")
struct OutputSchemaTests {
  @Test(
    "the JSON Schemas of outputs allow each line of a trace",
    arguments: [
      "Configs/klist-splat/report.yaml", "Configs/stale/device-tlb-left-over.yaml",
      "Configs/faults/0x22-interrupt-entry-not-present.yaml", "Configs/bus/peer-direct.yaml",
      "Configs/driver/shared-process-page-request.yaml",
    ])
  func replay(path: String) throws {
    let schema = try OutputSchema("replay")
    let text = try Tool.dmar("replay", "--trace", "--format", "json", path).outputText
    for line in text.split(separator: "\n") {
      #expect(try schema.problems(String(line)) == [], "\(line.prefix(200))")
    }
  }

  @Test("the JSON Schemas of outputs allow the lines of a log without time stamps")
  func log() throws {
    let schema = try OutputSchema("replay")
    let text = try Tool.dmar(
      "replay", "--format", "json", "--no-timestamps", "Configs/klist-splat/report.yaml"
    ).outputText
    for line in text.split(separator: "\n") { #expect(try schema.problems(String(line)) == []) }
  }

  @Test(
    "the JSON Schemas of outputs allow documents",
    arguments: [
      (
        "walk",
        [
          "walk", "Configs/klist-splat/report.yaml", "--device", "00:1a.0", "--iova", "0x0",
          "--write", "--format", "json",
        ]
      ),
      ("decode", ["decode", "context", "0x102:0x19a8001", "--format", "json"]),
      ("decode", ["decode", "reason", "0x71", "--format", "json"]),
      ("explain", ["explain", "--format", "json", "Configs/boot/server.log"]),
      ("pci", ["pci", "--from", "Configs/golden/bridges.pci.yaml", "--format", "json"]),
    ])
  func document(schema: String, arguments: [String]) throws {
    let result = try Tool.dmar(arguments)
    #expect(try OutputSchema(schema).problems(result.outputText) == [], "\(result.errorText)")
  }

  @Test("the JSON Schemas of outputs refuse what is of another kind")
  func foreign() throws {
    let schema = try OutputSchema("replay")
    for text in ["[]", "{}", #"{"event":"log"}"#, #"{"event":"run","version":2}"#] {
      #expect(try schema.problems(text) != [], "\(text)")
    }
  }
}
