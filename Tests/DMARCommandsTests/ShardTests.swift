import Foundation
import TestSupport
import Testing

@testable import DMARCommands

@Suite("Parts of a test run, and putting their results together")
struct ShardTests {
  static let folder = "Configs/klist-splat"

  private func list(_ line: String) throws -> (status: Int32, lines: [String], errors: String) {
    let folder = try TemporaryFolder()
    let result = try Tool.shell("cd '\(Repository.root.path())'; \(line)", in: folder)
    return (
      result.status, result.outputText.split(separator: "\n").map(String.init), result.errorText
    )
  }

  @Test("Bazel's variables choose the parts of --shard, their index from 0")
  func environment() throws {
    let whole = try list("$DMAR test --list \(Self.folder)").lines
    var parts: [String] = []
    for index in 0..<3 {
      let part = try list(
        "TEST_TOTAL_SHARDS=3 TEST_SHARD_INDEX=\(index) $DMAR test --list \(Self.folder)")
      #expect(
        part.lines == (try list("$DMAR test --list --shard \(index + 1)/3 \(Self.folder)").lines))
      parts += part.lines
    }
    #expect(parts.sorted() == whole.sorted())
    // An option that is given goes before.
    #expect(
      try list(
        "TEST_TOTAL_SHARDS=3 TEST_SHARD_INDEX=0 $DMAR test --list --shard 1/1 \(Self.folder)"
      )
      .lines == whole)
  }

  @Test(
    "variables that name no part are wrong usage",
    arguments: ["3 3", "3 -1", "0 0", "x 0", "2 ''"])
  func wrongEnvironment(_ values: String) throws {
    let parts = values.split(separator: " ")
    let result = try list(
      "TEST_TOTAL_SHARDS=\(parts[0]) TEST_SHARD_INDEX=\(parts[1]) $DMAR test --list \(Self.folder)")
    #expect(result.status == 64)
    #expect(result.errors.contains("TEST_SHARD_INDEX"))
  }

  @Test("the status file says that parts are run")
  func statusFile() throws {
    let folder = try TemporaryFolder()
    let result = try Tool.shell(
      "cd '\(Repository.root.path())'; TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=0 "
        + "TEST_SHARD_STATUS_FILE=\"$OLDPWD/status\" $DMAR test --list \(Self.folder)", in: folder)
    #expect(result.status == 0)
    #expect(FileManager.default.fileExists(atPath: folder.url.appending(path: "status").path()))
  }

  @Test("--merge makes one document of the parts' documents, which counts as one run does")
  func merge() throws {
    let folder = try TemporaryFolder()
    let result = try Tool.shell(
      """
      T="$PWD"; cd '\(Repository.root.path())'
      for i in 1 2 3; do $DMAR test --shard $i/3 --junit "$T/$i.xml" \(Self.folder) > /dev/null; done
      $DMAR test \(Self.folder) | tail -n 1
      $DMAR test --merge "$T"/[123].xml --junit "$T/all.xml"
      python3 -c 'import sys, xml.dom.minidom as m
      d = m.parse(sys.argv[1])
      print(len(d.getElementsByTagName("testcase")), d.documentElement.getAttribute("tests"))' "$T/all.xml"
      """, in: folder)
    let lines = result.outputText.split(separator: "\n")
    #expect(result.status == 0, "\(result.errorText)")
    #expect(lines.count == 3)
    #expect(lines.first == lines.dropFirst().first, "\(lines)")
    let counts = lines.last?.split(separator: " ") ?? []
    #expect(counts.first == counts.last)
  }

  @Test("a merge fails where a part failed, and passes over comments and CDATA")
  func failures() throws {
    let folder = try TemporaryFolder()
    let one = try folder.write(
      "<testsuites><!-- <testsuite> --><testsuite name='a>b'><testcase name='x'/></testsuite></testsuites>",
      as: "a.xml")
    let other = try folder.write(
      "<?xml version='1.0'?><testsuite><testcase><failure><![CDATA[</testsuite>]]></failure></testcase>"
        + "<testcase><skipped/></testcase></testsuite>", as: "b.xml")
    let result = try Tool.dmar("test", "--merge", one, other)
    #expect(result.status == 1)
    #expect(result.errorText == "1 passed, 1 failed, 1 skipped\n")
    #expect(result.outputText.contains(#"tests="3" failures="1" errors="0" skipped="1""#))
    #expect(result.outputText.contains("<![CDATA[</testsuite>]]>"))
  }

  @Test(
    "what is not JUnit XML is told with file and line, exit 65",
    arguments: [
      ("", ":1:1: no XML"), ("text", ":1:1: no XML"), ("\n<html></html>", ":2:1: <html>"),
      ("<testsuites>\n<testsuite>\n", ":3:1: the document ends within a testsuite"),
      ("<testsuite><a", ":1:1: the document ends within a tag"),
      ("<testsuite><!-- ", ":1:1: the document ends within a comment"),
      ("</testsuite>", ":1:1: a testsuite ends that never began"), ("<", "ends within a tag"),
    ])
  func noJUnit(text: String, message: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, as: "a.xml")
    let result = try Tool.dmar("test", "--merge", path)
    #expect(result.status == 65)
    #expect(result.errorText.contains(message), "\(result.errorText)")
  }

  @Test(
    "documents put together at random are merged, or told with a line that they have",
    arguments: 1...40)
  func random(seed: UInt64) {
    let parts = [
      "<testsuites>", "</testsuites>", "<testsuite>", "</testsuite>", "<testsuite/>",
      "<testsuite a='>'>",
      "<testcase>", "</testcase>", "<testcase/>", "<failure>", "<error/>", "<skipped/>", "<!--",
      "-->",
      "<![CDATA[", "]]>", "<?xml ?>", "<!", "<", ">", "/", "\"", "'", "\n", "\r\n", " ", "x",
      "\u{301}",
    ]
    var numbers = SplitMix(state: seed)
    for _ in 0..<200 {
      let text = (0..<numbers.next(below: 20)).map { _ in parts[numbers.next(below: parts.count)] }
        .joined()
      var merge = JUnitMerge()
      do throws(JUnitMerge.Problem) {
        try merge.add(text)
        #expect(merge.text.contains("</testsuites>"))
      } catch {
        #expect((1...1 + text.utf8.count { $0 == 10 }).contains(error.line))
      }
    }
  }
}
