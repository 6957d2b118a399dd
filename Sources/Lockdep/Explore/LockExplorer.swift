/// Searches the interleavings of a program's contexts for one in which they really deadlock.
///
/// The validator warns of what could happen; this finds whether it can, with these contexts doing
/// just this. Tasks of one processor take turns where the kernel lets them; a handler may start
/// wherever interrupts are on, once; whoever spins keeps the processor, whoever waits for a
/// sleeping lock leaves it; a reader waits behind a waiting writer unless it reads recursively.
public struct LockExplorer {
  let program: LockProgram
  let readsAreRecursive: Bool
  /// Off: look at every interleaving, for comparison.
  var reduces = true

  /// An explorer of all orders in which the program's contexts can run.
  public init(_ program: LockProgram, readsAreRecursive: Bool = false) {
    self.program = program
    self.readsAreRecursive = readsAreRecursive
  }

  /// What a search found.
  public enum Result: Hashable, Sendable {
    /// A shortest schedule that ends with contexts that wait for ever.
    case deadlock(Schedule, states: Int)
    /// Every interleaving comes to an end.
    case none(states: Int)
    /// None up to the bound.
    case bounded(states: Int)
    /// The program has a step with no meaning here.
    case unsupported(LockStep)
  }

  /// How it comes to a deadlock.
  public struct Schedule: Hashable, Sendable {
    /// What happened, in order.
    public var events: [Event]
    /// Who waits at the end, for what.
    public var stuck: [Wait]

    /// A context that cannot go on.
    public struct Wait: Hashable, Sendable {
      /// Which context, by its place in the program.
      public var thread: Int
      /// The lock that it waits for.
      public var lock: String
      /// Who has it; several if it is shared.
      public var holders: [Int]
    }
  }

  /// One event of a schedule.
  public enum Event: Hashable, Sendable {
    /// The thread took its step; `waits` if it did not get its lock.
    case step(thread: Int, step: Int, waits: Bool)
    /// The processor went over to the task.
    case runs(thread: Int, cpu: Int)
    /// The handler started on top of what ran.
    case interrupts(thread: Int, cpu: Int, over: Int?)
  }

  /// Breadth first, so that what is found is shortest; at most `bound` states.
  public func search(bound: Int) -> Result {
    var unsupported: LockStep?
    guard
      let model = ExplorerModel(
        program, readsAreRecursive: readsAreRecursive, unsupported: &unsupported)
    else {
      return unsupported.map { .unsupported($0) } ?? .none(states: 0)
    }
    let start = ExplorerState(model)
    var states = [start]
    var origins: [(parent: Int, move: ExplorerMove)?] = [nil]
    var known: Set<ExplorerState> = [start]
    var index = 0
    while index < states.count {
      let state = states[index]
      let moves = model.moves(in: state)
      let waiting = program.threads.indices.filter { model.isStuck($0, in: state) }
      if !waiting.isEmpty, !moves.contains(where: { progresses($0) }) {
        return .deadlock(
          schedule(to: index, states, origins, model, waiting), states: states.count)
      }
      for move in reduces ? model.reduced(moves, in: state) : moves {
        let next = model.state(after: move, in: state)
        guard known.insert(next).inserted else { continue }
        if states.count >= bound { return .bounded(states: states.count) }
        states.append(next)
        origins.append((index, move))
      }
      index += 1
    }
    return .none(states: states.count)
  }

  /// A further interrupt does not undo a deadlock: it only comes on top.
  private func progresses(_ move: ExplorerMove) -> Bool {
    if case .interrupt = move { return false }
    return true
  }

  private func schedule(
    to index: Int, _ states: [ExplorerState],
    _ origins: [(parent: Int, move: ExplorerMove)?], _ model: ExplorerModel, _ waiting: [Int]
  ) -> Schedule {
    var path: [(state: Int, move: ExplorerMove)] = []
    var current = index
    while let origin = origins[current] {
      path.append((current, origin.move))
      current = origin.parent
    }
    let events = path.reversed().map { entry -> Event in
      let before = states[origins[entry.state]?.parent ?? 0]
      switch entry.move {
      case .act(let thread):
        let position = Int(before.threads[thread].position)
        return .step(
          thread: thread, step: model.threads[thread].actions[position].step,
          waits: states[entry.state].threads[thread].phase == .waiting)
      case .run(let task): return .runs(thread: task, cpu: program.threads[task].cpu)
      case .interrupt(let handler):
        return .interrupts(
          thread: handler, cpu: program.threads[handler].cpu,
          over: before.stacks[model.threads[handler].cpu].last.map(Int.init))
      }
    }
    let last = states[index]
    let stuck = waiting.compactMap { thread -> Schedule.Wait? in
      model.awaited(by: thread, in: last).map { lock in
        Schedule.Wait(
          thread: thread, lock: model.locks[lock].name, holders: last.holders(of: lock))
      }
    }
    return Schedule(events: events, stuck: stuck)
  }
}

extension LockExplorer.Result {
  /// The result in words, with the schedule line by line.
  public func lines(of program: LockProgram) -> [String] {
    switch self {
    case .deadlock(let schedule, let states):
      ["  deadlock, found among \(states) states:"]
        + schedule.events.map { "    " + Self.text($0, program) }
        + schedule.stuck.map { "    " + Self.text($0, program) }
    case .none(let states): ["  no deadlock in any interleaving (\(states) states)"]
    case .bounded(let states): ["  no deadlock within the bound (\(states) states)"]
    case .unsupported(let step): ["  not searched: `\(step.text)` has no model of its waiting"]
    }
  }

  private static func text(_ event: LockExplorer.Event, _ program: LockProgram) -> String {
    switch event {
    case .step(let thread, let step, let waits):
      "cpu \(program.threads[thread].cpu)  \(program.threads[thread].name): "
        + "\(program.steps[step].text)\(waits ? "  waits" : "")"
    case .runs(let thread, let cpu): "cpu \(cpu)  runs \(program.threads[thread].name)"
    case .interrupts(let thread, let cpu, let over):
      "cpu \(cpu)  \(program.threads[thread].name) interrupts "
        + (over.map { program.threads[$0].name } ?? "the idle processor")
    }
  }

  private static func text(
    _ wait: LockExplorer.Schedule.Wait, _ program: LockProgram
  ) -> String {
    let names = wait.holders.map { program.threads[$0].name }
    let name = program.threads[wait.thread].name
    if wait.holders == [wait.thread] { return "\(name) waits for \(wait.lock), which it holds" }
    return "\(name) waits for \(wait.lock), held by \(names.joined(separator: ", "))"
  }
}
