internal import KernelLog
internal import KernelProfiles
package import Lockdep

/// The kernel's lock validator, fed by the model of the kernel and printing into its log.
///
/// It names tasks and locks for the validator, turns the modelled call stack into traces, and call
/// sites into the symbols that reports print.
package final class LockTracker {
  package let validator: Validator
  private let kernel: KernelContext
  private var cpu: CPUID
  /// What the first CPU was doing when the model turned to another one.
  private var first: (cpu: CPUID, running: [KernelTask])?
  private var otherCPUs: [CPUID] = []
  private var programTasks: [String] = []
  private var tasks: [KernelTask: TaskID] = [:]
  /// The running task is last.
  private var running: [KernelTask] = []
  private var keys: [String: LockKey] = [:]
  /// What frames stand for: `Frame(rawValue: n)` is the n-th of these, from 1.
  private var places: [Place] = []
  private var frames: [Place: LockdepFrame] = [:]
  private var madeLocks = 0
  private let addresses: [String: UInt64]

  /// A place in the code as messages show it; its address is nil where no log showed it.
  private struct Place: Hashable {
    package let symbol: String
    package let address: UInt64?
  }

  /// Where locks lie that the scenario gives no address.
  private static let firstLockAddress: UInt64 = 0xffff_8881_0000_0000
  /// Every device's, which lockdep_set_novalidate_class takes out of all checks.
  private static let deviceMutex = "&dev->mutex"
  private static let firstKeyAddress: UInt64 = 0xffff_ffff_8400_0000

  package init(addresses: [String: UInt64], in kernel: KernelContext) {
    self.kernel = kernel
    self.addresses = addresses
    var configuration = LockdepConfiguration()
    configuration.rawNesting =
      kernel.build.configuration.provesRawLockNesting
      || kernel.build.behaviour.rawLockNesting == .forced
    configuration.hasWaitTypes = kernel.build.behaviour.splat.waitTypes == .printed
    configuration.countsUses = kernel.build.behaviour.splat.uses == .counted
    validator = Validator(configuration)
    cpu = validator.addCPU()
    validator.traceSource = { request in
      self.trace(inner: ["stack_trace_save"] + request.callChain.map { $0.rawValue })
    }
    enter(.kernelInit)
  }

  /// Lets go of the kernel, which holds on to it.
  package func end() { validator.traceSource = nil }

  // MARK: Tasks

  package var currentTask: KernelTask { running.last ?? .kernelInit }

  private var context: LockdepContext {
    LockdepContext(cpu: cpu, task: id(of: currentTask))
  }

  private func id(of task: KernelTask) -> TaskID {
    if let known = tasks[task] { return known }
    let id = validator.addTask(comm: task.name, pid: Int32(truncatingIfNeeded: task.pid))
    tasks[task] = id
    return id
  }

  package func enter(_ task: KernelTask) {
    if let last = running.last { validator.setRunning(id(of: last), false) }
    running.append(task)
    validator.setRunning(id(of: task), true)
  }

  package func leave() {
    guard let last = running.popLast() else { return }
    validator.setRunning(id(of: last), false)
    validator.setRunning(id(of: currentTask), true)
  }

  // MARK: Locks

  package func makeLock(_ kind: LockKind, class name: String, instance: String) -> LockID {
    let key =
      name == Self.deviceMutex
      ? .noValidate
      : keys[name] ?? LockKey(rawValue: Self.firstKeyAddress + UInt64(keys.count) * 16)
    keys[name] = key
    let address = addresses[instance] ?? Self.firstLockAddress + UInt64(madeLocks) * 64
    madeLocks += 1
    return validator.addLock(
      LockDeclaration(
        name: printedName(name, kind), kind: kind, address: address, key: .fixed(key)))
  }

  /// What the kernel's initialiser makes of the text in its argument.
  private func printedName(_ name: String, _ kind: LockKind) -> String {
    // A name that ends so is that of a key, which lockdep_set_class gave.
    guard kernel.build.behaviour.spinlockNames == .rlock, kind == .spinlock, name.hasPrefix("&"),
      !name.hasSuffix("_key"), !name.hasSuffix("_class")
    else { return name }
    return "&(\(name))->rlock"
  }

  package func acquire(
    _ lock: KernelLock, _ how: Acquisition = .exclusive, at place: CallStack.Frame?
  ) {
    guard let id = lock.id else { return }
    let frame = frame(for: place)
    observe(at: frame) { validator.acquire(id, how, in: context, at: frame) }
  }

  package func release(_ lock: KernelLock) {
    guard let id = lock.id else { return }
    observe(at: .none) { validator.release(id, in: context, at: .none) }
  }

  // MARK: Lock programs

  /// Where a task of a lock program runs; processors besides the model's one are made for it.
  package func context(of task: KernelTask, cpu number: Int) -> LockdepContext {
    while otherCPUs.count < number { otherCPUs.append(validator.addCPU()) }
    return LockdepContext(cpu: number == 0 ? cpu : otherCPUs[number - 1], task: id(of: task))
  }

  /// The process id of a program's task: its name's place among those seen, from 1000.
  package func programPID(_ name: String) -> Int {
    if let index = programTasks.firstIndex(of: name) { return 1000 + index }
    programTasks.append(name)
    return 1000 + programTasks.count - 1
  }

  /// The place of a call of `functions`, innermost first, from what runs now.
  package func callSite(of functions: [String]) -> LockdepFrame {
    frame(
      for: kernel.stack.frames(
        inner: functions.isEmpty ? ["lock_acquire"] : functions,
        frameless: kernel.build.callSites.frameless
      ).dropFirst(max(functions.count - 1, 0)).first)
  }

  /// Runs an operation of a lock program on a CPU and prints what it led to.
  package func run(at frame: LockdepFrame, cpu number: Int, _ operation: () -> [LockReport]) {
    guard kernel.tellsLocks else {
      for entry in operation() { report(entry) }
      return
    }
    let place = context(of: currentTask, cpu: number)
    let before = LockSnapshot(of: validator, holding: place.task)
    let reports = operation()
    let change = before.change(
      validator, reports, in: place, cpu: number, at: symbol(for: frame),
      running: kernel.currentTask)
    if let change { kernel.tell(.changes(change)) }
    for entry in reports { report(entry) }
    if change != nil { kernel.tell(.isDone) }
  }

  /// Does something with a lock, tells it if anybody listens, and prints what it led to.
  private func observe(at frame: LockdepFrame, _ operation: () -> LockReport?) {
    guard kernel.tellsLocks else { return report(operation()) }
    let context = context
    let before = LockSnapshot(of: validator, holding: context.task)
    let found = operation()
    let change = before.change(
      validator, found.map { [$0] } ?? [], in: context, cpu: kernel.cpu,
      at: frame == .none ? nil : symbol(for: frame),
      running: kernel.currentTask)
    if let change { kernel.tell(.changes(change)) }
    report(found)
    if change != nil { kernel.tell(.isDone) }
  }

  // MARK: Interrupts

  /// local_irq_save.
  package func disableInterrupts() -> SavedInterrupts {
    guard validator.flags(context).hardirqsEnabled else { return .wereOff }
    validator.hardirqsOff(in: context, at: .none)
    return .wereOn
  }

  /// local_irq_restore to a state in which interrupts were on.
  package func enableInterrupts() {
    observe(at: .none) { validator.hardirqsOn(in: context, at: .none) }
  }

  /// The CPU leaves its task for an interrupt.
  package func enterInterrupt(_ interrupted: InterruptedContext, isThreaded: Bool) {
    enter(KernelTask(name: interrupted.task.name, pid: interrupted.task.pid))
    let events = interrupted.interruptEvents
    var record = IRQTrace()
    record.hardirqsEnabled = traced(events.hardEnabled)
    record.softirqsEnabled = traced(events.softEnabled)
    record.softirqsDisabled = traced(events.softDisabled)
    record.events = max(
      record.hardirqsEnabled.number, record.softirqsEnabled.number, record.softirqsDisabled.number)
    validator.setIRQTrace(record, of: context.task)
    validator.hardirqsOff(
      in: context, at: frame(named: events.entrySymbol, address: events.entryAddress))
    validator.enterHardirq(in: context, isThreaded: isThreaded)
  }

  /// The CPU leaves its task for a soft interrupt, which runs with hard interrupts on.
  package func enterSoftirq(_ task: KernelTask) {
    enter(task)
    validator.enterSoftirq(in: context, counts: true)
    validator.softirqsOff(in: context, at: .none)
  }

  package func leaveSoftirq() {
    validator.exitSoftirq(in: context, counts: true)
    observe(at: .none) { validator.softirqsOn(in: context, at: .none) }
    leave()
  }

  package func leaveInterrupt() {
    validator.exitHardirq(in: context)
    observe(at: .none) { validator.hardirqsOn(in: context, at: .none) }
    leave()
  }

  // MARK: Another CPU

  /// The model turns to a second CPU, which idles; the first one stays where it is.
  package func moveToOtherCPU() {
    if otherCPUs.isEmpty { otherCPUs.append(validator.addCPU()) }
    first = (cpu, running)
    cpu = otherCPUs[0]
    running = []
    enter(.idle(cpu: 1))
  }

  package func moveBack() {
    leave()
    guard let first else { return }
    (cpu, running) = first
    self.first = nil
  }

  // MARK: Traces and reports

  /// The current stack as the validator stores it: stack_trace_save skips its own three callers.
  private func trace(inner: [String]) -> [LockdepFrame] {
    let skipped = 3
    return kernel.stack.frames(inner: inner, frameless: kernel.build.callSites.frameless)
      .dropFirst(skipped).map { frame(for: $0) }
  }

  private func frame(for place: CallStack.Frame?) -> LockdepFrame {
    switch place {
    case .call(let caller, let callee, _):
      frame(for: kernel.build.callSites.symbol(of: callee, in: caller))
    case .registers:
      frame(named: kernel.interrupted?.registers?.instruction ?? "0x0", address: nil)
    case nil: .none
    }
  }

  private func frame(for symbol: CallSites.Symbol) -> LockdepFrame {
    frame(named: symbol.description, address: symbol.address)
  }

  private func traced(_ event: InterruptEvents.Event?) -> IRQTrace.Event {
    guard let event else { return IRQTrace.Event() }
    return IRQTrace.Event(
      number: event.number, at: frame(named: event.symbol, address: event.address))
  }

  private func frame(named symbol: String, address: UInt64?) -> LockdepFrame {
    let place = Place(symbol: symbol, address: address)
    if let known = frames[place] { return known }
    places.append(place)
    let frame = LockdepFrame(rawValue: UInt64(places.count))
    frames[place] = frame
    return frame
  }

  private func place(of frame: LockdepFrame) -> Place {
    let index = Int(truncatingIfNeeded: frame.rawValue) - 1
    return places.indices.contains(index) ? places[index] : Place(symbol: "0x0", address: 0)
  }

  /// Prints a report where the kernel prints it: at once, from inside the operation.
  private func report(_ report: LockReport?) {
    guard let report else { return }
    for record in render(report, in: self) { kernel.print(.warning, report: record) }
  }
}

extension LockTracker: ReportEnvironment {
  package var ident: String { kernel.build.ident }

  package func symbol(for frame: LockdepFrame) -> String { place(of: frame).symbol }

  package func address(of frame: LockdepFrame) -> UInt64? { place(of: frame).address }

  package var style: ReportStyle { kernel.build.behaviour.splat }

  package func symbol(for key: LockKey) -> String { "0x" + String(key.rawValue, radix: 16) }

  package func backtrace(_ scene: Scene) -> [String] {
    kernel.backtrace(inner: scene.callChain.map { $0.rawValue })
  }
}
