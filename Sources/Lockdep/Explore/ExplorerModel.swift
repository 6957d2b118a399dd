/// A lock program as a search sees it: what each context does to the real locks and to its own
/// ability to be interrupted.
struct ExplorerModel {
  enum Action: Hashable {
    case take(lock: Int, Demand)
    case give(lock: Int)
    case hardirqs(off: Bool)
    /// Bottom halves: +1 off, -1 on.
    case softirqs(Int)
    /// Nothing that another context could notice.
    case nothing
  }

  /// How a lock is asked for.
  enum Demand: Hashable {
    case exclusive
    /// Shared, behind any writer that waits already.
    case shared
    /// Shared, behind writers that hold it only.
    case recursive
    /// Exclusive, or go on without.
    case attempt
  }

  struct Lock: Hashable {
    var name: String
    /// Waiters stay on their processor.
    var spins: Bool
  }

  struct Thread {
    var name: String
    var kind: LockThread.Kind
    var cpu: Int
    /// With the index of each in the program's steps.
    var actions: [(action: Action, step: Int)]
  }

  var locks: [Lock] = []
  var threads: [Thread] = []
  var cpuCount = 0
  /// For each processor, the threads that run on it.
  var threadsOfCPU: [[Int]] = []

  /// Nil if a step has no meaning for real locks: the first such step is in `unsupported`.
  init?(_ program: LockProgram, readsAreRecursive: Bool, unsupported: inout LockStep?) {
    var indices: [LockObject: Int] = [:]
    let cpus = Set(program.threads.map { $0.cpu }).sorted()
    cpuCount = cpus.count
    threadsOfCPU = Array(repeating: [], count: cpuCount)
    for (index, thread) in program.threads.enumerated() {
      let cpu = cpus.firstIndex(of: thread.cpu) ?? 0
      threads.append(Thread(name: thread.name, kind: thread.kind, cpu: cpu, actions: []))
      threadsOfCPU[cpu].append(index)
    }
    for (index, step) in program.steps.enumerated() {
      let kind = program.threads[step.thread].kind
      guard
        let action = action(
          of: step.operation, isRecursive: readsAreRecursive || kind != .task, &indices)
      else {
        unsupported = step
        return nil
      }
      threads[step.thread].actions.append((action, index))
    }
  }

  private mutating func action(
    of operation: LockOperation, isRecursive: Bool, _ indices: inout [LockObject: Int]
  ) -> Action? {
    switch operation {
    case .acquire(let object, let manner):
      guard let lock = index(of: object, &indices) else { return .nothing }
      if manner.isTrylock { return .take(lock: lock, .attempt) }
      switch manner.side {
      case .write: return .take(lock: lock, .exclusive)
      case .recursiveRead: return .take(lock: lock, .recursive)
      case .read:
        return .take(
          lock: lock, object.family == .rwlock && isRecursive ? .recursive : .shared)
      }
    case .release(let object):
      return index(of: object, &indices).map { .give(lock: $0) } ?? .nothing
    case .interrupts(let change):
      switch change {
      case .hardirqDisable, .hardirqEnter, .hardirqEnterNotThreaded, .softirqEnter:
        return .hardirqs(off: true)
      case .hardirqEnable, .hardirqExit, .softirqExit: return .hardirqs(off: false)
      case .softirqDisable: return .softirqs(1)
      case .softirqEnable: return .softirqs(-1)
      case .nmiEnter, .nmiExit: return .nothing
      }
    case .initialise, .pin, .unpin, .free, .nofs, .mightAlloc, .exitTask, .returnToUser, .touch,
      .downgrade, .sync:
      return .nothing
    case .wound: return nil
    }
  }

  /// Nil for what nobody waits for: RCU, sequence counts, maps, per-CPU locks.
  private mutating func index(
    of object: LockObject, _ indices: inout [LockObject: Int]
  ) -> Int? {
    let spins: Bool
    switch object.family {
    case .spin, .raw, .rwlock: spins = true
    case .mutex, .rwsem, .rtMutex: spins = false
    default: return nil
    }
    if let known = indices[object] { return known }
    locks.append(Lock(name: object.description, spins: spins))
    indices[object] = locks.count - 1
    return locks.count - 1
  }
}
