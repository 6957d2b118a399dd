import Diagnosis
import Foundation
import KernelLog
import PCI
import TestSupport
import Testing

/// Verdicts on `Tests/Corpus`: invented logs of lines that kernels print, each made for one cause.
@Suite("Verdicts on the logs of Tests/Corpus")
struct OwnCorpusTests {
  struct Label: CustomTestStringConvertible, Sendable {
    let file: String
    let device: String
    let cause: Int
    let culprit: String
    let isHarmless: Bool
    var testDescription: String { file }
  }

  static let folder = Repository.path("Tests/Corpus")

  static func labels() throws -> [Label] {
    try String(contentsOfFile: folder + "/labels.tsv", encoding: .utf8)
      .split(separator: "\n").dropFirst().compactMap { line in
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard columns.count == 7, let cause = Int(columns[2]) else { return nil }
        return Label(
          file: columns[0], device: String(columns[1].prefix { $0 != " " }), cause: cause,
          culprit: columns[3], isHarmless: columns[4] == "yes")
      }
  }

  @Test("each fault has its cause first, its culprit, and how bad it is", arguments: try labels())
  func verdict(_ label: Label) throws {
    let bytes = try Data(contentsOf: URL(filePath: "\(Self.folder)/logs/\(label.file)"))
    let fault = try #require(
      explanation(of: Array(bytes)).faults.first {
        $0.group.function.description.hasSuffix(label.device)
      })
    let verdict = try #require(fault.verdict)
    #expect(verdict.cause.number == label.cause, "\(verdict.verdict)")
    #expect(verdict.culprit.contains(label.culprit), "\(verdict.culprit)")
    #expect((verdict.severity == .harmless) == label.isHarmless)
  }

  @Test("every log has a label, or nothing to explain")
  func labelled() throws {
    let labelled = Set(try Self.labels().map(\.file))
    #expect(labelled.count >= 12)
    for file in try FileManager.default.contentsOfDirectory(atPath: Self.folder + "/logs") {
      let bytes = try Data(contentsOf: URL(filePath: "\(Self.folder)/logs/\(file)"))
      let faults = explanation(of: Array(bytes)).faults
      #expect(labelled.contains(file) == !faults.isEmpty, "\(file)")
    }
  }
}
