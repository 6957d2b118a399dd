import Testing

@testable import Lockdep

/// The kernel's own lock selftests, with what a real 6.1.192 kernel did in each.
@Suite struct SelftestTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var row: LockProgramFile.Row
    /// `silent`, or the title of the report.
    var kernel: String

    var testDescription: String { row.name }
  }

  static let cases: [Case] = {
    guard let text = try? Golden.text("lock-selftests.tsv"),
      let file = try? LockProgramFile(parsing: text)
    else { return [] }
    let lines = text.split(separator: "\n").dropFirst()
    return zip(file.rows, lines).map { row, line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      return Case(row: row, kernel: fields[9] == "silent" ? "silent" : String(fields[10]))
    }
  }()

  /// The report's title; for an inconsistent state with the pair of usages, as the table has it.
  static func title(_ report: LockReport) -> String {
    if case .inconsistentState(let state) = report {
      return "\(report.title) {\(state.previous)}->{\(state.new)}"
    }
    return report.title
  }

  @Test("the table has 233 programs")
  func count() {
    #expect(Self.cases.count == 233)
  }

  @Test("each selftest reports what the real kernel reported", arguments: cases)
  func verdict(test: Case) {
    let runner = LockProgramRunner(
      test.row.program, readsAreRecursive: test.row.readsAreRecursive)
    let outcome = runner.run()
    #expect(outcome.isFailure == test.row.expectsFailure)
    #expect(outcome.reports.first.map(Self.title) ?? "silent" == test.kernel)
    #expect(outcome.failedAssertions.isEmpty, "\(outcome.failedAssertions)")
  }
}
