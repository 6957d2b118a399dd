extension Validator {
  /// A lock was released (`lock_release`).
  @inlinable @inline(__always)
  @discardableResult
  public func release(_ lock: LockID, in context: LockdepContext, at frame: LockdepFrame)
    -> LockReport?
  {
    guard core.pointee.isOn else { return nil }
    let index = releaseWhileOn(lock, context, frame)
    return index < 0 ? nil : reports[index]
  }

  /// The index of the first report that it led to, -1 if none.
  @usableFromInline
  func releaseWhileOn(_ lock: LockID, _ context: LockdepContext, _ frame: LockdepFrame) -> Int {
    let core = core
    guard core.pointee.locks.contains(lock.rawValue),
      core.pointee.tasks.contains(context.task.rawValue)
    else { return -1 }
    let task = core.pointee.tasks[context.task.rawValue]
    if task.pointee.bypass != 0 { return -1 }
    let depth = Int(task.pointee.depth)
    if depth > 0 {
      let top = task.pointee.held + (depth - 1)
      if top.pointee.lock == lock.rawValue, top.pointee.references == 0,
        top.pointee.pinCount == 0
      {
        task.pointee.depth = Int32(truncatingIfNeeded: depth &- 1)
        task.pointee.chainKey = top.pointee.previousChainKey
        return -1
      }
    }
    return releaseSlowly(lock, context, frame, task)
  }

  /// Anything but the plain top of the stack (`__lock_release`).
  @inline(never)
  private func releaseSlowly(
    _ lock: LockID, _ context: LockdepContext, _ frame: LockdepFrame,
    _ task: UnsafeMutablePointer<TaskEntry>
  ) -> Int {
    let count = core.pointee.reportCount
    guard let index = findHeld(lock.rawValue, task) else {
      reportImbalance(lock, frame, context, CallPath().calling(.lockRelease).calling(.lockRelease2))
      return newReport(since: count)
    }
    let depth = Int(task.pointee.depth)
    let held = task.pointee.held + index
    if held.pointee.pinCount != 0 {
      note(
        "releasing a pinned lock", context, CallPath().calling(.lockRelease).calling(.lockRelease2))
    }
    if held.pointee.references > 0 {
      held.pointee.references -= 1
      if held.pointee.references > 0 { return newReport(since: count) }
    }
    pop(to: index, task)
    if index < depth - 1 { reacquire(index + 1..<depth, .release, context, task) }
    return newReport(since: count)
  }

  func pop(to index: Int, _ task: UnsafeMutablePointer<TaskEntry>) {
    task.pointee.depth = Int32(index)
    task.pointee.chainKey = task.pointee.held[index].previousChainKey
  }

  /// Where on the stack a lock is; an interrupt does not see what it interrupted
  /// (`find_held_lock`).
  func findHeld(_ lock: UInt32, _ task: UnsafeMutablePointer<TaskEntry>) -> Int? {
    var index = Int(task.pointee.depth) - 1
    guard index >= 0 else { return nil }
    let irqContext = task.pointee.held[index].irqContext
    while index >= 0, task.pointee.held[index].irqContext == irqContext {
      if matches(task.pointee.held[index], lock) { return index }
      index -= 1
    }
    return nil
  }

  /// Pushes entries that stood above a changed one again, through all checks
  /// (`reacquire_held_locks`).
  ///
  /// Entries are read before they are overwritten: each is pushed at its own place or below.
  func reacquire(
    _ range: Range<Int>, _ entry: EntryPoint, _ context: LockdepContext,
    _ task: UnsafeMutablePointer<TaskEntry>
  ) {
    guard let (_, cpu) = entries(context) else { return }
    for index in range {
      let held = task.pointee.held[index]
      let how = Acquisition(
        mode: held.mode, isTrylock: held.isTrylock, isChecked: held.isChecked,
        subclass: classInfo[Int(held.classIndex)].subclass,
        nest: held.nest == noIndex ? nil : LockID(rawValue: held.nest))
      let result = push(
        held.lock, how, held.frame, hardirqsOff: held.hardirqsOff, isSync: false,
        references: held.references, pinCount: held.pinCount, entry, context, task, cpu)
      if result == .failed && !isOn { return }
    }
  }

  /// `print_unlock_imbalance_bug`: the lock is not held, whatever else is.
  func reportImbalance(
    _ lock: LockID, _ frame: LockdepFrame, _ context: LockdepContext, _ path: CallPath
  ) {
    record(
      .unlockImbalance(
        name: lockInfo[Int(lock.rawValue)].declaration.name, at: frame,
        scene(context, printed(by: .printUnlockImbalanceBug, in: path))),
      signature: ReportSignature("imbalance", [UInt64(lock.rawValue), frame.rawValue]))
  }
}
