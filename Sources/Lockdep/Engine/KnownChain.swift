/// The way of nearly every acquire: a plain one in process context whose chain is known.
///
/// It takes the same decisions as ``Validator/push`` and stores the same entry; whatever is not
/// plain goes there. No allocation, no reference count, no call.
extension Validator {
  /// The index of the first report that it led to, -1 if none: a report itself would cost its
  /// reference counts even where there is none.
  @usableFromInline
  func acquireWhileOn(
    _ lock: LockID, _ how: Acquisition, _ context: LockdepContext, _ frame: LockdepFrame
  ) -> Int {
    let core = core
    guard core.pointee.locks.contains(lock.rawValue),
      core.pointee.tasks.contains(context.task.rawValue),
      core.pointee.cpus.contains(context.cpu.rawValue)
    else { return -1 }
    let task = core.pointee.tasks[context.task.rawValue]
    let cpu = core.pointee.cpus[context.cpu.rawValue]
    let classIndex = core.pointee.locks[lock.rawValue].pointee.plainClass
    let depth = Int(task.pointee.depth)
    guard how.isPlain, classIndex != noIndex, depth < Limits.depth - 1,
      task.pointee.bypass | UInt32(bitPattern: task.pointee.softirqContext)
        | UInt32(bitPattern: cpu.pointee.hardirqContext) == 0
    else { return acquireFully(lock, how, context, frame) }

    // The entry below; under the first one lies a sentinel that allows everything.
    let held = task.pointee.held + depth
    let below = held - 1
    let lockClass = core.pointee.graph.classes[classIndex]
    let floor = below.pointee.waitFloor
    let read = UInt16(how.mode.isRead ? 1 : 0)
    let usage = (cpu.pointee.hardirqsEnabled ? task.pointee.usageWhenOn : 1 << 8) << read
    let chainKey = ChainKey.append(task.pointee.chainKey, classIndex: classIndex, mode: how.mode)
    guard below.pointee.irqContext == 0, lockClass.pointee.waitNeed <= floor,
      usage & ~lockClass.pointee.usage == 0, core.pointee.chains.contains(chainKey)
    else { return acquireFully(lock, how, context, frame) }

    held.pointee = HeldEntry(
      previousChainKey: task.pointee.chainKey, frame: frame, lock: lock.rawValue,
      classIndex: classIndex, nest: noIndex, references: 0, pinCount: 0, irqContext: 0,
      isTrylock: false, isChecked: true, isSync: false, mode: how.mode,
      hardirqsOff: !cpu.pointee.hardirqsEnabled, waitFloor: min(floor, lockClass.pointee.waitFloor),
      waitOverridden: below.pointee.waitOverridden)
    task.pointee.chainKey = chainKey
    task.pointee.depth = Int32(truncatingIfNeeded: depth &+ 1)
    return -1
  }

  @inline(never)
  private func acquireFully(
    _ lock: LockID, _ how: Acquisition, _ context: LockdepContext, _ frame: LockdepFrame
  ) -> Int {
    if let nest = how.nest, !core.pointee.locks.contains(nest.rawValue) { return -1 }
    let task = core.pointee.tasks[context.task.rawValue]
    let cpu = core.pointee.cpus[context.cpu.rawValue]
    if task.pointee.bypass != 0 { return acquireBypassed(lock, how, context, frame) }
    let count = core.pointee.reportCount
    _ = push(
      lock.rawValue, how, frame, hardirqsOff: !cpu.pointee.hardirqsEnabled, isSync: false,
      .acquire, context, task, cpu)
    return core.pointee.reportCount == count ? -1 : count
  }
}
