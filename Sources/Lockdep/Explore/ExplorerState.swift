/// Where every context of a program stands, and who has which lock.
struct ExplorerState: Hashable {
  enum Phase: UInt8 {
    /// A handler that has not come yet.
    case idle
    case ready
    /// Asked for the lock of its next action and does not have it.
    case waiting
    case done
  }

  struct Thread: Hashable {
    var position: UInt32 = 0
    var phase = Phase.ready
    var hardirqsOff = false
    var softirqsOff: UInt8 = 0
    /// Spinning locks held or waited for: no other task runs on its processor.
    var pinned: UInt32 = 0
  }

  /// What a thread has of a lock.
  static let exclusive: UInt8 = 255
  /// Its trylock failed, so the release that follows does nothing.
  static let refused: UInt8 = 254

  var threads: [Thread]
  /// For each processor its stack: the task that it runs, if any, and the handlers on top of it.
  var stacks: [[UInt8]]
  /// Lock by lock, thread by thread: 0, a count of shared holds, `exclusive` or `refused`.
  var holds: [UInt8]

  init(_ model: ExplorerModel) {
    threads = model.threads.map { thread in
      var state = Thread()
      if thread.kind != .task {
        state.phase = .idle
      } else if thread.actions.isEmpty {
        state.phase = .done
      }
      return state
    }
    stacks = Array(repeating: [], count: model.cpuCount)
    holds = Array(repeating: 0, count: model.locks.count * model.threads.count)
  }

  subscript(lock: Int, thread: Int) -> UInt8 {
    get { holds[lock * threads.count + thread] }
    set { holds[lock * threads.count + thread] = newValue }
  }

  /// Who has the lock in any way.
  func holders(of lock: Int) -> [Int] {
    threads.indices.filter { self[lock, $0] != 0 && self[lock, $0] != Self.refused }
  }
}

/// One thing that can happen next.
enum ExplorerMove: Hashable {
  /// The thread takes its next action, or begins to wait for its lock.
  case act(thread: Int)
  /// A processor goes over to another task.
  case run(task: Int)
  /// An interrupt hits the processor: its handler starts.
  case interrupt(handler: Int)
}

extension ExplorerModel {
  private func action(of thread: Int, in state: ExplorerState) -> Action? {
    let position = Int(state.threads[thread].position)
    let actions = threads[thread].actions
    return position < actions.count ? actions[position].action : nil
  }

  /// Whether the lock can be had now.
  private func isAvailable(
    _ lock: Int, _ demand: Demand, to thread: Int, in state: ExplorerState
  ) -> Bool {
    let holders = state.holders(of: lock)
    switch demand {
    case .exclusive, .attempt: return holders.isEmpty
    case .recursive: return !holders.contains { state[lock, $0] == ExplorerState.exclusive }
    case .shared:
      return !holders.contains { state[lock, $0] == ExplorerState.exclusive }
        && !threads.indices.contains { other in
          other != thread && state.threads[other].phase == .waiting
            && action(of: other, in: state) == .take(lock: lock, .exclusive)
        }
    }
  }

  /// Whether the thread waits, and still could not have its lock.
  func isStuck(_ thread: Int, in state: ExplorerState) -> Bool {
    guard state.threads[thread].phase == .waiting,
      case .take(let lock, let demand) = action(of: thread, in: state)
    else { return false }
    return !isAvailable(lock, demand, to: thread, in: state)
  }

  /// The lock that a thread waits for.
  func awaited(by thread: Int, in state: ExplorerState) -> Int? {
    guard state.threads[thread].phase == .waiting,
      case .take(let lock, _) = action(of: thread, in: state)
    else { return nil }
    return lock
  }

  /// Everything that can happen in a state.
  func moves(in state: ExplorerState) -> [ExplorerMove] {
    var moves: [ExplorerMove] = []
    for cpu in 0..<cpuCount {
      let top = state.stacks[cpu].last.map(Int.init)
      if let top, canAct(top, in: state) { moves.append(.act(thread: top)) }
      for thread in threadsOfCPU[cpu] {
        switch threads[thread].kind {
        case .task:
          if canSwitch(to: thread, from: top, in: state) { moves.append(.run(task: thread)) }
        case .hardirq, .softirq:
          if canInterrupt(thread, top, in: state) { moves.append(.interrupt(handler: thread)) }
        }
      }
    }
    return moves
  }

  private func canAct(_ thread: Int, in state: ExplorerState) -> Bool {
    switch state.threads[thread].phase {
    case .ready: true
    case .waiting: !isStuck(thread, in: state)
    case .idle, .done: false
    }
  }

  /// A processor leaves its task for another when that one is done, sleeps, or may be preempted.
  private func canSwitch(to task: Int, from top: Int?, in state: ExplorerState) -> Bool {
    guard state.threads[task].phase == .ready || state.threads[task].phase == .waiting,
      !isStuck(task, in: state)
    else { return false }
    guard let top else { return true }
    guard top != task, threads[top].kind == .task else { return false }
    let running = state.threads[top]
    if running.phase == .done { return true }
    if running.pinned > 0 || running.softirqsOff > 0 { return false }
    // Asleep on a mutex, or preempted; a task with interrupts off is not preempted.
    return isStuck(top, in: state) || !running.hardirqsOff
  }

  private func canInterrupt(_ handler: Int, _ top: Int?, in state: ExplorerState) -> Bool {
    guard state.threads[handler].phase == .idle else { return false }
    guard let top else { return true }
    let running = state.threads[top]
    if running.hardirqsOff { return false }
    if threads[handler].kind != .softirq { return true }
    return threads[top].kind == .task && running.softirqsOff == 0
  }

  /// The state after a move.
  func state(after move: ExplorerMove, in state: ExplorerState) -> ExplorerState {
    var next = state
    switch move {
    case .run(let task):
      next.stacks[threads[task].cpu] = [UInt8(task)]
    case .interrupt(let handler):
      next.stacks[threads[handler].cpu].append(UInt8(handler))
      next.threads[handler].phase = .ready
      next.threads[handler].hardirqsOff = threads[handler].kind != .softirq
      next.threads[handler].softirqsOff = 1
      if threads[handler].actions.isEmpty { finish(handler, &next) }
    case .act(let thread): act(thread, &next)
    }
    return next
  }

  private func finish(_ thread: Int, _ state: inout ExplorerState) {
    state.threads[thread].phase = .done
    if threads[thread].kind != .task, state.stacks[threads[thread].cpu].last == UInt8(thread) {
      state.stacks[threads[thread].cpu].removeLast()
    }
  }

  private func act(_ thread: Int, _ state: inout ExplorerState) {
    switch action(of: thread, in: state) {
    case .take(let lock, let demand):
      guard take(lock, demand, thread, &state) else { return }
    case .give(let lock): give(lock, thread, &state)
    case .hardirqs(let off): state.threads[thread].hardirqsOff = off
    case .softirqs(let change):
      let count = Int(state.threads[thread].softirqsOff) + change
      state.threads[thread].softirqsOff = UInt8(min(max(count, 0), 255))
    case .nothing, nil: break
    }
    state.threads[thread].phase = .ready
    state.threads[thread].position += 1
    if Int(state.threads[thread].position) >= threads[thread].actions.count {
      finish(thread, &state)
    }
  }

  /// False if the thread must wait.
  private func take(
    _ lock: Int, _ demand: Demand, _ thread: Int, _ state: inout ExplorerState
  ) -> Bool {
    let pins = locks[lock].spins
    let wasWaiting = state.threads[thread].phase == .waiting
    guard isAvailable(lock, demand, to: thread, in: state) else {
      if demand == .attempt {
        if state[lock, thread] == 0 { state[lock, thread] = ExplorerState.refused }
        return true
      }
      // A spinning waiter keeps its processor from the moment it begins to spin.
      if pins, !wasWaiting { state.threads[thread].pinned += 1 }
      state.threads[thread].phase = .waiting
      return false
    }
    if pins, !wasWaiting { state.threads[thread].pinned += 1 }
    switch demand {
    case .exclusive, .attempt: state[lock, thread] = ExplorerState.exclusive
    case .shared, .recursive: state[lock, thread] = min(state[lock, thread] + 1, 253)
    }
    return true
  }

  private func give(_ lock: Int, _ thread: Int, _ state: inout ExplorerState) {
    let held = state[lock, thread]
    if held == 0 { return }
    let wasRefused = held == ExplorerState.refused
    state[lock, thread] = held == ExplorerState.exclusive || wasRefused ? 0 : held - 1
    if locks[lock].spins, !wasRefused, state.threads[thread].pinned > 0 {
      state.threads[thread].pinned -= 1
    }
  }

  // MARK: Partial-order reduction

  /// A move after which nothing is lost by looking at no other: it commutes with whatever the
  /// other contexts can do, now or later.
  ///
  /// Such a move belongs to a thread that has its processor to itself (no other task, and no
  /// handler that may still come), and either concerns no lock that another context still asks
  /// for, or is a release that no trylock could have seen: letting go earlier takes no way to a
  /// deadlock from the others, since the thread could not have been stopped from letting go.
  func reduced(_ moves: [ExplorerMove], in state: ExplorerState) -> [ExplorerMove] {
    for move in moves {
      guard case .act(let thread) = move, ownsProcessor(thread, in: state) else { continue }
      switch action(of: thread, in: state) {
      case .hardirqs, .softirqs, .nothing: return [move]
      case .give(let lock):
        if !othersUse(lock, besides: thread, in: state, { $0 == .attempt }) { return [move] }
      case .take(let lock, _):
        if !othersUse(lock, besides: thread, in: state, { _ in true }) { return [move] }
      case nil: break
      }
    }
    return moves
  }

  private func ownsProcessor(_ thread: Int, in state: ExplorerState) -> Bool {
    threadsOfCPU[threads[thread].cpu].allSatisfy {
      $0 == thread || state.threads[$0].phase == .done
    }
  }

  private func othersUse(
    _ lock: Int, besides thread: Int, in state: ExplorerState, _ matters: (Demand) -> Bool
  ) -> Bool {
    threads.indices.contains { other in
      guard other != thread else { return false }
      let position = Int(state.threads[other].position)
      return threads[other].actions[position...].contains { entry in
        if case .take(lock, let demand) = entry.action { return matters(demand) }
        return false
      }
    }
  }
}
