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
      header(.userReturn, was: .bug, width: 48)
      print(.leavesKernel, "\(scene.task)")
      heldLocks(scene)
    case .badContention(let name, let frame, let scene):
      header(.contention, was: .bug, width: 33)
      print(.contends, "\(scene.task)", name)
      print(environment.place(frame))
      print(.noLocksHeld)
      print(.otherInfo)
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
    header(.recursive, was: .info, width: 44)
    print(.acquiresLock, "\(report.scene.task)")
    print(lock(report.next))
    print(.alreadyHolding)
    print(lock(report.previous))
    if let comparison = report.comparison {
      print(.comparison, "\(comparison)")
    }
    print(.otherInfo)
    recursiveScenario(report.previous, report.next)
    heldLocks(report.scene)
    backtrace(report.scene)
  }

  private mutating func write(_ report: CircularDependency) {
    header(.circular, was: .info, width: 54, formerTop: 54)
    print(.acquiresLock, "\(report.scene.task)")
    print(lock(report.source))
    print(.alreadyHolding)
    print(lock(report.target))
    print(.alreadyDepends)
    print(.existingChain)
    for (index, step) in report.path.enumerated() {
      print("\n-> #\(report.path.count - 1 - index)\(nameAndUsage(step.lockClass)):")
      trace(step.trace, indent: 6)
    }
    print(ReportLine.otherInfo.text() + "\n")
    if report.path.count > 1 {
      circularScenario(
        source: report.source, target: report.target, parent: report.path[1].lockClass)
    }
    heldLocks(report.scene)
    backtrace(report.scene)
  }

  // MARK: Interrupts

  private mutating func write(_ report: InconsistentState) {
    header(.inconsistent, was: .info, width: 32)
    print(.states, "\(report.previous)", "\(report.new)")
    print(.takes, "\(report.scene.task) \(report.scene.flags)")
    print(lock(report.lock))
    print(.registered, "\(report.previous)")
    trace(report.lock.lockClass?.usageTraces[report.previous] ?? [], indent: 1)
    irqTrace(report.scene.irqTrace)
    print(.otherInfo)
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
    header(.unsafeOrder, state, state, was: .info, width: 53)
    print(.acquires, "\(report.scene.task) \(report.scene.flags)")
    print(lock(report.next))
    print(.isHolding)
    print(lock(report.previous))
    print(.wouldCreate)
    print(
      nameAndUsage(previous, report.previous.instanceText) + " ->"
        + nameAndUsage(next, report.next.instanceText))
    print(.connectsSafe, state)
    print(nameAndUsage(safe))
    print(.becameSafe, state)
    trace(safe.usageTraces[report.safeBit] ?? [], indent: 1)
    print(.toUnsafe, state)
    print(nameAndUsage(unsafe))
    print(.becameUnsafe, state)
    firstJoined(ReportLine.becameUnsafeApart.text(), unsafe.usageTraces[report.unsafeBit] ?? [])
    print(ReportLine.otherInfo.text() + "\n")
    irqScenario(safe: safe, unsafe: unsafe, middle: previous.id == safe.id ? next : previous)
    heldLocks(report.scene)
    print(.dependenciesOfSafe, state)
    if style.paths == .both {
      backwardPath(report.safePath)
    } else {
      forwardPath(report.safePath)
    }
    pieces(
      ReportLine.dependenciesOfUnsafe.text(), ReportLine.dependenciesTo.text([state]))
    forwardPath(report.unsafePath)
    backtrace(report.scene)
  }

  private mutating func write(_ report: IRQInversion) {
    guard let other = report.path.first?.lockClass, let this = report.lock.lockClass else { return }
    let state = report.otherBit.stateName
    header(.inversion, was: .info, width: 56)
    print(.changesState, "\(report.scene.task)")
    print(lock(report.lock))
    print(report.isForward ? .tookUnsafe : .takenBySafe, state)
    print(nameAndUsage(other))
    print(.createInverse)
    print(.otherInfo)
    // The class next to the lock itself, on the walk from the other one to it.
    let middle = report.path.count > 1 ? report.path[report.path.count - 2].lockClass : other
    if report.isForward {
      irqScenario(safe: this, unsafe: other, middle: middle.id == this.id ? other : middle)
    } else {
      irqScenario(safe: other, unsafe: this, middle: middle.id == other.id ? this : middle)
    }
    heldLocks(report.scene)
    print(.shortestDependencies)
    forwardPath(report.path)
    backtrace(report.scene)
  }

  // MARK: Held locks

  private mutating func write(_ report: InvalidWaitContext) {
    header(.waitContext, width: 29)
    print(.locks, "\(report.scene.task)")
    print(lock(report.lock))
    print(String(ReportLine.otherInfo.text().dropFirst()))
    print(.context, "\(report.taskContext):\(report.taskContext)")
    heldLocks(report.scene)
    backtrace(report.scene, separated: false)
  }

  private mutating func writeNested(_ entry: LockDescription, _ nest: String, _ scene: Scene) {
    header(.nestedLock, was: .bug, width: 34)
    print(.locks, "\(scene.task)")
    print(lock(entry))
    print(.notHolding)
    print(nest)
    backtrace(scene)
    print(.otherInfo)
    heldLocks(scene)
    backtrace(scene)
  }

  private mutating func writeImbalance(_ name: String, _ frame: LockdepFrame, _ scene: Scene) {
    header(.imbalance, was: .bug, width: 37)
    print(.releases, "\(scene.task)", name)
    print(environment.place(frame))
    print(.noLocksToRelease)
    print(.otherInfo)
    heldLocks(scene)
    backtrace(scene)
  }

  private mutating func writeFreed(
    _ entry: LockDescription, _ start: UInt64, _ last: UInt64, _ scene: Scene
  ) {
    header(.freed, was: .bug, width: 25)
    print(.frees, "\(scene.task)", "\(hex16(start))-\(hex16(last))")
    print(lock(entry))
    heldLocks(scene)
    backtrace(scene)
  }

  private mutating func writeExit(_ scene: Scene) {
    switch style.taskExit {
    case .exitTime:
      header(.exitTime, was: .bug, width: 37)
      print(.exits, "\(scene.task)")
    case .stillHeld:
      header(.stillHeld, "\(scene.task)", was: .bug, width: 36)
    }
  }

  private mutating func write(_ report: SuspiciousRCU) {
    if style.heads == .warning {
      header(.suspiciousRCU, was: .info, width: 29)
    } else {
      header(.suspiciousRCUStopped, was: .info, width: 30)
    }
    print("\(report.file):\(report.line) \(report.text)!")
    print(ReportLine.otherInfo.text() + "\n")
    let offline = report.isCPUOnline ? "" : "RCU used illegally from offline CPU!\n"
    let off =
      report.isValidatorOn
      ? "" : "\nPossible false positive due to lockdep disabling via debug_locks = 0"
    let active = ReportLine.rcuActive.text([
      "\(report.schedulerActive)", (report.isValidatorOn ? "1" : "0") + off,
    ])
    print("\n\(offline)\(active)")
    if !report.isRCUWatching {
      print(.rcuIdle)
    }
    heldLocks(report.scene)
    backtrace(report.scene)
  }
}
