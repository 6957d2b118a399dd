import Foundation
import TestSupport
import Testing

@Suite("dmar test")
struct TestCommandTests {
  /// Scenarios: two that pass, one that does not.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let base = "extends: \(Repository.path("Configs/klist-splat/report.yaml"))\n"
    _ = try folder.write(base, as: "a.yaml")
    _ = try folder.write(base + "expect: {log: ~, splat: none}\n", as: "b.yaml")
    _ = try folder.write(base, as: "c.yaml")
    return folder
  }

  private static func path(_ folder: TemporaryFolder) -> String {
    folder.url.path(percentEncoded: false)
  }

  @Test(
    "results come in the order of the files, however many run at once", arguments: ["1", "2", "9"])
  func order(jobs: String) throws {
    let folder = try Self.folder()
    let lines = try Tool.dmar("test", Self.path(folder), "--jobs", jobs).outputText
      .split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(lines.map { $0.prefix(4) } == ["pass", "FAIL", "pass", "2 pa"])
    #expect(lines.last == "2 passed, 1 failed")
  }

  @Test("the shards of a run have every scenario once")
  func shards() throws {
    let folder = try Self.folder()
    var seen: [String] = []
    for shard in ["1/2", "2/2"] {
      let output = try Tool.dmar("test", Self.path(folder), "--shard", shard).outputText
      seen += output.split(separator: "\n").filter { $0.hasSuffix(".yaml") }.map(String.init)
    }
    #expect(seen.map { $0.suffix(6) }.sorted() == ["a.yaml", "b.yaml", "c.yaml"])
  }

  @Test(
    "a shard that cannot be is wrong usage",
    arguments: ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "-1/2"])
  func badShard(_ shard: String) throws {
    #expect(try Tool.dmar("test", "Configs/locks", "--shard=\(shard)").status == 64)
  }

  @Test("nothing to run is an error, so that a mistyped filter is seen")
  func nothing() throws {
    let result = try Tool.dmar("test", "Configs/locks", "--filter", "no such thing")
    #expect(result.status == 66)
    #expect(result.errorText.contains("a scenario whose path has \"no such thing\" was expected"))
  }

  @Test("TAP has a plan, a test point for each scenario and quoted mismatches")
  func tap() throws {
    let folder = try Self.folder()
    let result = try Tool.dmar("test", Self.path(folder), "--tap")
    let lines = result.outputText.split(separator: "\n").map(String.init)
    #expect(result.status == 1)
    #expect(lines[0] == "TAP version 14")
    #expect(lines[1] == "1..3")
    #expect(lines[2].hasPrefix("ok 1 - ") && lines[2].hasSuffix("/a.yaml"))
    #expect(lines[3].hasPrefix("not ok 2 - ") && lines[3].hasSuffix("/b.yaml"))
    #expect(
      lines[4...7] == [
        "  ---", "  mismatches:",
        #"    - "a splat \"inconsistent lock state\"; none was expected""#, "  ...",
      ])
    #expect(lines.last == "# 2 passed, 1 failed")
  }

  @Test("the JUnit file is XML with a test case for each scenario")
  func junit() throws {
    let folder = try Self.folder()
    let file = folder.url.appending(path: "results.xml")
    let result = try Tool.dmar(
      "test", Self.path(folder), "--junit", file.path(percentEncoded: false))
    #expect(result.status == 1)
    let text = try String(contentsOf: file, encoding: .utf8)
    for part in [
      #"tests="3" failures="1" errors="0" skipped="0""#, #"name="a.yaml""#, #"name="c.yaml""#,
      "a splat &quot;inconsistent lock state&quot;; none was expected</failure>",
    ] {
      #expect(text.contains(part), "\(text)")
    }
    let check = try Tool.run(
      "/usr/bin/env",
      ["python3", "-c", "import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])"]
        + [file.path(percentEncoded: false)])
    #expect(check.status == 0, "\(check.errorText)")
  }

  @Test("--update writes the log that a scenario expects, new or changed, and nothing else")
  func update() throws {
    let folder = try TemporaryFolder()
    let base = "extends: \(Repository.path("Configs/klist-splat/report.yaml"))\n"
    let new = try folder.write(base + "expect: {log: new.log}\n", as: "new.yaml")
    let stale = try folder.write(base + "expect: {log: stale.log}\n", as: "stale.yaml")
    _ = try folder.write("something else\n", as: "stale.log")
    let good = try folder.write(base, as: "good.yaml")
    #expect(try Tool.dmar("test", new, stale).status == 1)
    let result = try Tool.dmar("test", new, stale, good, "--update")
    #expect(result.status == 0, "\(result.outputText)")
    let wrote = result.outputText.split(separator: "\n").filter { $0.contains("wrote") }
    #expect(wrote.map { $0.hasSuffix("/new.log") || $0.hasSuffix("/stale.log") } == [true, true])
    let printed = try Tool.dmar("replay", new).outputText
    for name in ["new.log", "stale.log"] {
      let written = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
      #expect(written == printed)
    }
    #expect(try Tool.dmar("test", new, stale, good).status == 0)
  }

  @Test("--update cures no other expectation")
  func updateKeepsOthers() throws {
    let folder = try Self.folder()
    let result = try Tool.dmar("test", Self.path(folder), "--update")
    #expect(result.status == 1)
    #expect(!result.outputText.contains("wrote"))
  }
}
