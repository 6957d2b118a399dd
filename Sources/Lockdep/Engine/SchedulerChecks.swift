/// Checks beside the validator's own that report with its help.
extension Validator {
  /// The task waits for a lock (`lock_contended`, CONFIG_LOCK_STAT): it must be taking it.
  @discardableResult
  public func contended(_ lock: LockID, in context: LockdepContext, at frame: LockdepFrame)
    -> LockReport?
  {
    guard isOn, let (task, _) = entries(context), knows(lock), task.pointee.bypass == 0,
      findHeld(lock.rawValue, task) == nil
    else { return nil }
    let count = reports.count
    record(
      .badContention(
        name: lockInfo[Int(lock.rawValue)].declaration.name, at: frame,
        scene(context, dumped(CallPath()))),
      signature: ReportSignature("contention", [UInt64(lock.rawValue)]))
    return reportSince(count)
  }

  /// A function that may sleep is called where the task must not (`__might_resched`); leaves the
  /// validator on.
  @discardableResult
  public func sleepingFunction(
    file: String, line: Int, preemptCount: UInt32, expectedPreemptCount: UInt32 = 0,
    isNonBlocking: Bool = false, rcuDepth: SleepingInAtomic.RCUDepth? = nil,
    in context: LockdepContext
  ) -> LockReport? {
    guard entries(context) != nil else { return nil }
    let count = reports.count
    record(
      .sleepingInAtomic(
        SleepingInAtomic(
          file: file, line: line, isInAtomic: preemptCount != 0, isNonBlocking: isNonBlocking,
          preemptCount: preemptCount, expectedPreemptCount: expectedPreemptCount,
          rcuDepth: rcuDepth, scene: scene(context, dumped(CallPath())))),
      signature: ReportSignature("sleep \(file)", [UInt64(line)]))
    return reportSince(count)
  }

  /// The task gives the processor away with preemption off (`__schedule_bug`); leaves the validator
  /// on.
  @discardableResult
  public func schedules(preemptCount: UInt32, in context: LockdepContext) -> LockReport? {
    guard preemptCount != 0, entries(context) != nil else { return nil }
    let count = reports.count
    record(
      .schedulingWhileAtomic(
        preemptCount: preemptCount, scene(context, dumped(CallPath()))),
      signature: ReportSignature("schedule", [UInt64(context.task.rawValue)]))
    return reportSince(count)
  }
}
