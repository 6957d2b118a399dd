/// The lock validator: what kernel/locking/lockdep.c does, as a library.
///
/// Make processors, tasks and locks, then tell it of every acquire, release and change of
/// interrupt state, each in a ``LockdepContext``. An operation returns the report that it caused, nil
/// otherwise; after the first report the validator is off, as in the kernel, unless
/// ``LockdepConfiguration/goesOn``.
///
/// An operation with an id that this validator did not make does nothing. One validator belongs to
/// one thread.
public final class Validator {
  /// What the validator checks, and how large its tables are.
  public let configuration: LockdepConfiguration
  /// Asked for a stack trace when one must be stored; nil stores empty traces.
  public var traceSource: TraceSource?
  /// What was found so far, in order.
  public internal(set) var reports: [LockReport] = []

  @usableFromInline let core: UnsafeMutablePointer<Core>
  var classInfo: [ClassInfo] = []
  var lockInfo: [LockInfo] = []
  var taskInfo: [TaskInfo] = []
  var registry = ClassRegistry()
  var traces = TraceStore()
  /// Signatures of the reports so far, for a validator that goes on.
  var signatures: Set<ReportSignature> = []
  var comparisons: [UInt32: LockComparison] = [:]

  /// A validator that has seen nothing.
  public init(_ configuration: LockdepConfiguration = LockdepConfiguration()) {
    self.configuration = configuration
    core = .allocate(capacity: 1)
    core.initialize(to: Core(configuration))
  }

  deinit {
    traces.deallocate()
    core.pointee.deallocate()
    core.deinitialize(count: 1)
    core.deallocate()
  }

  /// The kernel's `debug_locks`.
  @inlinable public var isOn: Bool { core.pointee.isOn }

  /// Adds a processor: hardware interrupts on, in no interrupt.
  public func addCPU() -> CPUID {
    core.pointee.cpus.append(CPUEntry())
    return CPUID(rawValue: UInt32(core.pointee.cpus.count - 1))
  }

  /// Adds a task that holds nothing, with soft interrupts on.
  public func addTask(comm: String, pid: Int32) -> TaskID {
    core.pointee.tasks.append(TaskEntry())
    taskInfo.append(TaskInfo(name: TaskName(comm: comm, pid: pid)))
    return TaskID(rawValue: UInt32(taskInfo.count - 1))
  }

  /// Says whether a task runs on a processor now: what it holds is not listed for others then.
  public func setRunning(_ task: TaskID, _ isRunning: Bool) {
    guard core.pointee.tasks.contains(task.rawValue) else { return }
    taskInfo[Int(task.rawValue)].isRunning = isRunning
  }

  /// The tasks, in the order in which they were added.
  public var tasks: [TaskID] { taskInfo.indices.map { TaskID(rawValue: UInt32($0)) } }

  /// What a task is called; nil for one that was never added.
  public func name(of task: TaskID) -> TaskName? {
    core.pointee.tasks.contains(task.rawValue) ? taskInfo[Int(task.rawValue)].name : nil
  }

  func isRunning(_ task: TaskID) -> Bool { taskInfo[Int(task.rawValue)].isRunning }

  /// The entries of a context, nil if an id is unknown.
  @inline(__always)
  func entries(_ context: LockdepContext) -> (
    task: UnsafeMutablePointer<TaskEntry>, cpu: UnsafeMutablePointer<CPUEntry>
  )? {
    guard core.pointee.tasks.contains(context.task.rawValue),
      core.pointee.cpus.contains(context.cpu.rawValue)
    else { return nil }
    return (core.pointee.tasks[context.task.rawValue], core.pointee.cpus[context.cpu.rawValue])
  }
}

/// A comparison that orders locks of one class: negative if the first may be held while the second
/// is taken (the kernel's `lock_cmp_fn`).
public typealias LockComparison = (LockID, LockID) -> Int

/// A task as reports name it: `rngd/1006`.
public struct TaskName: Hashable, Sendable, CustomStringConvertible {
  /// The name, as `comm` in the kernel.
  public var comm: String
  /// The process id.
  public var pid: Int32

  /// A task's name and number.
  public init(comm: String, pid: Int32) {
    self.comm = comm
    self.pid = pid
  }

  public var description: String { "\(comm)/\(pid)" }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension TaskName: Codable {}
#endif

struct TaskInfo {
  var name: TaskName
  var isRunning = false
}
