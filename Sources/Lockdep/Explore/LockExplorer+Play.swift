extension LockExplorer {
  /// What became of one order of a program's words.
  public enum Play: Hashable, Sendable {
    /// Contexts that wait for ever; the words that they did not come to are left out.
    case deadlock(Schedule)
    /// Everybody came to an end.
    case finished([Event])
    /// The order cannot be: this word's context does not run then.
    case impossible(LockStep, after: [Event])
    /// The program has a step with no meaning here.
    case unsupported(LockStep)
  }

  /// Plays the words in the order in which they are written: who is the scheduler decides it.
  ///
  /// A context whose lock is taken waits, and its further words come once it has the lock. A word of a
  /// context that waits for ever is left out. A task is switched to, and a handler comes, where its
  /// word stands; where the kernel would not let it run there, the order is impossible.
  public func play() -> Play {
    var unsupported: LockStep?
    guard
      let model = ExplorerModel(
        program, readsAreRecursive: readsAreRecursive, unsupported: &unsupported)
    else {
      return unsupported.map { .unsupported($0) } ?? .finished([])
    }
    var state = ExplorerState(model)
    var events: [Event] = []
    // Words that are due, by context: those of a context that waits come later.
    var due = [Int](repeating: 0, count: program.threads.count)
    for step in program.steps {
      due[step.thread] += 1
      guard advance(step.thread, &due, &state, &events, model) else {
        return .impossible(step, after: events)
      }
      // Somebody who waited may go on now.
      var moves = true
      while moves {
        moves = false
        for thread in program.threads.indices where due[thread] > 0 && thread != step.thread {
          let before = due[thread]
          guard !model.isStuck(thread, in: state) else { continue }
          if advance(thread, &due, &state, &events, model), due[thread] < before { moves = true }
        }
      }
    }
    let waiting = program.threads.indices.filter { model.isStuck($0, in: state) }
    guard !waiting.isEmpty else { return .finished(events) }
    return .deadlock(Schedule(events: events, stuck: waits(waiting, in: state, model)))
  }

  /// Lets a context take the words that are due; false where it cannot run now.
  private func advance(
    _ thread: Int, _ due: inout [Int], _ state: inout ExplorerState, _ events: inout [Event],
    _ model: ExplorerModel
  ) -> Bool {
    while due[thread] > 0 {
      if model.isStuck(thread, in: state) { return true }
      let cpu = model.threads[thread].cpu
      if state.stacks[cpu].last.map({ Int($0) }) != thread {
        let over = state.stacks[cpu].last.map { Int($0) }
        let moves = model.moves(in: state)
        if moves.contains(.run(task: thread)) {
          state = model.state(after: .run(task: thread), in: state)
          events.append(.runs(thread: thread, cpu: program.threads[thread].cpu))
        } else if moves.contains(.interrupt(handler: thread)) {
          state = model.state(after: .interrupt(handler: thread), in: state)
          events.append(
            .interrupts(thread: thread, cpu: program.threads[thread].cpu, over: over))
        } else {
          // Behind somebody who waits on the same processor for ever it does not come to its words.
          return over.map { model.isStuck($0, in: state) } ?? false
        }
      }
      let position = Int(state.threads[thread].position)
      guard position < model.threads[thread].actions.count else { return true }
      let word = model.threads[thread].actions[position].step
      state = model.state(after: .act(thread: thread), in: state)
      let waits = state.threads[thread].phase == .waiting
      events.append(.step(thread: thread, step: word, waits: waits))
      if waits { return true }
      due[thread] -= 1
    }
    return true
  }

  private func waits(_ waiting: [Int], in state: ExplorerState, _ model: ExplorerModel)
    -> [Schedule.Wait]
  {
    var waits: [Schedule.Wait] = []
    for thread in waiting {
      guard let lock = model.awaited(by: thread, in: state) else { continue }
      waits.append(
        Schedule.Wait(
          thread: thread, lock: model.locks[lock].name, holders: state.holders(of: lock)))
    }
    return waits
  }
}

extension LockExplorer.Schedule {
  /// The schedule in words, a line for each event and each wait.
  public func lines(of program: LockProgram) -> [String] {
    let result = LockExplorer.Result.deadlock(self, states: 0).lines(of: program).dropFirst()
    return result.map { line in String(line.drop { $0 == " " }) }
  }
}

extension LockExplorer {
  /// Events in words, a line each.
  public static func lines(of events: [Event], in program: LockProgram) -> [String] {
    Schedule(events: events, stuck: []).lines(of: program)
  }
}
