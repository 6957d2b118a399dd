/// The text of a report as the kernel prints it: one element is one printk record, with the line
/// feeds that its format string has inside.
///
/// The order and the wording are those of kernel/locking/lockdep.c, in the style of the environment's
/// kernel.
public func render<Environment: ReportEnvironment>(
  _ report: LockReport, in environment: Environment
) -> [String] {
  var writer = ReportWriter(environment: environment)
  writer.write(report)
  return writer.records
}

extension ReportWriter {
  mutating func write(_ report: LockReport) {
    switch report {
    case .recursiveLocking(let report): write(report)
    case .circularDependency(let report): write(report)
    case .inconsistentState(let report): write(report)
    case .unsafeOrder(let report): write(report)
    case .irqInversion(let report): write(report)
    case .invalidWaitContext(let report): write(report)
    case .suspiciousRCU(let report): write(report)
    case .nestedLockNotTaken(let lock, let nest, let scene): writeNested(lock, nest, scene)
    case .unlockImbalance(let name, let frame, let scene): writeImbalance(name, frame, scene)
    case .heldLockFreed(let lock, let start, let last, let scene):
      writeFreed(lock, start, last, scene)
    case .exitWithLocks(let scene):
      writeExit(scene)
      heldLocks(scene)
      backtrace(scene)
    case .returnWithLocks(let scene):
      header("lock held when returning to user space!", was: .bug, width: 48)
      print("\(scene.task) is leaving the kernel with locks still held!")
      heldLocks(scene)
    case .badContention(let name, let frame, let scene):
      header("bad contention detected!", was: .bug, width: 33)
      print("\(scene.task) is trying to contend lock (\(name)) at:")
      print(environment.place(frame))
      print("but there are no locks held!")
      print("\nother info that might help us debug this:")
      heldLocks(scene)
      backtrace(scene)
    case .sleepingInAtomic, .schedulingWhileAtomic: writeNeighbour(report)
    case .tableFull, .depthExceeded, .nonStaticKey, .invalidSubclass, .unregisteredKey,
      .searchOverflow, .warning:
      writeInternal(report)
    }
  }

  // MARK: Deadlocks

  private mutating func write(_ report: RecursiveLocking) {
    header("possible recursive locking detected", was: .info, width: 44)
    print("\(report.scene.task) is trying to acquire lock:")
    print(lock(report.next))
    print("\nbut task is already holding lock:")
    print(lock(report.previous))
    if let comparison = report.comparison {
      print("and the lock comparison function returns \(comparison):")
    }
    print("\nother info that might help us debug this:")
    recursiveScenario(report.previous, report.next)
    heldLocks(report.scene)
    backtrace(report.scene)
  }

  private mutating func write(_ report: CircularDependency) {
    header(
      "possible circular locking dependency detected", was: .info, width: 54, formerTop: 54)
    print("\(report.scene.task) is trying to acquire lock:")
    print(lock(report.source))
    print("\nbut task is already holding lock:")
    print(lock(report.target))
    print("\nwhich lock already depends on the new lock.\n")
    print("\nthe existing dependency chain (in reverse order) is:")
    for (index, step) in report.path.enumerated() {
      print("\n-> #\(report.path.count - 1 - index)\(nameAndUsage(step.lockClass)):")
      trace(step.trace, indent: 6)
    }
    print("\nother info that might help us debug this:\n")
    if report.path.count > 1 {
      circularScenario(
        source: report.source, target: report.target, parent: report.path[1].lockClass)
    }
    heldLocks(report.scene)
    backtrace(report.scene)
  }

  // MARK: Interrupts

  private mutating func write(_ report: InconsistentState) {
    header("inconsistent lock state", was: .info, width: 32)
    print("inconsistent {\(report.previous)} -> {\(report.new)} usage.")
    print("\(report.scene.task) \(report.scene.flags) takes:")
    print(lock(report.lock))
    print("{\(report.previous)} state was registered at:")
    trace(report.lock.lockClass?.usageTraces[report.previous] ?? [], indent: 1)
    irqTrace(report.scene.irqTrace)
    print("\nother info that might help us debug this:")
    interruptScenario(report.lock)
    heldLocks(report.scene)
    backtrace(report.scene)
  }

  private mutating func write(_ report: UnsafeOrder) {
    guard let safe = report.safePath.first?.lockClass,
      let unsafe = report.unsafePath.first?.lockClass,
      let previous = report.previous.lockClass, let next = report.next.lockClass
    else { return }
    let state = report.safeBit.stateName
    header(
      "\(state)-safe -> \(state)-unsafe lock order detected", was: .info, width: 53)
    print("\(report.scene.task) \(report.scene.flags) is trying to acquire:")
    print(lock(report.next))
    print("\nand this task is already holding:")
    print(lock(report.previous))
    print("which would create a new lock dependency:")
    print(
      nameAndUsage(previous, report.previous.instanceText) + " ->"
        + nameAndUsage(next, report.next.instanceText))
    print("\nbut this new dependency connects a \(state)-irq-safe lock:")
    print(nameAndUsage(safe))
    print("\n... which became \(state)-irq-safe at:")
    trace(safe.usageTraces[report.safeBit] ?? [], indent: 1)
    print("\nto a \(state)-irq-unsafe lock:")
    print(nameAndUsage(unsafe))
    print("\n... which became \(state)-irq-unsafe at:")
    firstJoined("...", unsafe.usageTraces[report.unsafeBit] ?? [])
    print("\nother info that might help us debug this:\n")
    irqScenario(safe: safe, unsafe: unsafe, middle: previous.id == safe.id ? next : previous)
    heldLocks(report.scene)
    print("\nthe dependencies between \(state)-irq-safe lock and the holding lock:")
    if style.paths == .both {
      backwardPath(report.safePath)
    } else {
      forwardPath(report.safePath)
    }
    pieces("\nthe dependencies between the lock to be acquired", " and \(state)-irq-unsafe lock:")
    forwardPath(report.unsafePath)
    backtrace(report.scene)
  }

  private mutating func write(_ report: IRQInversion) {
    guard let other = report.path.first?.lockClass, let this = report.lock.lockClass else { return }
    let state = report.otherBit.stateName
    header("possible irq lock inversion dependency detected", was: .info, width: 56)
    print("\(report.scene.task) just changed the state of lock:")
    print(lock(report.lock))
    print(
      report.isForward
        ? "but this lock took another, \(state)-unsafe lock in the past:"
        : "but this lock was taken by another, \(state)-safe lock in the past:")
    print(nameAndUsage(other))
    print("\n\nand interrupts could create inverse lock ordering between them.\n")
    print("\nother info that might help us debug this:")
    // The class next to the lock itself, on the walk from the other one to it.
    let middle = report.path.count > 1 ? report.path[report.path.count - 2].lockClass : other
    if report.isForward {
      irqScenario(safe: this, unsafe: other, middle: middle.id == this.id ? other : middle)
    } else {
      irqScenario(safe: other, unsafe: this, middle: middle.id == other.id ? this : middle)
    }
    heldLocks(report.scene)
    print("\nthe shortest dependencies between 2nd lock and 1st lock:")
    forwardPath(report.path)
    backtrace(report.scene)
  }

  // MARK: Held locks

  private mutating func write(_ report: InvalidWaitContext) {
    header("[ BUG: Invalid wait context ]", width: 29)
    print("\(report.scene.task) is trying to lock:")
    print(lock(report.lock))
    print("other info that might help us debug this:")
    print("context-{\(report.taskContext):\(report.taskContext)}")
    heldLocks(report.scene)
    backtrace(report.scene, separated: false)
  }

  private mutating func writeNested(_ entry: LockDescription, _ nest: String, _ scene: Scene) {
    header("Nested lock was not taken", was: .bug, width: 34)
    print("\(scene.task) is trying to lock:")
    print(lock(entry))
    print("\nbut this task is not holding:")
    print(nest)
    backtrace(scene)
    print("\nother info that might help us debug this:")
    heldLocks(scene)
    backtrace(scene)
  }

  private mutating func writeImbalance(_ name: String, _ frame: LockdepFrame, _ scene: Scene) {
    header("bad unlock balance detected!", was: .bug, width: 37)
    print("\(scene.task) is trying to release lock (\(name)) at:")
    print(environment.place(frame))
    print("but there are no more locks to release!")
    print("\nother info that might help us debug this:")
    heldLocks(scene)
    backtrace(scene)
  }

  private mutating func writeFreed(
    _ entry: LockDescription, _ start: UInt64, _ last: UInt64, _ scene: Scene
  ) {
    header("held lock freed!", was: .bug, width: 25)
    print(
      "\(scene.task) is freeing memory \(hex16(start))-\(hex16(last)),"
        + " with a lock still held there!")
    print(lock(entry))
    heldLocks(scene)
    backtrace(scene)
  }

  private mutating func writeExit(_ scene: Scene) {
    switch style.taskExit {
    case .exitTime:
      header("lock held at task exit time!", was: .bug, width: 37)
      print("\(scene.task) is exiting with locks still held!")
    case .stillHeld:
      header("\(scene.task) still has locks held!", was: .bug, width: 36)
    }
  }

  private mutating func write(_ report: SuspiciousRCU) {
    if style.heads == .warning {
      header("WARNING: suspicious RCU usage", width: 29)
    } else {
      header("suspicious RCU usage.", was: .info, width: 30)
    }
    print("\(report.file):\(report.line) \(report.text)!")
    print("\nother info that might help us debug this:\n")
    let offline = report.isCPUOnline ? "" : "RCU used illegally from offline CPU!\n"
    let off =
      report.isValidatorOn
      ? "" : "\nPossible false positive due to lockdep disabling via debug_locks = 0"
    print(
      "\n\(offline)rcu_scheduler_active = \(report.schedulerActive),"
        + " debug_locks = \(report.isValidatorOn ? 1 : 0)\(off)")
    if !report.isRCUWatching {
      print("RCU used illegally from extended quiescent state!")
    }
    heldLocks(report.scene)
    backtrace(report.scene)
  }
}
