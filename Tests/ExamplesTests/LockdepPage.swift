import Lockdep

func lockdep() throws {
  let program = try LockProgram(parsing: "L(A) L(B) U(B) U(A) L(B) L(A) U(A) U(B)")
  let runner = LockProgramRunner(
    program, configuration: LockdepConfiguration(), symbols: ProgramSymbols(function: "program"))
  let outcome = runner.run()
  for (report, step) in zip(outcome.reports, outcome.reportSteps) {
    runner.symbols.show(step: step)
    for line in render(report, in: runner.symbols) { print(line) }
  }
  for line in runner.validator.classListing() where !line.isEmpty { print(line) }
}
