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
    #expect(lines.map { $0.prefix(4) } == ["pass", "FAIL", "pass", "fail", "2 pa"])
    #expect(lines.last == "2 passed, 1 failed")
  }

  @Test("the shards of a run have every scenario once")
  func shards() throws {
    let folder = try Self.folder()
    var seen: [String] = []
    for shard in ["1/2", "2/2"] {
      let output = try Tool.dmar("test", Self.path(folder), "--shard", shard).outputText
      seen += output.split(separator: "\n")
        .filter { $0.hasPrefix("pass") || $0.hasPrefix("FAIL") }.map(String.init)
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
    #expect(lines[0] == "TAP version 13")
    #expect(lines[1] == "1..3")
    #expect(lines[2].hasPrefix("ok 1 - ") && lines[2].hasSuffix("/a.yaml"))
    #expect(lines[3].hasPrefix("not ok 2 - ") && lines[3].hasSuffix("/b.yaml"))
    try #require(lines.count == 11, "\(lines)")
    #expect(lines[4...6] == ["  ---", "  severity: fail", "  message: |"])
    #expect(
      lines[7].hasSuffix(
        #"/b.yaml:2:25: a splat "inconsistent lock state"; none was expected"#))
    #expect(lines[8] == "  ...")
    #expect(lines.last == "# 2 passed, 1 failed")
    #expect(result.errorText.hasSuffix("2 passed, 1 failed\n"))
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
    // A failure has all that happened, the others what the kernel printed.
    #expect(text.components(separatedBy: "<system-out># boot").count == 2)
    #expect(text.contains("blocked, reason 0x05"))
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
    let wrote = result.outputText.split(separator: "\n").filter { $0.contains("      wrote") }
    #expect(wrote.map { $0.hasSuffix("/new.log") || $0.hasSuffix("/stale.log") } == [true, true])
    let printed = try Tool.dmar("replay", new).outputText
    for name in ["new.log", "stale.log"] {
      let written = try String(contentsOf: folder.url.appending(path: name), encoding: .utf8)
      #expect(written == printed)
    }
    #expect(try Tool.dmar("test", new, stale, good).status == 0)
    #expect(result.outputText.contains("\nwrote 2 logs\n"))
  }

  @Test(
    "--update writes no file that is not the scenario's own log",
    arguments: [
      "expect: {log: ../outside.log}", "expect: {log: other.yaml}", "extends: base.yaml",
    ])
  func updateRefused(expectation: String) throws {
    let folder = try TemporaryFolder()
    let report = "extends: \(Repository.path("Configs/klist-splat/report.yaml"))\n"
    let result = try Tool.shell(
      "mkdir s; echo x > outside.log; echo x > s/other.yaml; echo x > s/base.log; "
        + "printf '\(report)expect: {log: base.log}\n' > s/base.yaml; "
        + "printf '\(expectation.hasPrefix("extends") ? "" : report)\(expectation)\n' > s/a.yaml; "
        + "\"$DMAR\" test s/a.yaml --update; echo $?; cat outside.log s/other.yaml s/base.log",
      in: folder)
    #expect(result.outputText.hasSuffix("1\nx\nx\nx\n"), "\(result.outputText)")
    #expect(result.outputText.contains("the log is not written: "))
  }

  @Test("a difference is a unified diff, with its place in the scenario and all of it counted")
  func difference() throws {
    let folder = try TemporaryFolder()
    let report = Repository.path("Configs/klist-splat/report.yaml")
    let result = try Tool.shell(
      "\"$DMAR\" replay \(report) | sed -e '2s/.*/changed/' -e '$d' > w.log; "
        + "printf 'extends: \(report)\nexpect: {log: w.log, splat: none}\n' > a.yaml; "
        + "printf 'extends: \(report)\n' > b.yaml; \"$DMAR\" test a.yaml b.yaml; \"$DMAR\" test a.yaml",
      in: folder)
    let outputs = result.outputText.components(separatedBy: "1 passed, 1 failed\n")
    try #require(outputs.count == 2)
    // The failure of the only scenario stands right above: it is not listed again.
    #expect(outputs[1].components(separatedBy: "a.yaml:2:15: the log differs").count == 2)
    let lines = outputs[0].split(separator: "\n").map(String.init)
    #expect(
      lines[1].hasPrefix(
        "      a.yaml:2:15: the log differs from w.log in 2 places, first at line 2"))
    #expect(
      lines[1].hasSuffix("(1 lines missing, 2 added); dmar test --update writes what was printed"))
    #expect(lines[2...4] == ["      --- w.log", "      +++ printed", "      @@ -1,5 +1,5 @@"])
    #expect(lines.contains("      -changed"))
    #expect(
      lines.contains {
        $0.hasPrefix("  a.yaml:2:15: the log differs") && $0.hasSuffix("(and 1 more)")
      })
  }

  @Test("a scenario that expects nothing fails, unless that is allowed")
  func empty() throws {
    let folder = try TemporaryFolder()
    let text = "extends: \(Repository.path("Configs/klist-splat/report.yaml"))\nexpect: ~\n"
    let path = try folder.write(text, as: "a.yaml")
    #expect(try Tool.dmar("test", path).status == 1)
    #expect(try Tool.dmar("test", path, "--allow-empty").status == 0)
  }

  @Test("a scenario whose steps check what they read needs no other expectation")
  func checkingSteps() throws {
    let folder = try TemporaryFolder()
    let text = "extends: \(Repository.path("Configs/driver/dirty-tracking.yaml"))\nexpect: ~\n"
    #expect(try Tool.dmar("test", try folder.write(text, as: "a.yaml")).status == 0)
  }

  @Test("filters add up, exclusions take away, a file named twice runs once")
  func selection() throws {
    let folder = try Self.folder()
    func list(_ arguments: String...) throws -> [String] {
      try Tool.dmar(["test", "--list"] + arguments).outputText
        .split(separator: "\n").map { String($0.suffix(6)) }
    }
    let path = Self.path(folder)
    #expect(try list(path, path + "/a.yaml") == ["a.yaml", "b.yaml", "c.yaml"])
    #expect(try list(path, "--filter", "a.y", "--filter", "c.y") == ["a.yaml", "c.yaml"])
    #expect(try list(path, "--exclude", "a.y") == ["b.yaml", "c.yaml"])
  }

  @Test("--fail-fast begins nothing after the first failure")
  func failFast() throws {
    let folder = try Self.folder()
    let result = try Tool.dmar("test", Self.path(folder), "--fail-fast", "--jobs", "1")
    #expect(result.outputText.hasSuffix("1 passed, 1 failed\n"))
  }

  @Test("a scenario that takes too long is stopped at a step, and the others run")
  func timeout() throws {
    let folder = try Self.folder()
    let dma = "  - dma: {device: 00:1a.0, access: write, address: 0, repeat: 1000}\n"
    let report = Repository.path("Configs/klist-splat/report.yaml")
    _ = try folder.write(
      "extends: \(report)\nsteps:\n" + String(repeating: dma, count: 900), as: "slow.yaml")
    let result = try Tool.dmar("test", Self.path(folder), "--timeout", "0.001")
    #expect(result.status == 1)
    #expect(result.outputText.contains("stopped here after 0.001 s (--timeout)"))
    let path = folder.url.appending(path: "slow.yaml").path(percentEncoded: false)
    #expect(try Tool.dmar("replay", path, "--timeout", "0.001").status == 65)
  }

  @Test("prove of Debian reads the protocol and finds the failure")
  func prove() throws {
    let folder = try Self.folder()
    let result = try Tool.shell(
      "prove -v --exec \"$DMAR test --tap\" a.yaml b.yaml", in: folder)
    #expect(result.status != 0)
    #expect(result.outputText.contains("Failed test:  1"), "\(result.outputText)")
    #expect(!result.outputText.contains("Parse errors"), "\(result.outputText)")
  }

  @Test("names in JUnit do not depend on how a path was typed")
  func names() throws {
    let folder = try Self.folder()
    let result = try Tool.shell(
      "mkdir d; mv *.yaml d; for p in d ./d/ d/../d $PWD/d; do \"$DMAR\" test $p --junit - 2> err "
        + "| grep -o 'classname=.* line=\"[0-9]*\"' | cksum; done | sort -u | wc -l", in: folder)
    #expect(result.outputText == "1\n", "\(result.errorText)")
  }

  @Test("--update cures no other expectation")
  func updateKeepsOthers() throws {
    let folder = try Self.folder()
    let result = try Tool.dmar("test", Self.path(folder), "--update")
    #expect(result.status == 1)
    #expect(!result.outputText.contains("wrote"))
  }
}
