@testable import Lockdep

/// The rules once more, as plainly as they can be written: dictionaries, a walk through the graph
/// for every question, no hashes, no order, no bounds. For comparison with the validator.
///
/// It keeps the stacks that were checked, whole. A cache of chains is more than a way to be fast:
/// a stack that was checked once is not checked again, even where it now stands on top of another
/// context's locks, and so the kernel misses a recursion across contexts that it would find in a
/// new chain. Without the set the two disagree in programs 1017 and 4001 below.
struct NaiveChecker {
  struct Lock: Hashable {
    var id: Int
    var lockClass: Int
  }

  struct Held {
    var lock: Lock
    var mode: LockMode
    var isTrylock: Bool
    var isChecked: Bool
    var irqContext: Int
    var hardirqsOff: Bool
  }

  struct Task {
    var held: [Held] = []
    var softirqsEnabled = true
    var softirqContext = 0
    var isThreaded = false
  }

  struct CPU {
    var hardirqsEnabled = true
    var hardirqContext = 0
  }

  struct Edge: Hashable {
    var from: Int
    var to: Int
  }

  /// Kind of report and the classes in it.
  struct Finding: Hashable {
    var kind: String
    var classes: [Int]
  }

  /// Inner and outer wait type of each class.
  var waits: [(inner: Int, outer: Int)]
  var tasks: [Task]
  var cpus: [CPU]
  var usage: [Set<UsageBit>]
  /// Kinds as pairs (previous is shared, next is recursive), in order of the edges' creation.
  var edges: [Edge] = []
  var kinds: [Edge: Set<[Bool]>] = [:]
  var finding: Finding?
  /// Class and mode of each lock of a stack, of one interrupt context.
  var checkedStacks: Set<[Int]> = []

  init(waits: [(inner: Int, outer: Int)], tasks: Int, cpus: Int) {
    self.waits = waits
    self.tasks = Array(repeating: Task(), count: tasks)
    self.cpus = Array(repeating: CPU(), count: cpus)
    usage = Array(repeating: [], count: waits.count)
  }

  // MARK: Acquire and release

  mutating func acquire(
    _ lock: Lock, _ mode: LockMode, isTrylock: Bool, isChecked: Bool, task: Int, cpu: Int,
    hardirqsWereOff: Bool? = nil
  ) {
    guard finding == nil else { return }
    let inHardirq = cpus[cpu].hardirqContext > 0
    let inSoftirq = tasks[task].softirqContext > 0
    let next = Held(
      lock: lock, mode: mode, isTrylock: isTrylock, isChecked: isChecked,
      irqContext: (inHardirq ? 2 : 0) + (inSoftirq ? 1 : 0),
      hardirqsOff: hardirqsWereOff ?? !cpus[cpu].hardirqsEnabled)
    let wait = waits[lock.lockClass]
    if wait.inner != 0, !isTrylock {
      var allowed = inHardirq ? (tasks[task].isThreaded ? 3 : 2) : inSoftirq ? 3 : 5
      for held in tasks[task].held.reversed() {
        if held.irqContext != next.irqContext { break }
        let inner = waits[held.lock.lockClass].inner
        if inner != 0 { allowed = min(allowed, inner) }
      }
      if (wait.outer == 0 ? wait.inner : wait.outer) > allowed {
        finding = Finding(kind: "wait", classes: [lock.lockClass])
        return
      }
    }
    if isChecked {
      let read = mode != .exclusive
      if !isTrylock, inHardirq { mark(read ? .usedInHardirqRead : .usedInHardirq, next) }
      if !isTrylock, inSoftirq { mark(read ? .usedInSoftirqRead : .usedInSoftirq, next) }
      if !next.hardirqsOff {
        mark(read ? .enabledHardirqRead : .enabledHardirq, next)
        if tasks[task].softirqsEnabled {
          mark(read ? .enabledSoftirqRead : .enabledSoftirq, next)
        }
      }
    }
    guard finding == nil else { return }
    if isChecked, !isTrylock { addDependencies(next, task) }
    if finding == nil { tasks[task].held.append(next) }
  }

  mutating func release(_ lock: Lock, task: Int, cpu: Int) {
    guard finding == nil else { return }
    let top = tasks[task].held.last?.irqContext
    guard
      let index = tasks[task].held.lastIndex(where: { $0.lock == lock }),
      tasks[task].held[index...].allSatisfy({ $0.irqContext == top })
    else {
      finding = Finding(kind: "imbalance", classes: [])
      return
    }
    let above = tasks[task].held[(index + 1)...]
    tasks[task].held.removeSubrange(index...)
    for held in above where finding == nil { reacquire(held, task: task, cpu: cpu) }
  }

  /// What stood above a released lock comes back through all the checks.
  private mutating func reacquire(_ held: Held, task: Int, cpu: Int) {
    acquire(
      held.lock, held.mode, isTrylock: held.isTrylock, isChecked: held.isChecked, task: task,
      cpu: cpu, hardirqsWereOff: held.hardirqsOff)
  }

  mutating func enableHardirqs(task: Int, cpu: Int) {
    guard finding == nil, !cpus[cpu].hardirqsEnabled else { return }
    if cpus[cpu].hardirqContext > 0 {
      finding = Finding(kind: "warning", classes: [])
      return
    }
    markHeld(.enabledHardirq, .enabledHardirqRead, task)
    if tasks[task].softirqsEnabled { markHeld(.enabledSoftirq, .enabledSoftirqRead, task) }
    cpus[cpu].hardirqsEnabled = true
  }

  mutating func enableSoftirqs(task: Int, cpu: Int) {
    guard finding == nil, !tasks[task].softirqsEnabled else { return }
    tasks[task].softirqsEnabled = true
    if cpus[cpu].hardirqsEnabled { markHeld(.enabledSoftirq, .enabledSoftirqRead, task) }
  }

  private mutating func markHeld(_ write: UsageBit, _ read: UsageBit, _ task: Int) {
    for held in tasks[task].held where held.isChecked && finding == nil {
      mark(held.mode == .exclusive ? write : read, held)
    }
  }

  // MARK: Usage

  private mutating func mark(_ bit: UsageBit, _ held: Held) {
    let lockClass = held.lock.lockClass
    guard finding == nil, usage[lockClass].insert(bit).inserted else { return }
    let opposite = bit.exclusive
    let isRead = bit.rawValue % 2 == 1
    if usage[lockClass].contains(opposite)
      || !isRead && usage[lockClass].contains(opposite.readVariant)
    {
      finding = Finding(kind: "inconsistent", classes: [lockClass])
      return
    }
    let isUsedIn = bit.rawValue % 4 < 2
    let root = isUsedIn ? held.mode == .recursiveRead : held.mode != .exclusive
    if let other = nearest(
      from: lockClass, root, forward: isUsedIn, wanted: [opposite, opposite.readVariant])
    {
      finding = Finding(kind: "inversion", classes: [lockClass, other])
    }
  }

  // MARK: Dependencies

  private mutating func addDependencies(_ next: Held, _ task: Int) {
    let below = tasks[task].held.reversed().prefix { $0.irqContext == next.irqContext }
    let stack = (below.reversed() + [next]).map { $0.lock.lockClass * 3 + Int($0.mode.rawValue) }
    guard checkedStacks.insert(stack).inserted else { return }
    for held in tasks[task].held
    where held.lock.lockClass == next.lock.lockClass
      && !(next.mode == .recursiveRead && held.mode != .exclusive)
    {
      finding = Finding(kind: "recursion", classes: [next.lock.lockClass])
      return
    }
    for held in tasks[task].held.reversed() {
      if held.irqContext != next.irqContext { break }
      guard held.isChecked else { continue }
      addDependency(held, next)
      if finding != nil || !held.isTrylock { break }
    }
  }

  private mutating func addDependency(_ previous: Held, _ next: Held) {
    let from = previous.lock.lockClass
    let to = next.lock.lockClass
    var isCircle = false
    walk(from: to, next.mode == .recursiveRead, forward: true) { lockClass, onlyRecursive in
      isCircle =
        lockClass == from && (previous.mode == .exclusive || !onlyRecursive)
      return isCircle
    }
    if isCircle {
      finding =
        from == to
        ? Finding(kind: "recursion", classes: [to]) : Finding(kind: "circle", classes: [to, from])
      return
    }
    checkOrder(previous, next)
    guard finding == nil else { return }
    let edge = Edge(from: from, to: to)
    if kinds[edge] == nil { edges.append(edge) }
    kinds[edge, default: []].insert([previous.mode != .exclusive, next.mode == .recursiveRead])
  }

  private mutating func checkOrder(_ previous: Held, _ next: Held) {
    let from = previous.lock.lockClass
    let to = next.lock.lockClass
    var before: Set<UsageBit> = []
    walk(from: from, previous.mode != .exclusive, forward: false) { lockClass, onlyRecursive in
      before.formUnion(
        usage[lockClass].filter {
          $0.rawValue < 8 && $0.rawValue % 4 < 2 && (!onlyRecursive || $0.rawValue % 2 == 0)
        })
      return false
    }
    let wanted = Set(before.flatMap { [$0.exclusive, $0.exclusive.readVariant] })
    guard
      let unsafe = nearest(
        from: to, next.mode == .recursiveRead, forward: true, wanted: wanted)
    else { return }
    let enabled = usage[unsafe].filter { $0.rawValue < 8 && $0.rawValue % 4 >= 2 }
    let used = Set(enabled.flatMap { [$0.exclusive, $0.exclusive.readVariant] })
    guard
      let safe = nearest(
        from: from, previous.mode != .exclusive, forward: false, wanted: used)
    else { return }
    finding = Finding(kind: "order", classes: [from, to, safe, unsafe])
  }

  private func nearest(
    from root: Int, _ onlyRecursive: Bool, forward: Bool, wanted: Set<UsageBit>
  ) -> Int? {
    var found: Int?
    walk(from: root, onlyRecursive, forward: forward) { lockClass, onlyRecursive in
      let matching = usage[lockClass].intersection(wanted)
      let isMatch = matching.contains { !onlyRecursive || $0.rawValue % 2 == 0 }
      if isMatch { found = lockClass }
      return isMatch
    }
    return found
  }

  /// Breadth first over the edges in order; stops where `visit` says so.
  private func walk(
    from root: Int, _ rootOnlyRecursive: Bool, forward: Bool, _ visit: (Int, Bool) -> Bool
  ) {
    var visited: Set<Int> = [root]
    if visit(root, rootOnlyRecursive) { return }
    var queue = [(root, rootOnlyRecursive)]
    while !queue.isEmpty {
      let (current, onlyRecursive) = queue.removeFirst()
      for edge in edges where (forward ? edge.from : edge.to) == current {
        let next = forward ? edge.to : edge.from
        guard visited.insert(next).inserted else { continue }
        // Backwards the roles are swapped: what the step begins with is next's kind.
        var allowed = kinds[edge] ?? []
        if onlyRecursive { allowed = allowed.filter { forward ? !$0[0] : !$0[1] } }
        if allowed.isEmpty { continue }
        let isRecursive = allowed.allSatisfy { forward ? $0[1] : $0[0] }
        if visit(next, isRecursive) { return }
        queue.append((next, isRecursive))
      }
    }
  }
}
