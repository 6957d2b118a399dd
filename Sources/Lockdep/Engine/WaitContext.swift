extension Validator {
  /// What the task's own context allows, whatever it holds (`task_wait_context`).
  @inline(__always)
  func taskWaitContext(
    _ task: UnsafeMutablePointer<TaskEntry>, _ inHardirq: Bool, _ inSoftirq: Bool
  ) -> UInt8 {
    if inHardirq {
      // A threaded handler may sleep on PREEMPT_RT, where a spinlock does.
      return task.pointee.hardirqThreaded || task.pointee.irqConfig
        ? core.pointee.waitConfig : core.pointee.waitSpin
    }
    return inSoftirq ? core.pointee.waitConfig : core.pointee.waitMax
  }

  /// The loosest wait type that may be taken: the context, narrowed by each lock held in it; an
  /// override may widen it again.
  @inline(__always)
  func waitAllowed(
    _ floor: UInt8, _ isOverridden: Bool, _ task: UnsafeMutablePointer<TaskEntry>,
    _ inHardirq: Bool, _ inSoftirq: Bool
  ) -> UInt8 {
    isOverridden ? floor : min(floor, taskWaitContext(task, inHardirq, inSoftirq))
  }

  /// `print_lock_invalid_wait_context`; whether to go on.
  @inline(never)
  func reportWaitContext(
    _ held: UnsafeMutablePointer<HeldEntry>, _ entry: EntryPoint, _ context: LockdepContext,
    _ task: UnsafeMutablePointer<TaskEntry>, _ inHardirq: Bool, _ inSoftirq: Bool
  ) -> Bool {
    let path = printed(by: .printInvalidWaitContext, in: entry.path.calling(.checkWaitContext))
    record(
      .invalidWaitContext(
        InvalidWaitContext(
          lock: describe(held.pointee),
          taskContext: taskWaitContext(task, inHardirq, inSoftirq),
          scene: scene(context, path))),
      signature: ReportSignature(
        "wait", [UInt64(held.pointee.classIndex), UInt64(held.pointee.waitFloor)]))
    return isOn
  }

  /// `print_lock_nested_lock_not_held`; whether to go on.
  @inline(never)
  func reportNestNotTaken(
    _ held: UnsafeMutablePointer<HeldEntry>, _ entry: EntryPoint, _ context: LockdepContext
  ) -> Bool {
    let nest = lockInfo[Int(held.pointee.nest)].declaration.name
    record(
      .nestedLockNotTaken(
        describe(held.pointee), nest: nest,
        scene(context, printed(by: .printNestedLockNotHeld, in: entry.path))),
      signature: ReportSignature(
        "nest", [UInt64(held.pointee.classIndex), UInt64(held.pointee.nest)]))
    return isOn
  }
}
