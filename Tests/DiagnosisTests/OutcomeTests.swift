import Diagnosis
import KernelLog
import PCI
import TestSupport
import Testing

/// Verdicts against how public reports ended; the reports belong to other people and lie beside the
/// repository.
@Suite(
  "Outcomes of real reports",
  .enabled(if: Shared.isHere, "the corpus is not beside this repository"))
struct OutcomeTests {
  struct Row {
    var file: String
    var device: String
    var place: String
    var cause: Int
  }

  static func rows() throws -> [Row] {
    let bytes = try #require(Shared.bytes("corpus/outcomes.tsv"))
    return bytes.split(separator: 0x0a).dropFirst().compactMap { line in
      let columns = String(decoding: line, as: UTF8.self)
        .split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count >= 6, ["settled", "likely"].contains(columns[5]),
        let cause = Int(columns[2])
      else { return nil }
      let record = columns[1].split(separator: " ").map(String.init)
      guard record.count >= 2, record[0].contains(".") else { return nil }
      return Row(
        file: columns[0], device: String(record[0].suffix(7)), place: record[1], cause: cause)
    }
  }

  @Test("few records end open, and no wrong cause is told with more than even odds")
  func outcomes() throws {
    let rows = try Self.rows()
    var open = 0
    for row in rows {
      let bytes = try #require(Shared.bytes("corpus/" + row.file))
      let own = explanation(of: bytes).faults.filter {
        $0.group.function.description.hasSuffix(row.device)
      }
      let fault = own.first { $0.group.address.map { "0x" + String($0, radix: 16) } == row.place }
      let verdict = try #require((fault ?? own.first)?.verdict, "\(row.file) \(row.device)")
      if verdict.cause == .unknown {
        open += 1
      } else if verdict.cause.number != row.cause {
        #expect(verdict.confidence <= 50, "\(row.file) \(row.device): \(verdict.verdict)")
      }
    }
    #expect(open * 100 <= rows.count * 15, "\(open) of \(rows.count) are open")
  }

  @Test("lock reports of other people's kernels get the titles that trackers give them")
  func titles() throws {
    let index = try #require(Shared.bytes("corpus/syzkaller/index.tsv"))
    var right = 0
    var count = 0
    for line in index.split(separator: 0x0a).dropFirst() {
      let columns = String(decoding: line, as: UTF8.self).split(
        separator: "\t", omittingEmptySubsequences: false
      ).map(String.init)
      guard columns.count > 2, let bytes = Shared.bytes("corpus/syzkaller/\(columns[0]).txt") else {
        continue
      }
      count += 1
      let splats = explanation(of: bytes).splats
      if columns[1] == "none" {
        #expect(splats.isEmpty, "\(columns[0])")
        right += 1
      } else if let title = splats.first?.title,
        // The head as it stands says as little.
        title == columns[2] || title.hasSuffix(" in corrupted") && !columns[2].contains(" in ")
      {
        right += 1
      } else {
        Issue.record("\(columns[0]): \(splats.first?.title ?? "no report"), not \(columns[2])")
      }
    }
    #expect(count > 40)
    #expect(right == count, "\(right) of \(count)")
  }
}
