/// The two pairs of numbers and the two flags in `[HC1[1]:SC0[0]:HE0:SE1]`.
public struct IRQFlags: Hashable, Sendable, CustomStringConvertible {
  /// `hardirq_context` of the processor, and the hardirq part of `preempt_count`.
  public var hardirqContext: Int32
  /// How deep in hard interrupts.
  public var hardirqCount: Int32
  /// `softirq_context` of the task, and the softirq part of `preempt_count`: 2 for each
  /// `local_bh_disable()`, 1 for serving.
  public var softirqContext: Int32
  /// How deep in soft interrupts, or in sections without them.
  public var softirqCount: Int32
  /// Whether hard interrupts are on.
  public var hardirqsEnabled: Bool
  /// Whether soft interrupts are on.
  public var softirqsEnabled: Bool

  public var description: String {
    "[HC\(hardirqContext)[\(hardirqCount)]:SC\(softirqContext)[\(softirqCount)]"
      + ":HE\(hardirqsEnabled ? 1 : 0):SE\(softirqsEnabled ? 1 : 0)]"
  }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension IRQFlags: Codable {}
#endif

/// A class as it stood when a report was made.
public struct ClassDescription: Hashable, Sendable {
  /// Which class it is.
  public var id: ClassID
  /// Empty: print the symbol of the key.
  public var name: String
  /// 1 for the first class of its name, which is not printed.
  public var version: Int
  /// The subclass, 0 to 7.
  public var subclass: UInt8
  /// How locks of the class were used.
  public var usage: UsageMask
  /// As printed: `-{outer:inner}`, with `inner` in place of an outer of 0.
  public var waitOuter: UInt8
  /// The wait type of what is taken under the lock.
  public var waitInner: UInt8
  /// The key that makes the class.
  public var key: LockKey
  /// How often it was taken; 0 where that is not counted.
  public var uses: Int
  /// Where each usage was first seen.
  public var usageTraces: [UsageBit: [LockdepFrame]]
}

/// A lock that a task holds or is about to take, as reports describe it.
public struct LockDescription: Hashable, Sendable {
  /// Which lock.
  public var lock: LockID
  /// The address of its map.
  public var address: UInt64
  /// Nil once the class is gone (`<RELEASED>`).
  public var lockClass: ClassDescription?
  /// How it is, or is to be, held.
  public var mode: LockMode
  /// Whether it was only tried.
  public var isTrylock: Bool
  /// Whether it is only waited for.
  public var isSync: Bool
  /// Where it was taken.
  public var frame: LockdepFrame
  /// What the class's print function adds to the name.
  public var instanceText: String
}

/// Who was where with which locks when a report was made; every report has one.
public struct Scene: Hashable, Sendable {
  /// Which task on which processor.
  public var context: LockdepContext
  /// What the task is called.
  public var task: TaskName
  /// Which interrupts were on.
  public var flags: IRQFlags
  /// When interrupts last went on and off.
  public var irqTrace: IRQTrace
  /// What the task holds, the oldest first.
  public var held: [LockDescription]
  /// The validator's functions from where the report is printed outward to the kernel's own code,
  /// innermost first, inlined or not; for the stack backtrace, which the caller renders.
  public var callChain: [LockdepFunction]
}

extension Validator {
  func scene(_ context: LockdepContext, _ path: CallPath) -> Scene {
    let task = core.pointee.tasks[context.task.rawValue]
    return Scene(
      context: context, task: taskInfo[Int(context.task.rawValue)].name, flags: flags(context),
      irqTrace: task.pointee.irqTrace, held: heldLocks(of: context.task),
      callChain: path.innermostFirst)
  }

  /// The interrupt state of a context, as `[HC…]` prints it.
  public func flags(_ context: LockdepContext) -> IRQFlags {
    guard let (task, cpu) = entries(context) else {
      return IRQFlags(
        hardirqContext: 0, hardirqCount: 0, softirqContext: 0, softirqCount: 0,
        hardirqsEnabled: true, softirqsEnabled: true)
    }
    return IRQFlags(
      hardirqContext: cpu.pointee.hardirqContext, hardirqCount: task.pointee.hardirqCount,
      softirqContext: task.pointee.softirqContext, softirqCount: task.pointee.softirqCount,
      hardirqsEnabled: cpu.pointee.hardirqsEnabled,
      softirqsEnabled: task.pointee.softirqsEnabled)
  }

  /// What a task holds, the oldest first.
  public func heldLocks(of task: TaskID) -> [LockDescription] {
    guard core.pointee.tasks.contains(task.rawValue) else { return [] }
    let entry = core.pointee.tasks[task.rawValue]
    return (0..<Int(entry.pointee.depth)).map { describe(entry.pointee.held[$0]) }
  }

  func describe(_ held: HeldEntry) -> LockDescription {
    LockDescription(
      lock: LockID(rawValue: held.lock), address: core.pointee.locks[held.lock].pointee.address,
      lockClass: describe(held.classIndex), mode: held.mode, isTrylock: held.isTrylock,
      isSync: held.isSync, frame: held.frame,
      instanceText: lockInfo[Int(held.lock)].declaration.instanceText)
  }

  /// Nil if the class was zapped.
  func describe(_ index: UInt32) -> ClassDescription? {
    let entry = core.pointee.graph.classes[index].pointee
    guard !entry.isZapped else { return nil }
    let info = classInfo[Int(index)]
    return ClassDescription(
      id: ClassID(rawValue: index), name: info.name, version: info.version,
      subclass: info.subclass, usage: UsageMask(rawValue: entry.usage),
      waitOuter: entry.waitOuter == 0 ? entry.waitInner : entry.waitOuter,
      waitInner: entry.waitInner, key: info.key, uses: info.uses,
      usageTraces: info.usageTraces.mapValues { traces[$0] })
  }
}
