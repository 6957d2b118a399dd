extension Validator {
  /// A writer becomes a reader (`lock_downgrade`).
  @discardableResult
  public func downgrade(_ lock: LockID, in context: LockdepContext, at frame: LockdepFrame)
    -> LockReport?
  {
    guard isOn, let (task, _) = entries(context), knows(lock), task.pointee.bypass == 0 else {
      return nil
    }
    let count = reports.count
    let path = CallPath().calling(.lockDowngrade).calling(.lockDowngrade2)
    guard let index = findHeld(lock.rawValue, task) else {
      reportImbalance(lock, frame, context, path)
      return reportSince(count)
    }
    let depth = Int(task.pointee.depth)
    let held = task.pointee.held + index
    pop(to: index, task)
    if held.pointee.mode.isRead { note("downgrading a read lock", context, path) }
    held.pointee.mode = .read
    held.pointee.frame = frame
    reacquire(index..<depth, .downgrade, context, task)
    return reportSince(count)
  }

  /// A held lock changes its class (`lock_set_class`, `lock_set_subclass`).
  @discardableResult
  public func setClass(
    _ lock: LockID, to declaration: LockDeclaration? = nil, subclass: UInt8,
    in context: LockdepContext,
    at frame: LockdepFrame
  ) -> LockReport? {
    guard isOn, let (task, _) = entries(context), knows(lock), task.pointee.bypass == 0 else {
      return nil
    }
    let count = reports.count
    guard let index = findHeld(lock.rawValue, task) else {
      reportImbalance(
        lock, frame, context, CallPath().calling(.lockSetClass).calling(.lockSetClass2))
      return reportSince(count)
    }
    if let declaration { initialise(lock, as: declaration) }
    guard
      case .found(let newClass) = classIndex(
        of: lock.rawValue, subclass: subclass, .setClass, context)
    else { return reportSince(count) }
    let depth = Int(task.pointee.depth)
    task.pointee.held[index].classIndex = newClass
    pop(to: index, task)
    reacquire(index..<depth, .setClass, context, task)
    return reportSince(count)
  }

  /// Whether the task holds the lock: nil if the validator is off or looks away
  /// (`lock_is_held_type`).
  ///
  /// - Parameters:
  ///   - lock: which lock.
  ///   - mode: held like this; nil for either. All reads count as one.
  ///   - context: the task and the processor that do it.
  public func isHeld(_ lock: LockID, _ mode: LockMode? = nil, in context: LockdepContext) -> Bool? {
    guard isOn, let (task, _) = entries(context), knows(lock), task.pointee.bypass == 0 else {
      return nil
    }
    for index in 0..<Int(task.pointee.depth) where matches(task.pointee.held[index], lock.rawValue)
    {
      return mode.map { $0.isRead == task.pointee.held[index].mode.isRead } ?? true
    }
    return false
  }

  /// Pins a held lock: releasing it before it is unpinned is warned of (`lock_pin_lock`).
  ///
  /// - Parameters:
  ///   - lock: which lock.
  ///   - cookie: what the count grows by; the kernel takes a random 1 to 65536.
  ///   - context: the task and the processor that do it.
  @discardableResult
  public func pin(_ lock: LockID, cookie: UInt32 = 1, in context: LockdepContext) -> LockReport? {
    changePin(lock, in: context, .lockPin, missing: "pinning an unheld lock") { held in
      held.pointee.pinCount &+= cookie
      return nil
    }
  }

  /// Puts back a pin that was taken off for a while (`lock_repin_lock`).
  @discardableResult
  public func repin(_ lock: LockID, cookie: UInt32, in context: LockdepContext) -> LockReport? {
    pin(lock, cookie: cookie, in: context)
  }

  /// Takes a pin back (`lock_unpin_lock`).
  @discardableResult
  public func unpin(_ lock: LockID, cookie: UInt32 = 1, in context: LockdepContext) -> LockReport? {
    changePin(lock, in: context, .lockUnpin, missing: "unpinning an unheld lock") { held in
      if held.pointee.pinCount == 0 { return "unpinning an unpinned lock" }
      if held.pointee.pinCount < cookie {
        held.pointee.pinCount = 0
        return "pin count corrupted"
      }
      held.pointee.pinCount -= cookie
      return nil
    }
  }

  private func changePin(
    _ lock: LockID, in context: LockdepContext, _ function: LockdepFunction, missing: String,
    _ change: (UnsafeMutablePointer<HeldEntry>) -> String?
  ) -> LockReport? {
    guard isOn, let (task, _) = entries(context), knows(lock), task.pointee.bypass == 0 else {
      return nil
    }
    let count = reports.count
    var text: String? = missing
    for index in 0..<Int(task.pointee.depth) where matches(task.pointee.held[index], lock.rawValue)
    {
      text = change(task.pointee.held + index)
      break
    }
    if let text { note(text, context, CallPath().calling(function)) }
    return reportSince(count)
  }

  /// Initialises a lock again, in `context`: a lock of the task that lies there must not be held.
  @discardableResult
  public func reinitialise(
    _ lock: LockID, as declaration: LockDeclaration? = nil, in context: LockdepContext
  ) -> LockReport? {
    guard core.pointee.locks.contains(lock.rawValue) else { return nil }
    let declaration = declaration ?? lockInfo[Int(lock.rawValue)].declaration
    let start = declaration.address &- declaration.kind.mapOffset
    let report = freeMemory(from: start, byteCount: declaration.kind.size, in: context)
    initialise(lock, as: declaration)
    return report
  }

  /// Memory is freed, or a lock in it initialised: no lock that the task holds may lie in it
  /// (`debug_check_no_locks_freed`).
  @discardableResult
  public func freeMemory(
    from start: UInt64, byteCount: UInt64, in context: LockdepContext
  ) -> LockReport? {
    guard isOn, byteCount > 0, let (task, _) = entries(context) else { return nil }
    let count = reports.count
    let last = start &+ byteCount &- 1
    for index in 0..<Int(task.pointee.depth) {
      let held = task.pointee.held[index]
      let address = core.pointee.locks[held.lock].pointee.address
      // The map itself has 40 bytes.
      if address &+ 39 < start || address > last { continue }
      record(
        .heldLockFreed(
          describe(held), from: start, through: last,
          scene(
            context,
            printed(by: .printFreedLockBug, in: CallPath().calling(.debugCheckNoLocksFreed)))),
        signature: ReportSignature("freed", [UInt64(held.lock)]))
      break
    }
    return reportSince(count)
  }

  /// The task ends, or freezes: it must hold nothing (`debug_check_no_locks_held`).
  @discardableResult
  public func taskExits(in context: LockdepContext) -> LockReport? {
    guard isOn, let (task, _) = entries(context), task.pointee.depth > 0 else { return nil }
    let count = reports.count
    record(
      .exitWithLocks(
        scene(
          context, printed(by: .printHeldLocksBug, in: CallPath().calling(.debugCheckNoLocksHeld)))),
      signature: ReportSignature("exit", [UInt64(context.task.rawValue)]))
    return reportSince(count)
  }

  /// The task goes back to user space: it must hold nothing (`lockdep_sys_exit`).
  @discardableResult
  public func returnsToUser(in context: LockdepContext) -> LockReport? {
    guard isOn, let (task, _) = entries(context), task.pointee.depth > 0 else { return nil }
    let count = reports.count
    record(
      .returnWithLocks(scene(context, CallPath())),
      signature: ReportSignature("user", [UInt64(context.task.rawValue)]))
    return reportSince(count)
  }

  /// RCU is used where it must not be (`lockdep_rcu_suspicious`); leaves the validator on.
  public func suspiciousRCU(
    file: String, line: Int, text: String, isCPUOnline: Bool = true, isRCUWatching: Bool = true,
    schedulerActive: Int = 2, in context: LockdepContext
  ) -> LockReport? {
    guard entries(context) != nil else { return nil }
    let count = reports.count
    record(
      .suspiciousRCU(
        SuspiciousRCU(
          file: file, line: line, text: text, isCPUOnline: isCPUOnline,
          isRCUWatching: isRCUWatching, schedulerActive: schedulerActive, isValidatorOn: isOn,
          scene: scene(context, printed(by: .rcuSuspicious, in: CallPath())))),
      signature: ReportSignature("rcu \(file) \(text)", [UInt64(line)]))
    return reportSince(count)
  }
}
