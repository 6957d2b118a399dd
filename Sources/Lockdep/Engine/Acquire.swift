extension Validator {
  /// A lock is being taken (`lock_acquire`); tell it before the lock is waited for.
  ///
  /// - Parameters:
  ///   - lock: which lock.
  ///   - how: exclusive or shared, trylock, subclass, nest lock.
  ///   - context: the task and the processor that do it.
  ///   - frame: where, as reports print it after `at:`.
  /// - Returns: the report that this caused, nil if all is well or the validator is off.
  @inlinable @inline(__always)
  @discardableResult
  public func acquire(
    _ lock: LockID, _ how: Acquisition = .exclusive, in context: LockdepContext,
    at frame: LockdepFrame
  ) -> LockReport? {
    guard core.pointee.isOn else { return nil }
    let index = acquireWhileOn(lock, how, context, frame)
    return index < 0 ? nil : reports[index]
  }

  /// The checks of an acquire without the acquire: waits for a lock, holds nothing (`lock_sync`).
  @discardableResult
  public func sync(
    _ lock: LockID, _ how: Acquisition = .exclusive, in context: LockdepContext,
    at frame: LockdepFrame
  ) -> LockReport? {
    guard isOn, let (task, cpu) = entries(context), knows(lock, how.nest),
      task.pointee.bypass == 0
    else { return nil }
    let count = reports.count
    _ = push(
      lock.rawValue, how, frame, hardirqsOff: !cpu.pointee.hardirqsEnabled, isSync: true, .sync,
      context, task, cpu)
    return reportSince(count)
  }

  func knows(_ lock: LockID, _ nest: LockID? = nil) -> Bool {
    core.pointee.locks.contains(lock.rawValue)
      && (nest.map { core.pointee.locks.contains($0.rawValue) } ?? true)
  }

  /// What came of an attempt to push a lock (`__lock_acquire`'s 0, 1, 2).
  enum PushResult {
    /// A report, or nothing to push.
    case failed
    case pushed
    /// Folded into the entry below, which counts references.
    case merged
  }

  /// `__lock_acquire`. The order of the checks decides which report comes out.
  ///
  /// `references` and `pinCount` are those of an entry that is pushed again.
  @inline(never)
  func push(
    _ lock: UInt32, _ how: Acquisition, _ frame: LockdepFrame, hardirqsOff: Bool, isSync: Bool,
    references: UInt32 = 0, pinCount: UInt32 = 0, _ entry: EntryPoint, _ context: LockdepContext,
    _ task: UnsafeMutablePointer<TaskEntry>, _ cpu: UnsafeMutablePointer<CPUEntry>
  ) -> PushResult {
    let core = core
    let map = core.pointee.locks[lock]
    let isChecked = how.isChecked && core.pointee.provesLocking && !map.pointee.isExempt

    // The class.
    var classIndex =
      how.subclass == 0
      ? map.pointee.cachedClass0 : how.subclass == 1 ? map.pointee.cachedClass1 : noIndex
    if classIndex == noIndex {
      switch self.classIndex(of: lock, subclass: how.subclass, entry, context) {
      case .found(let index): classIndex = index
      case .none: return .failed
      }
    }
    if core.pointee.countsUses { classInfo[Int(classIndex)].uses += 1 }
    let depth = Int(task.pointee.depth)
    if depth >= Limits.depth { return tooDeep(entry, context) }
    let nest = how.nest?.rawValue ?? noIndex
    if nest != noIndex, depth > 0, !isSync,
      task.pointee.held[depth - 1].classIndex == classIndex
    {
      return merge(references, into: task.pointee.held + (depth - 1), entry, context)
    }

    // The held entry, not pushed yet.
    let held = task.pointee.held + depth
    let inHardirq = cpu.pointee.hardirqContext > 0
    let inSoftirq = task.pointee.softirqContext > 0
    held.pointee = HeldEntry(
      previousChainKey: task.pointee.chainKey, frame: frame, lock: lock, classIndex: classIndex,
      nest: nest, references: references, pinCount: pinCount,
      irqContext: (inHardirq ? 2 : 0) | (inSoftirq ? 1 : 0), isTrylock: how.isTrylock,
      isChecked: isChecked, isSync: isSync, mode: how.mode, hardirqsOff: hardirqsOff,
      waitFloor: .max, waitOverridden: false)
    let startsChain = depth == 0 || (held - 1).pointee.irqContext != held.pointee.irqContext

    // Wait context.
    let lockClass = core.pointee.graph.classes[classIndex]
    if !startsChain {
      held.pointee.waitFloor = (held - 1).pointee.waitFloor
      held.pointee.waitOverridden = (held - 1).pointee.waitOverridden
    }
    let inner = lockClass.pointee.waitInner
    if inner != 0 {
      if !how.isTrylock {
        let outer = lockClass.pointee.waitOuter
        let allowed = waitAllowed(
          held.pointee.waitFloor, held.pointee.waitOverridden, task, inHardirq, inSoftirq)
        if (outer == 0 ? inner : outer) > allowed,
          !reportWaitContext(held, entry, context, task, inHardirq, inSoftirq)
        {
          return .failed
        }
      }
      if lockClass.pointee.type == .waitOverride {
        held.pointee.waitFloor = inner
        held.pointee.waitOverridden = true
      } else if inner < held.pointee.waitFloor {
        held.pointee.waitFloor = inner
      }
    }

    // Usage bits.
    var usage = how.mode.isRead ? UsageBit.usedRead.bit : UsageBit.used.bit
    if isChecked {
      var bits: UInt16 = 0
      if !how.isTrylock {
        if inHardirq { bits |= UsageBit.usedInHardirq.bit }
        if inSoftirq { bits |= UsageBit.usedInSoftirq.bit }
      }
      if !hardirqsOff && !isSync {
        bits |= UsageBit.enabledHardirq.bit
        if task.pointee.softirqsEnabled { bits |= UsageBit.enabledSoftirq.bit }
      }
      // A read bit stands beside its write bit.
      usage |= how.mode.isRead ? bits << 1 : bits
    }
    if usage & ~lockClass.pointee.usage != 0, !mark(usage, held, entry.marking, context) {
      return .failed
    }

    // The chain.
    let chainKey = ChainKey.append(
      startsChain ? ChainKey.initial : task.pointee.chainKey, classIndex: classIndex,
      mode: how.mode)
    if nest != noIndex, !holds(nest, task), !reportNestNotTaken(held, entry, context) {
      return .failed
    }
    if !how.isTrylock, isChecked, !core.pointee.chains.contains(chainKey),
      !validateChain(held, startsChain, chainKey, entry, context, task)
    {
      return .failed
    }
    if isSync { return .pushed }
    task.pointee.chainKey = chainKey
    task.pointee.depth = Int32(truncatingIfNeeded: depth &+ 1)
    if depth + 1 >= Limits.depth { return reportDepth(entry, context) }
    return .pushed
  }

  /// The entry of the stack below takes the lock in: same class, and a nest lock that orders them.
  @inline(never)
  private func merge(
    _ references: UInt32, into top: UnsafeMutablePointer<HeldEntry>, _ entry: EntryPoint,
    _ context: LockdepContext
  ) -> PushResult {
    let added = max(references, 1)
    let held = max(top.pointee.references, 1)
    // `references` has 12 bits in the kernel.
    guard held + added < 1 << 12 else {
      warn("hlock->references < references", context, entry.path)
      return .failed
    }
    top.pointee.references = held + added
    return .merged
  }

  @inline(never)
  private func tooDeep(_ entry: EntryPoint, _ context: LockdepContext) -> PushResult {
    warn("depth >= MAX_LOCK_DEPTH", context, entry.path)
    return .failed
  }

  @inline(never)
  private func reportDepth(_ entry: EntryPoint, _ context: LockdepContext) -> PushResult {
    record(
      .depthExceeded(scene(context, dumped(entry.path))),
      signature: ReportSignature("depth", []))
    return .failed
  }

  /// Whether a task holds a lock, as a nest lock must be (`__lock_is_held(lock, -1)`).
  func holds(_ lock: UInt32, _ task: UnsafeMutablePointer<TaskEntry>) -> Bool {
    var index = Int(task.pointee.depth) - 1
    while index >= 0 {
      if matches(task.pointee.held[index], lock) { return true }
      index -= 1
    }
    return false
  }

  /// `match_held_lock`: the same instance, or the same class where the entry counts references.
  @inline(__always)
  func matches(_ held: HeldEntry, _ lock: UInt32) -> Bool {
    if held.lock == lock { return true }
    guard held.references > 0 else { return false }
    let cached = core.pointee.locks[lock].pointee.cachedClass0
    if cached != noIndex { return cached == held.classIndex }
    guard let key = lockInfo[Int(lock)].key,
      let index = registry.classes[ClassRegistry.slot(key, 0)]
    else { return false }
    return index == held.classIndex
  }
}
