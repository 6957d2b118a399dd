import Text

/// Reports of the scheduler that list held locks (kernel/sched/core.c).
extension ReportWriter {
  mutating func writeNeighbour(_ report: LockReport) {
    switch report {
    case .sleepingInAtomic(let report):
      let scene = report.scene
      print(.sleeping, "\(report.file):\(report.line)")
      print(
        .inAtomic, report.isInAtomic ? "1" : "0", scene.flags.hardirqsEnabled ? "0" : "1",
        report.isNonBlocking ? "1" : "0", "\(scene.task.pid)", scene.task.comm)
      print(
        .preemptCount, String(report.preemptCount, radix: 16),
        String(report.expectedPreemptCount, radix: 16))
      if let rcu = report.rcuDepth { print(.rcuDepth, "\(rcu.depth)", "\(rcu.expected)") }
      heldLocks(scene)
      if !scene.flags.hardirqsEnabled { irqTrace(scene.irqTrace) }
      records += environment.backtrace(scene)
    case .schedulingWhileAtomic(let count, let scene):
      let digits = String(count, radix: 16)
      let padded = digits.aligned(to: 8, with: "0")
      print("BUG: scheduling while atomic: \(scene.task)/0x\(padded)")
      heldLocks(scene)
      if !scene.flags.hardirqsEnabled { irqTrace(scene.irqTrace) }
      records += environment.backtrace(scene)
    default: break
    }
  }
}

/// What a task holds, as reports list it (`debug_show_held_locks`).
public func renderHeldLocks<Environment: ReportEnvironment>(
  of task: TaskID, by validator: Validator, in environment: Environment
) -> [String] {
  guard let name = validator.name(of: task) else { return [] }
  var writer = ReportWriter(environment: environment)
  writer.heldLocks(
    validator.heldLocks(of: task), of: name, cpu: CPUID(rawValue: 0),
    isRunning: validator.isRunning(task))
  return writer.records
}

/// Every lock of every task (`debug_show_all_locks`), asked for by `current`: of another task that
/// runs only the count is sure.
public func renderAllLocks<Environment: ReportEnvironment>(
  by validator: Validator, current: TaskID, in environment: Environment
) -> [String] {
  guard validator.isOn else { return [ReportLine.lockdepOff.text()] }
  var writer = ReportWriter(environment: environment)
  writer.print("\nShowing all locks held in the system:")
  for task in validator.tasks {
    let held = validator.heldLocks(of: task)
    guard !held.isEmpty, let name = validator.name(of: task) else { continue }
    let lines = writer.records.count
    writer.heldLocks(
      held, of: name, cpu: CPUID(rawValue: 0),
      isRunning: task == current || validator.isRunning(task))
    if task != current, validator.isRunning(task) {
      writer.records.removeSubrange((lines + 1)...)
    }
  }
  writer.print("")
  writer.print(String(repeating: "=", count: 45) + "\n")
  return writer.records
}
