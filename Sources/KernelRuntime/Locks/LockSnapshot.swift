internal import Lockdep

/// What a validator knew before an operation, to say afterwards what changed.
struct LockSnapshot {
  private let usages: [UsageMask]
  private let dependencies: Int
  private let held: [LockDescription]

  /// - Parameter task: who does the operation.
  init(of validator: Validator, holding task: TaskID) {
    usages = validator.usages
    dependencies = validator.dependencyCount
    held = validator.heldLocks(of: task)
  }

  /// What the operation changed; nil if it changed nothing and nothing was found.
  ///
  /// - Parameters:
  ///   - reports: what the validator found.
  ///   - context: where the operation was done.
  ///   - site: the place of the call, if it is known.
  ///   - running: the task that is told where the validator has no name for the context's.
  func change(
    _ validator: Validator, _ reports: [LockReport], in context: LockdepContext, cpu: Int,
    at site: String?, running: KernelTask
  ) -> LockChange? {
    let now = validator.heldLocks(of: context.task)
    let after = validator.usages
    var newUsages: [LockChange.ClassUsage] = []
    for index in after.indices {
      let before = usages.indices.contains(index) ? usages[index] : UsageMask(rawValue: 0)
      guard after[index] != before, let name = validator.className(at: index) else { continue }
      for bit in after[index].bits where !before.contains(bit) {
        newUsages.append(LockChange.ClassUsage(lockClass: name, usage: bit))
      }
    }
    let newDependencies = validator.dependencies(from: dependencies)
    var verb = LockChange.Verb.checked
    var subject: LockDescription?
    if now.count > held.count {
      verb = .taken
      subject = now.last
    } else if now.count < held.count {
      verb = .released
      subject = held.last { lock in !now.contains { $0.lock == lock.lock } } ?? held.last
    } else if newUsages.isEmpty, newDependencies.isEmpty, reports.isEmpty {
      return nil
    }
    let lockClass = subject?.lockClass
    let task =
      validator.name(of: context.task).map { KernelTask(name: $0.comm, pid: Int($0.pid)) }
      ?? running
    return LockChange(
      verb: verb,
      lockClass: lockClass.map { validator.listedName(of: $0) } ?? newUsages.first?.lockClass ?? "",
      cpu: cpu, task: RunningTask(task), flags: validator.flags(context),
      usage: lockClass.flatMap { known in
        validator.classes.first { $0.id == known.id }?.usage
      } ?? UsageMask(rawValue: 0),
      newUsages: newUsages, newDependencies: newDependencies, newReports: reports,
      held: now.compactMap { $0.lockClass.map { validator.listedName(of: $0) } }, site: site)
  }
}
