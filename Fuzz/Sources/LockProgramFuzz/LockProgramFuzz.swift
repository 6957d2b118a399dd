import Lockdep

/// Any text is a table of lock programs or an error with its place; any program ends in reports or
/// in silence, and every report has a text.
@_cdecl("LLVMFuzzerTestOneInput")
public func checkLockPrograms(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  if let file = try? LockProgramFile(parsing: text) {
    for row in file.rows.prefix(4) { run(row.program, row.readsAreRecursive) }
  }
  if let program = try? LockProgram(parsing: text) { run(program, false) }
  return 0
}

private func run(_ program: LockProgram, _ readsAreRecursive: Bool) {
  for goesOn in [false, true] {
    let runner = LockProgramRunner(
      program, configuration: LockdepConfiguration(goesOn: goesOn),
      readsAreRecursive: readsAreRecursive)
    let outcome = runner.run()
    for report in outcome.reports { _ = render(report, in: runner.symbols) }
    _ = runner.validator.classListing()
    _ = runner.validator.graphviz(name: "fuzz")
  }
  _ = LockExplorer(program, readsAreRecursive: readsAreRecursive).search(bound: 500)
}
