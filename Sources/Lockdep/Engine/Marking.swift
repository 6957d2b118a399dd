extension Validator {
  /// Sets the bits of `usage` that the lock's class lacks, in the kernel's order: in hardirq, in
  /// softirq, hardirqs on, softirqs on, used (`mark_usage`); which is the order of their numbers
  /// except that "in softirq" comes before "hardirqs on".
  ///
  /// - Returns: false if a report ended it.
  @inline(never)
  func mark(
    _ usage: UInt16, _ held: UnsafeMutablePointer<HeldEntry>, _ path: CallPath,
    _ context: LockdepContext
  ) -> Bool {
    for bit in Self.markingOrder where usage & bit.mask.rawValue != 0 {
      if !mark(bit, held, path, context) { return false }
    }
    return true
  }

  private static let markingOrder: [UsageBit] = [
    .usedInHardirq, .usedInHardirqRead, .usedInSoftirq, .usedInSoftirqRead,
    .enabledHardirq, .enabledHardirqRead, .enabledSoftirq, .enabledSoftirqRead,
    .used, .usedRead,
  ]

  /// `mark_lock`: the bit is set, with its trace, before it is checked, so the report shows it.
  func mark(
    _ bit: UsageBit, _ held: UnsafeMutablePointer<HeldEntry>, _ path: CallPath,
    _ context: LockdepContext
  ) -> Bool {
    let index = held.pointee.classIndex
    let lockClass = core.pointee.graph.classes[index]
    guard lockClass.pointee.usage & bit.mask.rawValue == 0 else { return true }
    lockClass.pointee.usage |= bit.mask.rawValue
    core.pointee.graph.noteUsage(bit.mask.rawValue, of: index)
    guard let trace = saveTrace(context, path) else { return isOn }
    classInfo[Int(index)].usageTraces[bit] = trace
    switch bit {
    case .used, .usedRead, .usedInNMI: return true
    default: return checkNewUsage(bit, held, path.calling(.markLockIrq), context)
    }
  }

  /// `mark_lock_irq`: the class's own other usages first, then those of connected classes.
  private func checkNewUsage(
    _ bit: UsageBit, _ held: UnsafeMutablePointer<HeldEntry>, _ path: CallPath,
    _ context: LockdepContext
  ) -> Bool {
    let usage = UsageMask(
      rawValue: core.pointee.graph.classes[held.pointee.classIndex].pointee.usage)
    let opposite = bit.exclusive
    var conflict: UsageBit?
    if usage.contains(opposite) {
      conflict = opposite
    } else if !bit.isRead, usage.contains(opposite.readVariant) {
      conflict = opposite.readVariant
    }
    if let conflict {
      reportInconsistent(held.pointee, conflict, bit, path.calling(.validState), context)
      return isOn
    }
    return checkConnectedUsage(bit, opposite, held, path, context)
  }

  /// `print_usage_bug`.
  func reportInconsistent(
    _ held: HeldEntry, _ previous: UsageBit, _ new: UsageBit, _ path: CallPath,
    _ context: LockdepContext
  ) {
    record(
      .inconsistentState(
        InconsistentState(
          lock: describe(held), previous: previous, new: new,
          scene: scene(context, printed(by: .printUsageBug, in: path)))),
      signature: ReportSignature(
        "usage",
        [UInt64(held.classIndex), UInt64(previous.rawValue), UInt64(new.rawValue)]))
  }

  /// `check_usage_forwards`, `check_usage_backwards`: a new "used in" bit looks at what the lock
  /// has taken, a new "enabled" bit at what has taken it.
  private func checkConnectedUsage(
    _ bit: UsageBit, _ opposite: UsageBit, _ held: UnsafeMutablePointer<HeldEntry>,
    _ path: CallPath, _ context: LockdepContext
  ) -> Bool {
    let index = held.pointee.classIndex
    let isForward = !bit.isEnabled
    let wanted = opposite.mask.rawValue | opposite.readVariant.mask.rawValue
    let entry = core.pointee.graph.classes[index]
    let bound = isForward ? entry.pointee.enabledAfter : entry.pointee.usedBefore
    guard UInt16(bound) & wanted != 0 else { return true }
    let function: LockdepFunction = isForward ? .checkUsageForwards : .checkUsageBackwards
    let outcome = core.pointee.graph.findUsage(
      wanted, isForward ? .forward : .backward,
      from: SearchRoot(
        classIndex: index,
        onlyRecursive: isForward ? held.pointee.mode == .recursiveRead : held.pointee.mode.isRead))
    switch outcome {
    case .noMatch: return true
    case .overflow: return reportOverflow(path.calling(function), context)
    case .match(let edge):
      let edges = core.pointee.graph.path(to: edge)
      let steps = describe(
        edges, isForward ? .forward : .backward, root: index,
        rootTrace: currentTrace(context, path.calling(function).calling(.printIrqInversionBug)))
      let other = steps.first?.lockClass.usage ?? UsageMask(rawValue: 0)
      record(
        .irqInversion(
          IRQInversion(
            lock: describe(held.pointee), isForward: isForward,
            otherBit: other.contains(opposite) ? opposite : opposite.readVariant, path: steps,
            scene: scene(context, printed(by: .printIrqInversionBug, in: path.calling(function))))),
        signature: ReportSignature(
          "inversion",
          [UInt64(index), UInt64(steps.first?.lockClass.id.rawValue ?? 0), UInt64(bit.rawValue)]))
      return isOn
    }
  }

  /// A search's queue ran over (`print_bfs_bug`); whether to go on.
  func reportOverflow(_ path: CallPath, _ context: LockdepContext) -> Bool {
    record(
      .searchOverflow(scene(context, printed(by: .printBfsBug, in: path))),
      signature: ReportSignature("bfs", []))
    return isOn
  }

  /// A path as steps, from the match back to the root.
  func describe(
    _ edges: [UInt32], _ direction: Graph.Direction, root: UInt32, rootTrace: [LockdepFrame]
  ) -> [PathStep] {
    var steps: [PathStep] = []
    for index in edges {
      let edge = core.pointee.graph.edges[index].pointee
      if let lockClass = describe(direction == .forward ? edge.to : edge.from) {
        steps.append(PathStep(lockClass: lockClass, trace: traces[edge.trace]))
      }
    }
    if let lockClass = describe(root) {
      steps.append(PathStep(lockClass: lockClass, trace: rootTrace))
    }
    return steps
  }
}

extension Graph {
  /// The nearest class with one of the wanted usages (`find_usage_forwards`, `…_backwards`); over
  /// a path that ends with a recursive reader only write usages count.
  mutating func findUsage(
    _ wanted: UInt16, _ direction: Direction, from root: SearchRoot
  ) -> SearchOutcome {
    let writes = wanted & UsageMask.irqWrite.rawValue
    switch direction {
    case .forward:
      return search(.forward, from: root, skipsSpecial: true) { entry, _, onlyRecursive in
        entry.pointee.usage & (onlyRecursive ? writes : wanted) != 0
      }
    case .backward:
      return search(.backward, from: root, skipsSpecial: true) { entry, _, onlyRecursive in
        entry.pointee.usage & (onlyRecursive ? writes : wanted) != 0
      }
    }
  }
}
