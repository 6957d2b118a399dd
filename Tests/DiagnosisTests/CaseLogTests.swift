import Diagnosis
import Foundation
import KernelLog
import LogReading
import TestSupport
import Testing

/// Small logs, one for each kind of evidence, with what an explanation has to say about them and
/// what it must not say: `Tests/Golden/logs/EXPECTED.tsv`.
@Suite("Small logs of every kind")
struct CaseLogTests {
  struct Expectation: CustomTestStringConvertible, Sendable {
    let file: String
    let must: String
    let mustNot: String
    var testDescription: String { "\(file) says \(must)" }
  }

  static let folder = Repository.path("Tests/Golden/logs")

  static let expectations: [Expectation] = {
    let table = (try? String(contentsOfFile: folder + "/EXPECTED.tsv", encoding: .utf8)) ?? ""
    return table.split(separator: "\n").dropFirst().compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count == 3 else { return nil }
      return Expectation(file: columns[0], must: columns[1], mustNot: columns[2])
    }
  }()

  /// The explanation on one line, as wide as it is.
  static func text(of files: [String]) throws -> String {
    let explanation = try explanation(of: files)
    guard !explanation.isEmpty else { return "nothing that a kernel prints" }
    return ExplanationText(width: 100_000).render(explanation)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// What is made of some files of the folder.
  private static func explanation(of files: [String]) throws -> Explanation {
    var collector = LogCollector()
    var inputs: [[UInt8]] = []
    for file in files {
      var reader = LogReader()
      collector.begin(file: file)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + file)))
      inputs.append(bytes)
      bytes.withUnsafeBytes { reader.read($0) { collector.take($0) } }
      reader.finish { collector.take($0) }
      if reader.kernelLineCount > 0 || bytes.isEmpty { collector.noteLog() }
    }
    collector.take(DiagnosisTests.history(of: inputs, collector.contents.faultAddresses))
    return Explanation(collector.contents)
  }

  /// What the mapping history beside a fault shows is the fault's cause.
  private static let histories: [(file: String, cause: Finding.Cause)] = [
    ("history-other-device.log", .mappedForAnother), ("history-never.log", .neverMapped),
  ]

  @Test("a mapping history beside a fault decides its cause", arguments: histories.indices)
  func history(_ index: Int) throws {
    let (file, cause) = Self.histories[index]
    let faults = try Self.explanation(of: [file]).faults
    #expect(faults.map { $0.verdict?.cause } == [cause])
  }

  @Test("the table of expectations is there")
  func table() {
    #expect(Self.expectations.count > 60)
  }

  @Test("what a log shows is said, and nothing that it does not show", arguments: expectations)
  func expected(_ row: Expectation) throws {
    let text = try Self.text(of: [row.file])
    if row.must != "-" {
      let must = try Regex(row.must).ignoresCase()
      #expect(text.contains(must), "\(text)")
    }
    if row.mustNot != "-" {
      let mustNot = try Regex(row.mustNot).ignoresCase()
      #expect(!text.contains(mustNot), "\(text)")
    }
  }

  @Test("a record that two files hold counts once, and both files are named")
  func duplicates() throws {
    let text = try Self.text(of: ["twice/dmesg.log", "twice/messages.log"])
    #expect(text.contains("seen once"))
    #expect(text.contains("twice/messages.log:2"))
    #expect(text.contains("1 fault record, 1 incident"))
  }
}
