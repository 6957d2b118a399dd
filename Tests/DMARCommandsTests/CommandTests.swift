import Foundation
import TestSupport
import Testing

@Suite("The commands")
struct CommandTests {
  static let report = "Configs/klist-splat/report.yaml"

  @Test("replay without time stamps drops them and nothing else")
  func timestamps() throws {
    let stamped = try Tool.dmar("replay", Self.report).outputText
    let bare = try Tool.dmar("replay", "--no-timestamps", Self.report).outputText
    let stripped = stamped.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : String($0.dropFirst("[   32.283545] ".count)) }
    #expect(stripped.joined(separator: "\n") == bare)
  }

  @Test("replay in JSON prints one object a line, with level, time and text")
  func json() throws {
    let lines = try Tool.dmar("replay", "--format", "json", Self.report).outputText
      .split(separator: "\n")
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["event"] as? String == "log")
      #expect(object?["time_us"] is Int)
    }
    #expect(lines.first?.contains(#""level":3"#) == true)
  }

  @Test("replay with a trace shows what hardware and CPU do between the lines")
  func trace() throws {
    let lines = try Tool.dmar("replay", "--trace", "--no-timestamps", Self.report).outputText
      .split(separator: "\n").map(String.init)
    let trace = lines.filter { $0.hasPrefix("# ") }
    #expect(trace.allSatisfy { $0.count <= 100 })
    // A cause stands above what it led to, whatever else there is to tell.
    let order = [
      "00:1a.0 writes 0x0 through dmar0", "recorded in FRCD[0]", "dmar0 sends its fault message",
      "CPU0 rngd/1006 is interrupted by vector 0x21", "the lock validator reports",
    ]
    let text = trace.joined(separator: "\n")
    var rest = text[...]
    for part in order {
      let place = try #require(
        rest.range(of: part), "\(part) is missing or out of order in \(text)")
      rest = rest[place.upperBound...]
    }
    #expect(text.contains("PFO is set"))
  }

  @Test("replay with a trace in JSON has each key once and each cause before its effect")
  func traceAsJSON() throws {
    let lines = try Tool.dmar("replay", "--trace", "--format", "json", Self.report).outputText
      .split(separator: "\n").map(String.init)
    var number = 0
    for line in lines {
      // A reader that keeps the last of two equal keys would hide the first one.
      #expect(line.components(separatedBy: "\"event\":").count == 2, "\(line)")
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      guard let id = object["id"] as? Int else { continue }
      #expect(id == number)
      number += 1
      #expect(object["time_us"] is Int && object["who"] is [String: Any])
      if let cause = object["cause"] as? Int { #expect(cause < id) }
    }
    #expect(number > 100)
  }

  @Test("test runs every scenario below a folder and counts")
  func test() throws {
    let result = try Tool.dmar("test", "Configs/klist-splat")
    #expect(result.status == 0, "\(result.outputText)")
    let lines = result.outputText.split(separator: "\n")
    #expect(lines.last == "\(lines.count - 1) passed, 0 failed")
  }

  @Test("test fails with exit 1 where an expectation is not met, and says which")
  func failing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "extends: \(Repository.path(Self.report))\nexpect: {log: ~, splat: none}\n", as: "a.yaml")
    let result = try Tool.dmar("test", path)
    #expect(result.status == 1)
    #expect(result.outputText.contains(#"a splat "inconsistent lock state"; none was expected"#))
    #expect(result.outputText.hasSuffix("0 passed, 1 failed\n"))
  }

  @Test("test counts a scenario that cannot be read as failed, with its place")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("steps: 1\n", as: "a.yaml")
    let result = try Tool.dmar("test", path)
    #expect(result.status == 1)
    #expect(result.outputText.contains("a.yaml:1:8: steps is \"1\""))
  }

  @Test("walk shows each entry, its fields and why the request is blocked")
  func walk() throws {
    let text = try Tool.dmar(
      "walk", Self.report, "--device", "00:1a.0", "--iova", "0x0", "--write"
    ).outputText
    for part in [
      "1. root entry at 0x127f41000", "2. context entry at 0x127f42d00",
      "3. second-stage entry, level 4 at 0x12d8ab000", "DID       87:72    0x15",
      "blocked: fault reason 0x05", "PTE Write access is not set",
    ] {
      #expect(text.contains(part), "\(text)")
    }
  }

  @Test("walk of a mapped page ends with the physical address")
  func walkMapped() throws {
    let text = try Tool.dmar(
      "walk", "Configs/klist-splat/mapped.yaml", "--device", "00:1a.0", "--iova", "0x123"
    ).outputText
    #expect(text.contains("translated: 0x123 -> 0x100000123"), "\(text)")
    #expect(text.contains("second-stage entry, level 1"))
  }

  @Test("walk in JSON is one document")
  func walkJSON() throws {
    let data = try Tool.dmar(
      "walk", Self.report, "--device", "00:1a.0", "--iova", "0x0", "--format", "json"
    ).output
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    #expect((object?["steps"] as? [Any])?.count == 3)
  }
}
