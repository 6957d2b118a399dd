internal import Lockdep
internal import Recording
internal import Report

/// When the classes of a lock program were first seen in their states and orders: a program has no clock,
/// its words are counted.
struct ProgramMoments {
  private let runner: LockProgramRunner
  /// What was found, in order.
  private(set) var found: [LockSighting] = []
  private var usages: [String: Set<String>] = [:]
  private var orders: Set<RunLockDependency> = []

  /// The moments of a run that has not begun.
  init(_ runner: LockProgramRunner) { self.runner = runner }

  /// Takes what a step has made known.
  mutating func take(step index: Int) {
    let validator = runner.validator
    let step = runner.program.steps[index]
    let thread = runner.program.threads[step.thread]
    var newOrders: [RunLockDependency] = []
    for dependency in validator.dependencies() {
      let order = RunLockDependency(dependency)
      if orders.insert(order).inserted { newOrders.append(order) }
    }
    for lockClass in validator.classes {
      let name = validator.listedName(of: lockClass)
      var new: [String] = []
      for bit in lockClass.usage.bits {
        let usage = bit.description
        if usage.hasPrefix("INITIAL") { continue }
        if usages[name, default: []].insert(usage).inserted { new.append(usage) }
      }
      let own = newOrders.filter { $0.to == name }
      if new.isEmpty, own.isEmpty { continue }
      found.append(
        LockSighting(
          lockClass: name, usages: new, orders: own, when: "word \(index + 1)", microseconds: nil,
          context: Self.context(thread.kind), who: "\(step.text), \(thread.name)/\(thread.cpu)",
          functions: own.isEmpty ? [] : [step.text]))
    }
  }

  /// Where a report came.
  func place(ofStep index: Int) -> String {
    guard runner.program.steps.indices.contains(index) else { return "" }
    let step = runner.program.steps[index]
    return "word \(index + 1), \(step.text), \(runner.program.threads[step.thread].name)"
  }

  private static func context(_ kind: LockThread.Kind) -> String {
    switch kind {
    case .task: "task"
    case .hardirq: "hardirq"
    case .softirq: "softirq"
    }
  }
}
