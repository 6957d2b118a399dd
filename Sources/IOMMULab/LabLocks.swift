public import Lockdep

/// Locks taken in contexts, judged as the kernel's lock validator judges them.
///
/// ```swift
/// let locks = try LabLocks(
///   """
///   @boot L(&k->k_lock) U(&k->k_lock)
///   @hardirq L(&k->k_lock) U(&k->k_lock)
///   """)
/// print(locks)
/// ```
///
/// Operations are separated by blanks; `LockProgram.init(parsing:)` lists the words.
public struct LabLocks: CustomStringConvertible {
  /// What was done.
  public let program: LockProgram
  /// What the validator found, in order.
  public let reports: [LockReport]
  /// The classes with their usage letters, as /proc/lockdep prints them.
  public let classes: [String]
  private let text: [String]

  /// Runs a program against a validator that has seen nothing before.
  ///
  /// - Parameters:
  ///   - program: the words.
  ///   - rawNesting: whether a spinlock where PREEMPT_RT could not sleep is reported too, as kernels
  ///     with PROVE_RAW_LOCK_NESTING do.
  /// - Throws: ``LabError/input(_:)`` with the column of the first word that cannot be read.
  public init(_ program: String, rawNesting: Bool = false) throws(LabError) {
    let words = program.split { $0 == "\n" || $0 == "\t" }.joined(separator: " ")
    do {
      self.program = try LockProgram(parsing: words)
    } catch {
      throw .input("\(error)")
    }
    let runner = LockProgramRunner(
      self.program, configuration: .init(rawNesting: rawNesting),
      symbols: ProgramSymbols(function: "program"))
    let outcome = runner.run()
    reports = outcome.reports
    classes = runner.validator.classListing()
    var text: [String] = []
    for (report, step) in zip(outcome.reports, outcome.reportSteps) {
      runner.symbols.show(step: step)
      for record in render(report, in: runner.symbols) {
        text += record.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }
    self.text = text
  }

  /// Whether the validator found nothing.
  public var isClean: Bool { reports.isEmpty }

  /// The reports as the kernel prints them; a sentence where there are none.
  public var description: String {
    text.isEmpty ? "the lock validator found nothing" : text.joined(separator: "\n")
  }
}
