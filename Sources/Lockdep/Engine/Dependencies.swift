extension Validator {
  /// `check_prevs_add`: from the top of the stack down to the first lock that is not a trylock.
  ///
  /// Locks below that one have their own way to the new lock through it. Unchecked locks (RCU) are
  /// stepped over, and an interrupt's locks do not depend on those of what it interrupted.
  func addDependencies(
    _ next: UnsafeMutablePointer<HeldEntry>, _ outer: CallPath, _ context: LockdepContext,
    _ task: UnsafeMutablePointer<TaskEntry>
  ) -> Bool {
    let path = outer.calling(.checkPrevsAdd).calling(.checkPrevAdd)
    let depth = Int(task.pointee.depth)
    var trace: TraceID?
    var index = depth
    while index > 0 {
      let previous = task.pointee.held + (index - 1)
      if previous.pointee.irqContext != next.pointee.irqContext { break }
      if previous.pointee.isChecked {
        let distance = UInt16(depth - index + 1)
        if !addDependency(previous, next, distance, &trace, path, context) { return false }
        if !previous.pointee.isTrylock { break }
      }
      index -= 1
    }
    return true
  }

  /// `check_prev_add`: no circle, no way from an irq-safe to an irq-unsafe lock; then the edge.
  private func addDependency(
    _ previous: UnsafeMutablePointer<HeldEntry>, _ next: UnsafeMutablePointer<HeldEntry>,
    _ distance: UInt16, _ trace: inout TraceID?, _ path: CallPath, _ context: LockdepContext
  ) -> Bool {
    let from = previous.pointee.classIndex
    let to = next.pointee.classIndex
    if core.pointee.graph.classes[from].pointee.isZapped
      || core.pointee.graph.classes[to].pointee.isZapped
    {
      return true
    }
    if from == to, let order = compare(previous.pointee, next.pointee), order < 0 { return true }
    guard checkCircle(previous, next, path, context),
      checkIRQOrder(previous, next, path, context)
    else { return isOn }
    let kinds = EdgeKinds(previous: previous.pointee.mode, next: next.pointee.mode)
    if let index = core.pointee.graph.edge(from: from, to: to) {
      let edge = core.pointee.graph.edges[index]
      if distance == 1 { edge.pointee.distance = 1 }
      edge.pointee.kinds.formUnion(kinds)
      return true
    }
    if trace == nil { trace = saveTrace(context, path) }
    guard let trace else { return isOn }
    guard core.pointee.graph.edges.count * 2 + 2 <= configuration.limits.entries else {
      record(
        .tableFull(
          .entries,
          scene(context, printed(by: .allocListEntry, in: path.calling(.addLockToList)))),
        signature: ReportSignature("entries", []))
      return isOn
    }
    core.pointee.graph.append(
      Edge(from: from, to: to, trace: trace, distance: distance, kinds: kinds))
    return true
  }

  /// `check_noncircular`: is there a strong path from the new lock back to the held one? False if
  /// there is, and it was reported.
  private func checkCircle(
    _ previous: UnsafeMutablePointer<HeldEntry>, _ next: UnsafeMutablePointer<HeldEntry>,
    _ outer: CallPath, _ context: LockdepContext
  ) -> Bool {
    let target = previous.pointee.classIndex
    let source = next.pointee.classIndex
    guard core.pointee.graph.mayReach(from: source, to: target) else { return true }
    let path = outer.calling(.checkNoncircular)
    let targetIsWrite = !previous.pointee.mode.isRead
    let outcome = core.pointee.graph.search(
      .forward,
      from: SearchRoot(
        classIndex: source, onlyRecursive: next.pointee.mode == .recursiveRead),
      skipsSpecial: false
    ) { _, index, onlyRecursive in
      index == target && (targetIsWrite || !onlyRecursive)
    }
    switch outcome {
    case .noMatch: return true
    case .overflow: return reportOverflow(path, context)
    case .match(let edge):
      if source == target {
        // The kernel calls it with source and target as they are: "previous" is what is new.
        reportRecursion(next.pointee, previous.pointee, path, context)
      } else {
        reportCircle(previous.pointee, next.pointee, edge, path, context)
      }
      return false
    }
  }

  /// `print_circular_bug`.
  private func reportCircle(
    _ target: HeldEntry, _ source: HeldEntry, _ edge: Int32, _ path: CallPath,
    _ context: LockdepContext
  ) {
    let steps = describe(
      core.pointee.graph.path(to: edge), .forward, root: source.classIndex,
      rootTrace: currentTrace(context, path.calling(.printCircularBug)))
    record(
      .circularDependency(
        CircularDependency(
          source: describe(source), target: describe(target), path: steps,
          scene: scene(context, printed(by: .printCircularBug, in: path)))),
      signature: ReportSignature("circle", [UInt64(source.classIndex), UInt64(target.classIndex)]))
  }

  /// `check_irq_usage`: does the new dependency connect a lock used in an interrupt with one that
  /// is held while that interrupt is enabled? False if it does, and it was reported.
  private func checkIRQOrder(
    _ previous: UnsafeMutablePointer<HeldEntry>, _ next: UnsafeMutablePointer<HeldEntry>,
    _ outer: CallPath, _ context: LockdepContext
  ) -> Bool {
    let from = previous.pointee.classIndex
    let to = next.pointee.classIndex
    // Upper bounds of what the two searches below can find.
    let bound = UsageMask(
      rawValue: UInt16(core.pointee.graph.classes[from].pointee.usedBefore))
    let reachable = UInt16(core.pointee.graph.classes[to].pointee.enabledAfter)
    guard reachable & bound.conflicting.rawValue != 0 else { return true }

    let path = outer.calling(.checkIrqUsage)
    let safeRoot = SearchRoot(classIndex: from, onlyRecursive: previous.pointee.mode.isRead)
    let unsafeRoot = SearchRoot(
      classIndex: to, onlyRecursive: next.pointee.mode == .recursiveRead)
    var before: UInt16 = 0
    let accumulation = core.pointee.graph.search(.backward, from: safeRoot, skipsSpecial: true) {
      entry, _, onlyRecursive in
      before |= entry.pointee.usage & (onlyRecursive ? UsageMask.irqWrite.rawValue : .max)
      return false
    }
    if case .overflow = accumulation { return reportOverflow(path, context) }
    let used = UsageMask(rawValue: before).intersection(.usedInAny)
    guard !used.isEmpty else { return true }

    let wanted = used.conflicting.rawValue
    let unsafeEdge: Int32
    switch core.pointee.graph.findUsage(wanted, .forward, from: unsafeRoot) {
    case .noMatch: return true
    case .overflow: return reportOverflow(path, context)
    case .match(let edge): unsafeEdge = edge
    }
    let unsafePath = core.pointee.graph.path(to: unsafeEdge)
    let unsafeClass =
      unsafePath.first.map { core.pointee.graph.edges[$0].pointee.to } ?? to
    let unsafeUsage = UsageMask(
      rawValue: core.pointee.graph.classes[unsafeClass].pointee.usage)

    let safeWanted = unsafeUsage.intersection(.enabledAny).conflicting.rawValue
    let safeEdge: Int32
    switch core.pointee.graph.findUsage(safeWanted, .backward, from: safeRoot) {
    case .noMatch: return true
    case .overflow: return reportOverflow(path, context)
    case .match(let edge): safeEdge = edge
    }
    let safePath = core.pointee.graph.path(to: safeEdge)
    let safeClass = safePath.first.map { core.pointee.graph.edges[$0].pointee.from } ?? from
    let safeUsage = UsageMask(rawValue: core.pointee.graph.classes[safeClass].pointee.usage)
    guard let (safeBit, unsafeBit) = Self.conflict(of: safeUsage, with: unsafeUsage) else {
      return true
    }
    let now = currentTrace(context, path.calling(.printBadIrqDependency))
    record(
      .unsafeOrder(
        UnsafeOrder(
          next: describe(next.pointee), previous: describe(previous.pointee), safeBit: safeBit,
          unsafeBit: unsafeBit,
          safePath: describe(safePath, .backward, root: from, rootTrace: now),
          unsafePath: describe(unsafePath, .forward, root: to, rootTrace: now),
          scene: scene(context, printed(by: .printBadIrqDependency, in: path)))),
      signature: ReportSignature(
        "order", [UInt64(from), UInt64(to), UInt64(safeClass), UInt64(unsafeClass)]))
    return false
  }

  /// The first bit of `usage`, over all eight, whose opposite `other` has, write before read
  /// (`find_exclusive_match`). The kernel scans "enabled" bits too, which can pick an odd pair.
  private static func conflict(
    of usage: UsageMask, with other: UsageMask
  ) -> (UsageBit, UsageBit)? {
    for bit in usage.bits where bit.rawValue < 8 {
      let opposite = bit.exclusive
      if other.contains(opposite) { return (bit, opposite) }
      if other.contains(opposite.readVariant) { return (bit, opposite.readVariant) }
    }
    return nil
  }
}
