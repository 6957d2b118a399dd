package import KernelLog
package import KernelProfiles
package import Lockdep

/// What all of the kernel's parts share: the build, the log, the CPU with its stack, the locks.
///
/// The model runs one CPU. Its parts are classes because they are one running kernel, not values:
/// they point at each other as the kernel's own structures do, until ``end()``.
package final class KernelContext {
  package let build: KernelBuild
  package let timer: any KernelTimer
  private let events: (KernelEvent) -> Void
  private let lockListener: LockListener
  /// The tasks that run, one interrupted by the next; the last one runs now.
  private var tasks: [KernelTask] = [.kernelInit]
  /// The CPU that the model follows.
  package private(set) var cpu = 0
  /// The units that a CPU waits for in vain, in the order in which that happened.
  package private(set) var hangs: [String] = []

  /// Nil where the build has no lock validator.
  package private(set) var locks: LockTracker?
  package var stack = CallStack()
  /// What the kernel died of; it prints nothing any more then.
  package private(set) var death: KernelDeath?
  /// Who prints on a console takes its locks; nil without one.
  package private(set) var console: SerialConsole?
  /// `panic=` of the command line.
  package var panicTimeOut = 0
  /// What an interrupt found; nil outside interrupts.
  package var interrupted: InterruptedContext?

  /// - Parameter addresses: where named objects lie, for messages that print them.
  package init(
    build: KernelBuild, addresses: [String: UInt64], commandLine: [String] = [],
    timer: any KernelTimer, events: @escaping (KernelEvent) -> Void = { _ in },
    locks lockListener: LockListener = .none
  ) {
    self.build = build
    self.timer = timer
    self.events = events
    self.lockListener = lockListener
    if build.configuration.provesLocking {
      locks = LockTracker(addresses: addresses, in: self)
      // Its locks are all that there is to know of it.
      console = SerialConsole(commandLine: commandLine, in: self)
    }
    panicTimeOut = KernelDeath.timeOut(in: commandLine)
  }

  /// The kernel ends: its parts let go of one another.
  package func end() {
    locks?.end()
    locks = nil
    console = nil
  }

  // MARK: Who runs

  /// The task that runs now.
  package var currentTask: KernelTask { tasks.last ?? .kernelInit }

  package func enter(_ task: KernelTask) { tasks.append(task) }

  package func leaveTask() { _ = tasks.popLast() }

  /// Whether anybody wants to hear of locks.
  package var tellsLocks: Bool { lockListener.isListening() }

  package func tell(_ moment: LockMoment) { lockListener.hear(moment) }

  // MARK: Log

  /// printk: a line of the driver. A line that this kernel has no form for is not printed.
  package func print(_ line: DriverLine) {
    guard let (level, text) = line.printed(build.behaviour.lines) else { return }
    print(level, report: text)
  }

  /// printk: one record of a report, which may have several lines. Lock reports and stacks have
  /// forms of their own.
  package func print(_ level: LogLevel, report text: String) {
    if death != nil { return }
    events(.log(LogRecord(level: level, microseconds: timer.stamp(), text: text)))
    console?.flush()
  }

  /// A CPU waits for a unit for ever.
  package func hang(on unit: String) {
    hangs.append(unit)
    events(.hang(unit: unit))
  }

  /// A panic, or an oops in interrupt context, which is one.
  ///
  /// - Parameter reason: what the panic says, as `panic` has it.
  package func die(of death: KernelDeath, reason: DeathLine.PanicReason = .fatalInterrupt) {
    if self.death != nil { return }
    if case .badRead(let address, let exception) = death {
      for line in KernelDeath.oops(reading: address, exception, of: build) { print(.death(line)) }
      for line in backtraceHead(build.behaviour.backtrace) { print(.warning, report: line) }
    }
    for line in KernelDeath.panic(reason, build, timeOut: panicTimeOut) { print(.death(line)) }
    self.death = death
    events(.death(death))
  }

  // MARK: Calls

  /// Runs `body` as the function of that name, so that stack traces show it.
  package func call<Result, Failure: Error>(
    _ function: String, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    stack.push(function)
    defer { stack.pop() }
    return try body()
  }

  /// Runs `body` on a fresh stack, as a task that was started with these functions, outermost
  /// first.
  package func run<Result, Failure: Error>(
    as task: KernelTask, in functions: [String], _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outer = stack
    stack = CallStack(functions)
    enter(task)
    locks?.enter(task)
    defer {
      locks?.leave()
      leaveTask()
      stack = outer
    }
    return try body()
  }

  /// Runs `body` as a soft interrupt at the end of the timer interrupt that hit the CPU in `context`:
  /// nothing else runs until it is done.
  package func timerSoftirq<Result, Failure: Error>(
    over context: InterruptedContext, in functions: [String],
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outer = (stack, interrupted)
    stack = CallStack(context.functions)
    interrupted = context
    enter(KernelTask(name: context.task.name, pid: context.task.pid))
    locks?.enterSoftirq(KernelTask(name: context.task.name, pid: context.task.pid))
    defer {
      locks?.leaveSoftirq()
      leaveTask()
      (stack, interrupted) = outer
    }
    stack.pushInterruptEntry("asm_sysvec_apic_timer_interrupt", continuingOn: .interrupt)
    for function in ["sysvec_apic_timer_interrupt", "irq_exit_rcu"] + functions {
      stack.push(function)
    }
    return try body()
  }

  // MARK: Locks

  package func makeLock(_ kind: LockKind, class name: String, instance: String) -> KernelLock {
    KernelLock(id: locks?.makeLock(kind, class: name, instance: instance), kind: kind)
  }

  /// Runs `body` with the lock held, taken plainly or with interrupts saved and disabled.
  package func locked<Result, Failure: Error>(
    _ lock: KernelLock, _ mode: KernelValues.SpinLockMode, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let saved = acquire(lock, mode)
    defer { release(lock, restoring: saved) }
    return try body()
  }

  /// Runs `body` under a map that is not a lock of its own: a timer's, which tells the validator what
  /// its function waits for.
  package func mapped<Result, Failure: Error>(
    _ map: KernelLock, from function: String, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    locks?.acquire(map, at: .call(caller: function, callee: "lock_acquire", kind: .task))
    defer { locks?.release(map) }
    return try body()
  }

  /// del_timer_sync: it may wait for the timer's function, and says so with interrupts off.
  package func deleteTimer(_ map: KernelLock) {
    withInterruptsOff { mapped(map, from: "del_timer_sync") {} }
  }

  /// local_irq_save and local_irq_restore around `body`.
  package func withInterruptsOff<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let saved = locks?.disableInterrupts() ?? .untouched
    defer { if saved == .wereOn { locks?.enableInterrupts() } }
    return try body()
  }

  /// Takes a spinning lock and says what `release` has to restore.
  package func acquire(_ lock: KernelLock, _ mode: KernelValues.SpinLockMode) -> SavedInterrupts {
    // raw_spin_lock and spin_lock are one function each way on a kernel without PREEMPT_RT.
    let function = mode == .irqsave ? "_raw_spin_lock_irqsave" : "_raw_spin_lock"
    let place = stack.innermostFrame(inner: [function], frameless: build.callSites.frameless)
    return call(function) {
      let saved: SavedInterrupts =
        mode == .irqsave ? (locks?.disableInterrupts() ?? .untouched) : .untouched
      locks?.acquire(lock, at: place)
      return saved
    }
  }

  package func release(_ lock: KernelLock, restoring saved: SavedInterrupts) {
    locks?.release(lock)
    if saved == .wereOn { locks?.enableInterrupts() }
  }

  // MARK: Other work

  /// Lets the CPU idle for as long as a task waits for another one (wait_for_completion).
  package func idle<Failure: Error>(_ work: () throws(Failure) -> Void) throws(Failure) {
    let outer = interrupted
    interrupted = nil
    defer { interrupted = outer }
    try run(as: .idle(), in: [], work)
  }

  /// The model has turned to another CPU.
  private var isOnOtherCPU = false

  /// What another CPU does while this one is busy; nothing where the model is on that one already.
  package func onOtherCPU<Failure: Error>(_ work: () throws(Failure) -> Void) throws(Failure) {
    if isOnOtherCPU { return }
    isOnOtherCPU = true
    let outer = (stack, interrupted)
    stack = CallStack()
    interrupted = nil
    cpu = 1
    enter(.idle(cpu: 1))
    locks?.moveToOtherCPU()
    defer {
      locks?.moveBack()
      leaveTask()
      cpu = 0
      (stack, interrupted) = outer
      isOnOtherCPU = false
    }
    try work()
  }
}
