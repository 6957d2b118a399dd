extension Validator {
  // MARK: Hardware interrupts on and off

  /// Hardware interrupts go off on the context's processor (`lockdep_hardirqs_off`).
  public func hardirqsOff(in context: LockdepContext, at frame: LockdepFrame) {
    guard isOn, let (task, cpu) = entries(context), task.pointee.bypass == 0,
      cpu.pointee.hardirqsEnabled
    else { return setHardware(context, false) }
    cpu.pointee.hardirqsEnabled = false
    task.pointee.irqTrace.hardirqsDisabled = task.pointee.irqTrace.next(at: frame)
  }

  /// Hardware interrupts are about to go on: every lock held is then held with them enabled
  /// (`lockdep_hardirqs_on_prepare`, `lockdep_hardirqs_on`).
  @discardableResult
  public func hardirqsOn(in context: LockdepContext, at frame: LockdepFrame) -> LockReport? {
    guard isOn, let (task, cpu) = entries(context), task.pointee.bypass == 0,
      !cpu.pointee.hardirqsEnabled
    else {
      setHardware(context, true)
      return nil
    }
    let count = reports.count
    if cpu.pointee.hardirqContext > 0 {
      warn("lockdep_hardirq_context()", context, CallPath().calling(.hardirqsOnPrepare))
    } else if markHeld(.enabledHardirq, .hardirqsOn, context, task),
      task.pointee.softirqsEnabled
    {
      _ = markHeld(.enabledSoftirq, .hardirqsOn, context, task)
    }
    cpu.pointee.hardirqsEnabled = true
    guard isOn else { return reportSince(count) }
    task.pointee.irqTrace.hardirqsEnabled = task.pointee.irqTrace.next(at: frame)
    return reportSince(count)
  }

  /// The hardware goes on and off whether or not anybody keeps track.
  private func setHardware(_ context: LockdepContext, _ isOn: Bool) {
    entries(context)?.cpu.pointee.hardirqsEnabled = isOn
  }

  // MARK: Soft interrupts on and off

  /// Soft interrupts go off for the task (`lockdep_softirqs_off`); ``disableBottomHalves(in:at:)``
  /// does this and counts.
  public func softirqsOff(in context: LockdepContext, at frame: LockdepFrame) {
    guard isOn, let (task, _) = entries(context), task.pointee.bypass == 0,
      task.pointee.softirqsEnabled
    else { return }
    task.pointee.softirqsEnabled = false
    task.pointee.irqTrace.softirqsDisabled = task.pointee.irqTrace.next(at: frame)
  }

  /// Soft interrupts go on for the task (`lockdep_softirqs_on`). With hardware interrupts off it
  /// marks nothing: the later hardirq-on does.
  @discardableResult
  public func softirqsOn(in context: LockdepContext, at frame: LockdepFrame) -> LockReport? {
    guard isOn, let (task, cpu) = entries(context), task.pointee.bypass == 0,
      !task.pointee.softirqsEnabled
    else { return nil }
    let count = reports.count
    task.pointee.softirqsEnabled = true
    task.pointee.irqTrace.softirqsEnabled = task.pointee.irqTrace.next(at: frame)
    if cpu.pointee.hardirqsEnabled {
      _ = markHeld(.enabledSoftirq, .softirqsOn, context, task)
    }
    return reportSince(count)
  }

  /// `local_bh_disable()`: the softirq count rises by 2, and soft interrupts go off at the first.
  public func disableBottomHalves(in context: LockdepContext, at frame: LockdepFrame) {
    guard let (task, _) = entries(context) else { return }
    let isFirst = task.pointee.softirqCount == 0
    task.pointee.softirqCount &+= 2
    if isFirst { softirqsOff(in: context, at: frame) }
  }

  /// `local_bh_enable()`: turns hardware interrupts off and on around it, both traced, so that
  /// locks held across it are marked once more.
  ///
  /// - Parameters:
  ///   - context: the task and the processor that do it.
  ///   - frame: where, for reports.
  ///   - inner: the place of those two events, inside `__local_bh_enable_ip`.
  @discardableResult
  public func enableBottomHalves(
    in context: LockdepContext, at frame: LockdepFrame, inner: LockdepFrame
  ) -> LockReport? {
    guard let (task, _) = entries(context) else { return nil }
    let count = reports.count
    hardirqsOff(in: context, at: inner)
    if task.pointee.softirqCount == 2 { softirqsOn(in: context, at: frame) }
    task.pointee.softirqCount = max(task.pointee.softirqCount &- 2, 0)
    hardirqsOn(in: context, at: inner)
    return reportSince(count)
  }

  // MARK: Interrupt contexts

  /// The processor enters a hardware interrupt that runs on the context's task
  /// (`__irq_enter`, `lockdep_hardirq_enter`).
  ///
  /// - Parameters:
  ///   - context: the task and the processor that do it.
  ///   - isThreaded: the handler would be a thread on PREEMPT_RT: its action has none of NO_THREAD,
  ///     PERCPU and ONESHOT.
  public func enterHardirq(in context: LockdepContext, isThreaded: Bool) {
    guard let (task, cpu) = entries(context) else { return }
    task.pointee.hardirqCount &+= 1
    cpu.pointee.hardirqContext &+= 1
    if cpu.pointee.hardirqContext == 1 { task.pointee.hardirqThreaded = false }
    if isThreaded { task.pointee.hardirqThreaded = true }
  }

  /// Sets or clears the task's "handler is threaded" flag (`lockdep_hardirq_threaded`).
  public func setHardirqThreaded(_ isThreaded: Bool, in context: LockdepContext) {
    entries(context)?.task.pointee.hardirqThreaded = isThreaded
  }

  /// The processor leaves a hardware interrupt.
  public func exitHardirq(in context: LockdepContext) {
    guard let (task, cpu) = entries(context) else { return }
    task.pointee.hardirqCount = max(task.pointee.hardirqCount &- 1, 0)
    cpu.pointee.hardirqContext = max(cpu.pointee.hardirqContext &- 1, 0)
  }

  /// The task begins to run soft interrupts (`lockdep_softirq_enter`).
  ///
  /// - Parameters:
  ///   - context: the task and the processor that do it.
  ///   - counts: it serves them (`__do_softirq`), which adds 1 to the softirq count.
  public func enterSoftirq(in context: LockdepContext, counts: Bool) {
    guard let (task, _) = entries(context) else { return }
    if counts { task.pointee.softirqCount &+= 1 }
    task.pointee.softirqContext &+= 1
  }

  /// The task has run its soft interrupts.
  public func exitSoftirq(in context: LockdepContext, counts: Bool) {
    guard let (task, _) = entries(context) else { return }
    if counts { task.pointee.softirqCount = max(task.pointee.softirqCount &- 1, 0) }
    task.pointee.softirqContext = max(task.pointee.softirqContext &- 1, 0)
  }

  /// Work that runs in a hardware interrupt but in a soft one on PREEMPT_RT: soft timers, posix
  /// timers, irq_work that is not hard (`lockdep_irq_work_enter` and the like).
  public func setIRQConfig(_ isOn: Bool, in context: LockdepContext) {
    entries(context)?.task.pointee.irqConfig = isOn
  }

  /// A non-maskable interrupt begins: nothing is tracked until it ends, except that a lock taken
  /// without trylock must never be used outside NMIs.
  public func enterNMI(in context: LockdepContext) {
    guard let (task, _) = entries(context) else { return }
    task.pointee.nmiCount &+= 1
    task.pointee.bypass &+= 1
  }

  /// The handler of a non-maskable interrupt ends on the context's processor.
  public func exitNMI(in context: LockdepContext) {
    guard let (task, _) = entries(context), task.pointee.nmiCount > 0 else { return }
    task.pointee.nmiCount &-= 1
    task.pointee.bypass &-= 1
  }

  /// The validator looks away in this task until ``resume(in:)`` (`lockdep_off`).
  public func pause(in context: LockdepContext) {
    guard let (task, _) = entries(context) else { return }
    task.pointee.recursion &+= 1
    task.pointee.bypass &+= 1
  }

  /// Checking goes on in the context after ``pause(in:)``.
  public func resume(in context: LockdepContext) {
    guard let (task, _) = entries(context), task.pointee.recursion > 0 else { return }
    task.pointee.recursion &-= 1
    task.pointee.bypass &-= 1
  }

  /// Whether the task runs in any interrupt, or with soft interrupts disabled (`in_interrupt()`).
  public func isInInterrupt(_ context: LockdepContext) -> Bool {
    guard let (task, _) = entries(context) else { return false }
    return task.pointee.hardirqCount > 0 || task.pointee.softirqCount > 0
      || task.pointee.nmiCount > 0
  }

  // MARK: The event record

  /// The task's record of interrupt events.
  public func irqTrace(of task: TaskID) -> IRQTrace {
    guard core.pointee.tasks.contains(task.rawValue) else { return IRQTrace() }
    return core.pointee.tasks[task.rawValue].pointee.irqTrace
  }

  /// Presets the record, as of a task that has run for a while.
  public func setIRQTrace(_ trace: IRQTrace, of task: TaskID) {
    guard core.pointee.tasks.contains(task.rawValue) else { return }
    core.pointee.tasks[task.rawValue].pointee.irqTrace = trace
  }

  /// Marks every checked lock that the task holds (`mark_held_locks`); false if a report ended it.
  private func markHeld(
    _ bit: UsageBit, _ entry: EntryPoint, _ context: LockdepContext,
    _ task: UnsafeMutablePointer<TaskEntry>
  ) -> Bool {
    for index in 0..<Int(task.pointee.depth) {
      let held = task.pointee.held + index
      guard held.pointee.isChecked else { continue }
      let wanted = held.pointee.mode.isRead ? bit.readVariant : bit
      let known = core.pointee.graph.classes[held.pointee.classIndex].pointee.usage
      if known & wanted.mask.rawValue != 0 { continue }
      if !mark(wanted, held, entry.marking, context) { return false }
    }
    return true
  }

  /// An acquire while the validator looks away: only an NMI has anything to check
  /// (`verify_lock_unused`).
  @inline(never)
  func acquireBypassed(
    _ lock: LockID, _ how: Acquisition, _ context: LockdepContext, _ frame: LockdepFrame
  ) -> Int {
    let task = core.pointee.tasks[context.task.rawValue]
    guard task.pointee.nmiCount > 0, !how.isTrylock,
      let key = lockInfo[Int(lock.rawValue)].key,
      let index = registry.classes[ClassRegistry.slot(key, how.subclass)]
    else { return -1 }
    // Readers only conflict with writers, whose use may have set either bit.
    let conflicting: UInt16 =
      how.mode.isRead
      ? UsageBit.used.mask.rawValue
      : UsageBit.used.mask.rawValue | UsageBit.usedRead.mask.rawValue
    guard core.pointee.graph.classes[index].pointee.usage & conflicting != 0 else { return -1 }
    let count = core.pointee.reportCount
    let held = HeldEntry(
      previousChainKey: ChainKey.initial, frame: frame, lock: lock.rawValue, classIndex: index,
      nest: noIndex, references: 0, pinCount: 0, irqContext: 0, isTrylock: false, isChecked: true,
      isSync: false, mode: how.mode, hardirqsOff: true, waitFloor: .max, waitOverridden: false)
    reportInconsistent(held, .used, .usedInNMI, EntryPoint.nmi.path, context)
    return newReport(since: count)
  }
}
