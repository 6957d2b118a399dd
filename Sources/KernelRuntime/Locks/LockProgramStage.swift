package import Lockdep

/// The modelled kernel as the host of a lock program: its tasks, its locks, its call stack.
package final class LockProgramStage: LockProgramHost {
  private let functions: [String]
  private let tracker: LockTracker
  private let kernel: KernelContext
  /// The task that runs on each processor, for handlers to interrupt.
  private var running: [Int: KernelTask] = [:]

  package init(calledFrom functions: [String], tracker: LockTracker, in kernel: KernelContext) {
    self.functions = functions
    self.tracker = tracker
    self.kernel = kernel
  }

  package var validator: Validator { tracker.validator }

  package func lock(for object: LockObject) -> LockID {
    tracker.makeLock(
      object.family.kind, class: object.className, instance: "program.\(object.name)")
  }

  /// Tasks of programs have process ids of their own, by their names' first appearance.
  package func context(of thread: LockThread) -> LockdepContext {
    tracker.context(of: task(of: thread), cpu: thread.cpu)
  }

  private func task(of thread: LockThread) -> KernelTask {
    guard thread.kind == .task else {
      return running[thread.cpu] ?? .idle(cpu: thread.cpu)
    }
    let task =
      thread.isIdle
      ? KernelTask.idle(cpu: thread.cpu)
      : KernelTask(name: thread.name, pid: tracker.programPID(thread.name))
    running[thread.cpu] = task
    return task
  }

  package func perform(
    in thread: LockThread, functions below: [String], _ body: (LockdepFrame) -> [LockReport]
  ) {
    // `irq:dmar_fault` is a handler of that name.
    let own = String(thread.name.split(separator: ":").last ?? "")
    let interrupt = [
      "asm_common_interrupt", "common_interrupt", "__common_interrupt", "handle_edge_irq",
      "handle_irq_event", "__handle_irq_event_percpu",
    ]
    let outer =
      thread.kind == .task
      ? functions : thread.kind == .softirq ? ["__do_softirq"] : interrupt
    kernel.run(as: task(of: thread), in: outer + [own]) {
      let place = tracker.callSite(of: below)
      kernel.call(below) { tracker.run(at: place, cpu: thread.cpu) { body(place) } }
    }
  }
}

extension KernelContext {
  /// Runs `body` in the innermost of nested calls.
  fileprivate func call(_ innermostFirst: [String], _ body: () -> Void) {
    guard let outermost = innermostFirst.last else { return body() }
    call(outermost) { call(innermostFirst.dropLast(), body) }
  }
}
