// Chains of held locks that are new.

extension Validator {
  /// A chain that is not in the cache: is it sound, and what dependencies does it add
  /// (`validate_chain`)?
  ///
  /// - Returns: false if a report ended it.
  @inline(never)
  func validateChain(
    _ next: UnsafeMutablePointer<HeldEntry>, _ startsChain: Bool, _ chainKey: UInt64,
    _ entry: EntryPoint, _ context: LockdepContext, _ task: UnsafeMutablePointer<TaskEntry>
  ) -> Bool {
    let path = entry.path.calling(.validateChain)
    guard addChain(next, chainKey, path, context, task) else { return isOn }
    switch checkRecursion(next, path, context, task) {
    case .report: return isOn
    case .nested: return true
    case .none: break
    }
    return startsChain || addDependencies(next, path, context, task)
  }

  /// `add_chain_cache`; false if a table is full.
  private func addChain(
    _ next: UnsafeMutablePointer<HeldEntry>, _ chainKey: UInt64, _ path: CallPath,
    _ context: LockdepContext, _ task: UnsafeMutablePointer<TaskEntry>
  ) -> Bool {
    var first = Int(task.pointee.depth)
    while first > 0, task.pointee.held[first - 1].irqContext == next.pointee.irqContext {
      first -= 1
    }
    let count = Int(task.pointee.depth) - first + 1
    let full: LockReport.Table? =
      core.pointee.chains.count >= configuration.limits.chains
      ? .chains
      : core.pointee.chainStore.locks.count + count > configuration.limits.chainLocks
        ? .chainLocks : nil
    if let full {
      record(
        .tableFull(
          full,
          scene(context, printed(by: .addChainCache, in: path.calling(.lookUpChainCacheAdd)))),
        signature: ReportSignature(full.rawValue, []))
      return false
    }
    core.pointee.chainStore.chains.append(
      ChainStore.Chain(
        first: UInt32(core.pointee.chainStore.locks.count), count: UInt16(count),
        irqContext: next.pointee.irqContext, key: chainKey))
    for index in first..<Int(task.pointee.depth) {
      core.pointee.chainStore.locks.append(task.pointee.held[index].classIndex)
    }
    core.pointee.chainStore.locks.append(next.pointee.classIndex)
    core.pointee.chains.insert(chainKey, UInt32(core.pointee.chainStore.chains.count - 1))
    return true
  }

  private enum Recursion {
    case none
    /// Held by a nest lock's leave: no dependency comes of it.
    case nested
    case report
  }

  /// `check_deadlock`: over the whole stack, across interrupt contexts too.
  private func checkRecursion(
    _ next: UnsafeMutablePointer<HeldEntry>, _ path: CallPath, _ context: LockdepContext,
    _ task: UnsafeMutablePointer<TaskEntry>
  ) -> Recursion {
    var nestIsHeld = false
    for index in 0..<Int(task.pointee.depth) {
      let previous = task.pointee.held + index
      if previous.pointee.lock == next.pointee.nest { nestIsHeld = true }
      guard previous.pointee.classIndex == next.pointee.classIndex else { continue }
      if next.pointee.mode == .recursiveRead, previous.pointee.mode.isRead { continue }
      if compare(previous.pointee, next.pointee).map({ $0 < 0 }) ?? false { continue }
      if nestIsHeld { return .nested }
      reportRecursion(previous.pointee, next.pointee, path.calling(.checkDeadlock), context)
      return .report
    }
    return .none
  }

  /// What the class's compare function says of two of its locks; nil if it has none.
  func compare(_ previous: HeldEntry, _ next: HeldEntry) -> Int? {
    guard core.pointee.graph.classes[next.classIndex].pointee.hasCompare,
      let comparison = comparisons[next.classIndex]
    else { return nil }
    return comparison(LockID(rawValue: previous.lock), LockID(rawValue: next.lock))
  }

  /// `print_deadlock_bug`.
  func reportRecursion(
    _ previous: HeldEntry, _ next: HeldEntry, _ path: CallPath, _ context: LockdepContext
  ) {
    record(
      .recursiveLocking(
        RecursiveLocking(
          next: describe(next), previous: describe(previous), comparison: compare(previous, next),
          scene: scene(context, printed(by: .printDeadlockBug, in: path)))),
      signature: ReportSignature("recursion", [UInt64(next.classIndex)]))
  }
}
