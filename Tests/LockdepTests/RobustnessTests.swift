import TestSupport
import Testing

@testable import Lockdep

/// Whatever is thrown at it, a program ends in reports or in silence, or is refused with its place.
@Suite struct RobustnessTests {
  static func runAll(_ text: String) {
    guard let program = try? LockProgram(parsing: text) else { return }
    for goesOn in [false, true] {
      let runner = LockProgramRunner(program, configuration: LockdepConfiguration(goesOn: goesOn))
      for report in runner.run().reports { _ = render(report, in: runner.symbols) }
    }
    _ = LockExplorer(program).search(bound: 300)
  }

  @Test(
    "what the fuzzer found stays found",
    arguments: [
      // A context that was never initialised, reached through a field that names it.
      "MLBASE(o2) LOCKDEP_RELEASE(o2) SET[o2.ctx=t2] WWAI(d) SET[t2=t] SET[t2.stamp--] WWL(o,t)=1"
        + " WWL(o2,t)=-EDEADLK WWU(o) WWL_SLOW(o3,t)"
    ])
  func fuzzed(text: String) {
    Self.runAll(text)
  }

  @Test("random words of the notation never trap", arguments: Array(0..<4))
  func words(block: Int) {
    let words =
      LockVerb.all.map(\.word) + InterruptOperation.allCases.map(\.rawValue) + [
        "@a/0", "@b/1", "@irq/0", "@softirq/1", "EXIT", "USER", "RCU_LOCK", "RCU_UNLOCK",
        "RCU_BH_LOCK", "RCU_BH_UNLOCK", "FSR_ACQUIRE", "MIGHT_ALLOC(KERNEL)", "NOFS_SAVE",
        "DOWNGRADE", "SYNC", "PIN", "UNPIN", "KFREE", "MIGHT_LOCK", "WWAI", "WWAF", "WWL1", "WWU",
        "L_NEST(A,nest=B)",
      ]
    let lockWords = Set(LockVerb.all.map(\.word)).union([
      "DOWNGRADE", "SYNC", "PIN", "UNPIN", "KFREE", "MIGHT_LOCK", "WWAI", "WWAF", "WWL1", "WWU",
    ])
    var numbers = SplitMix(state: UInt64(block) + 77)
    for _ in 0..<150 {
      let text = (0..<60).map { _ -> String in
        let word = words[numbers.next(below: words.count)]
        guard lockWords.contains(word) else { return word }
        return "\(word)(\(["A", "B", "X1", "X2", "A/3"][numbers.next(below: 5)]))"
      }
      Self.runAll(text.joined(separator: " "))
    }
  }

  @Test("operations with ids of nobody do nothing")
  func unknownIDs() {
    let validator = Validator()
    let nowhere = LockdepContext(cpu: CPUID(rawValue: 9), task: TaskID(rawValue: 9))
    #expect(validator.acquire(LockID(rawValue: 5), in: nowhere, at: .none) == nil)
    #expect(validator.release(LockID(rawValue: 5), in: nowhere, at: .none) == nil)
    #expect(validator.hardirqsOn(in: nowhere, at: .none) == nil)
    #expect(validator.heldLocks(of: nowhere.task).isEmpty)
    #expect(validator.isOn)
  }

  @Test("each table that overflows says so and ends the run")
  func limits() {
    for (limits, title) in [
      (Limits(classes: 3), "BUG: MAX_LOCKDEP_KEYS too low!"),
      (Limits(entries: 4), "BUG: MAX_LOCKDEP_ENTRIES too low!"),
      (Limits(chains: 3), "BUG: MAX_LOCKDEP_CHAINS too low!"),
      (Limits(chainLocks: 6), "BUG: MAX_LOCKDEP_CHAIN_HLOCKS too low!"),
      (Limits(traceWords: 3), "BUG: MAX_STACK_TRACE_ENTRIES too low!"),
    ] {
      let program = (try? LockProgram(parsing: "L(A) L(B) L(C) L(D) U(D) U(C) U(B) U(A)"))
      guard let program else { continue }
      let runner = LockProgramRunner(program, configuration: LockdepConfiguration(limits: limits))
      let outcome = runner.run()
      #expect(outcome.reports.map(\.title) == [title])
      #expect(
        outcome.reports.first.map { render($0, in: runner.symbols).prefix(2) } == [
          title, "turning off the locking correctness validator.",
        ])
    }
  }

  @Test("a validator that goes on reports each finding once")
  func goesOn() throws {
    let program = try LockProgram(
      parsing: "L(A) L(B) U(B) U(A) L(B) L(A) U(A) U(B) L(B) L(A) U(A) U(B)"
        + " HARDIRQ_ENTER L(C) U(C) HARDIRQ_EXIT L(C) U(C) L(C) U(C) U(C) L(A) U(A)")
    let runner = LockProgramRunner(program, configuration: LockdepConfiguration(goesOn: true))
    #expect(
      runner.run().reports.map(\.title) == [
        "possible circular locking dependency detected", "inconsistent lock state",
        "bad unlock balance detected!",
      ])
  }

  @Test(
    "what is wrong in a table is told with its place",
    arguments: [
      ("name\tops\n", 1, 1), ("name\tops\texpected\na\tL(A\tFAILURE\n", 2, 6),
      ("name\tops\texpected\na\tL(A) Q(A)\tFAILURE\n", 2, 8),
      ("name\tops\texpected\na\tL(A)\tPERHAPS\n", 2, 8), ("name\tops\texpected\na\tL(A)\n", 2, 7),
      ("", 1, 1), ("name\tops\texpected\na\tSET[o.zzz=1]\tFAILURE\n", 2, 7),
      ("name\tops\texpected\na\t@a/x L(A)\tFAILURE\n", 2, 6),
    ])
  func places(text: String, line: Int, column: Int) {
    #expect {
      _ = try LockProgramFile(parsing: text)
    } throws: { error in
      (error as? LockProgramFileError).map { $0.line == line && $0.column == column } ?? false
    }
  }
}
