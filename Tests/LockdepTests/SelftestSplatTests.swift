import Foundation
import Testing

@testable import Lockdep

/// One report of each kind that the kernel's selftests provoke, whole, as a real kernel printed it.
@Suite struct SelftestSplatTests {
  struct Case: CustomTestStringConvertible, Sendable {
    /// The section in splats.txt.
    var title: String
    var program: String
    var ops: String
    var isTainted = true
    var endsWithTailCall = true
    /// Events of the boot task before the program.
    var eventsBefore: UInt32 = 0

    var testDescription: String { title }
  }

  static let cases = [
    Case(
      title: "possible recursive locking detected", program: "AA_spin", ops: "L(X1) L(X2)",
      isTainted: false),
    Case(
      title: "possible circular locking dependency detected", program: "ABBA_spin",
      ops: "L(A) L(B) U(B) U(A) L(B) L(A) U(A) U(B)", isTainted: false),
    Case(
      title: "bad unlock balance detected!", program: "double_unlock_spin", ops: "L(A) U(A) U(A)",
      isTainted: false),
    Case(title: "held lock freed!", program: "init_held_spin", ops: "L(A) SI(A)"),
    Case(
      title: "inconsistent lock state", program: "irqsafe1_hard_spin_12",
      ops: "HARDIRQ_ENTER L(A) U(A) HARDIRQ_EXIT L(A) U(A)", eventsBefore: 1575),
    Case(
      title: "possible irq lock inversion dependency detected", program: "irqsafe4_hard_spin_123",
      ops: "HARDIRQ_DISABLE L(A) L(B) U(B) U(A) HARDIRQ_ENABLE L(B) U(B)"
        + " HARDIRQ_ENTER L(A) U(A) HARDIRQ_EXIT"),
    Case(
      title: "HARDIRQ-safe -> HARDIRQ-unsafe", program: "irqsafe4_hard_spin_231",
      ops: "L(B) U(B) HARDIRQ_ENTER L(A) U(A) HARDIRQ_EXIT"
        + " HARDIRQ_DISABLE L(A) L(B) U(B) U(A) HARDIRQ_ENABLE"),
    Case(
      title: "SOFTIRQ-safe -> SOFTIRQ-unsafe", program: "irqsafe4_soft_spin_231",
      ops: "L(B) U(B) SOFTIRQ_ENTER L(A) U(A) SOFTIRQ_EXIT"
        + " SOFTIRQ_DISABLE L(A) L(B) U(B) U(A) SOFTIRQ_ENABLE"),
    Case(
      title: "HARDIRQ-READ-safe -> HARDIRQ-READ-unsafe", program: "irq_inversion_hard_spin_231",
      ops: "L(B) U(B) HARDIRQ_ENTER RL(A) RU(A) HARDIRQ_EXIT"
        + " HARDIRQ_DISABLE WL(A) L(B) U(B) WU(A) HARDIRQ_ENABLE"),
    Case(
      title: "SOFTIRQ-READ-safe -> SOFTIRQ-READ-unsafe", program: "irq_inversion_soft_spin_231",
      ops: "L(B) U(B) SOFTIRQ_ENTER RL(A) RU(A) SOFTIRQ_EXIT"
        + " SOFTIRQ_DISABLE WL(A) L(B) U(B) WU(A) SOFTIRQ_ENABLE"),
    Case(
      title: "Nested lock was not taken", program: "ww_test_context_fini_early",
      ops: "WWAI(t) WWL(o,t) WWAD(t) WWAF(t)", endsWithTailCall: false),
    Case(
      title: "[ BUG: Invalid wait context ]", program: "ww_test_spin_block",
      ops: "L(A) U(A) WWL1(o) L(A) U(A) WWU(o) L(A) WWL1(o) WWU(o) U(A)"),
  ]

  /// The lines of a section of part A.
  static func section(_ title: String) throws -> [Substring] {
    let text = try Golden.text("splats.txt")
    let partA = text.prefix(
      upTo: try #require(text.range(of: "################ Part B")).lowerBound)
    let heading = "######## \(title)\n"
    let start = try #require(partA.range(of: heading)).upperBound
    let end = partA[start...].range(of: "\n\n\n########")?.lowerBound ?? partA.endIndex
    var lines = partA[start..<end].split(separator: "\n", omittingEmptySubsequences: false)
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  @Test("the selftest's report is the real one, line for line", arguments: cases)
  func report(test: Case) throws {
    let symbols = ProgramSymbols(
      function: test.program,
      outer: ["dotest", "locking_selftest", "start_kernel", "secondary_startup_64_no_verify"]
        .map { "\($0)+0x1/0x2" },
      endsWithTailCall: test.endsWithTailCall)
    symbols.style = .ofGolden
    if test.isTainted {
      symbols.ident = "6.1.192 #1 Tainted: G        W         "
      symbols.taint = "Tainted: G        W         "
    }
    symbols.keySymbols = [
      "&lock_A": "__key.23+0x0/0x10", "&lock_B": "__key.17+0x0/0x10",
      "&rwlock_A": "__key.22+0x0/0x10",
    ]
    let runner = LockProgramRunner(
      try LockProgram(parsing: test.ops), readsAreRecursive: true, symbols: symbols)
    var before = IRQTrace()
    before.events = test.eventsBefore
    runner.validator.setIRQTrace(before, of: runner.context(of: 0).task)
    let outcome = runner.run()
    let report = try #require(outcome.reports.first)
    symbols.show(step: outcome.reportSteps[0])
    let golden = Normalising.golden(try Self.section(test.title))
    #expect(differences(Normalising.records(render(report, in: symbols)), from: golden) == [])
  }
}
