/// The "Possible unsafe locking scenario" blocks.
extension ReportWriter {
  private static var secondColumn: String { String(repeating: " ", count: 31) }

  private mutating func onOneCPU() {
    print("       CPU0")
    print("       ----")
  }

  private mutating func onTwoCPUs() {
    print("       CPU0                    CPU1")
    print("       ----                    ----")
  }

  private mutating func deadlock() {
    print("\n *** DEADLOCK ***\n")
  }

  /// `Chain exists of:`, one record with the line below it.
  private mutating func chain(_ first: String, _ middle: String, _ last: String) {
    print("Chain exists of:\n  \(first) --> \(middle) --> \(last)\n")
  }

  /// `print_deadlock_scenario`.
  mutating func recursiveScenario(_ previous: LockDescription, _ next: LockDescription) {
    guard style.scenarios != .none else { return }
    print(" Possible unsafe locking scenario:\n")
    onOneCPU()
    print("  lock(\(name(previous)));")
    print("  lock(\(name(next)));")
    deadlock()
    print(" May be due to missing lock nesting notation\n")
  }

  /// `print_circular_lock_scenario`.
  mutating func circularScenario(
    source: LockDescription, target: LockDescription, parent: ClassDescription
  ) {
    guard style.scenarios != .none else { return }
    let showsModes = style.scenarios == .modes
    if parent.id != source.lockClass?.id {
      chain(name(source), name(parent), name(target))
    }
    print(" Possible unsafe locking scenario:\n")
    onTwoCPUs()
    print("  \(showsModes && target.mode.isRead ? "rlock" : "lock")(\(name(target)));")
    print("\(Self.secondColumn)lock(\(name(parent)));")
    print("\(Self.secondColumn)lock(\(name(target)));")
    let verb = source.mode.isRead ? "rlock" : source.isSync ? "sync" : "lock"
    print("  \(showsModes ? verb : "lock")(\(name(source)));")
    deadlock()
  }

  /// `print_usage_bug_scenario`.
  mutating func interruptScenario(_ lock: LockDescription) {
    guard style.scenarios != .none else { return }
    print(" Possible unsafe locking scenario:\n")
    onOneCPU()
    print("  lock(\(name(lock)));")
    print("  <Interrupt>")
    print("    lock(\(name(lock)));")
    deadlock()
  }

  /// `print_irq_lock_scenario`.
  mutating func irqScenario(
    safe: ClassDescription, unsafe: ClassDescription, middle: ClassDescription
  ) {
    guard style.scenarios != .none else { return }
    if middle.id != unsafe.id { chain(name(safe), name(middle), name(unsafe)) }
    print(" Possible interrupt unsafe locking scenario:\n")
    onTwoCPUs()
    print("  lock(\(name(unsafe)));")
    print("\(Self.secondColumn)local_irq_disable();")
    print("\(Self.secondColumn)lock(\(name(safe)));")
    print("\(Self.secondColumn)lock(\(name(middle)));")
    print("  <Interrupt>")
    print("    lock(\(name(safe)));")
    deadlock()
  }
}
