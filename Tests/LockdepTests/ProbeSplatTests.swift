import Foundation
import Testing

@testable import Lockdep

/// Reports that probes in a real kernel's init thread provoked, whole.
@Suite struct ProbeSplatTests {
  /// The section of part B that a probe printed.
  static func section(_ title: String) throws -> [String] {
    let text = try Golden.text("splats.txt")
    let start = try #require(text.range(of: "=== EXTRA \(title)\n")).upperBound
    let end = text[start...].range(of: "=== EXTRA ")?.lowerBound ?? text.endIndex
    var lines = text[start..<end].split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return Normalising.golden(lines)
  }

  static let initThread = [
    "do_one_initcall", "kernel_init_freeable", "kernel_init", "ret_from_fork",
  ]

  /// A runner for a program in the probe's function.
  static func runner(
    _ ops: String, isTainted: Bool = false, function: String = "ld_extra",
    outer: [String] = initThread, task: TaskName = TaskName(comm: "swapper/0", pid: 1)
  ) throws -> LockProgramRunner {
    let symbols = ProgramSymbols(function: function, outer: outer.map { "\($0)+0x1/0x2" })
    let taint = isTainted ? "Tainted: G        W         " : "Not tainted"
    symbols.ident = "6.1.192 #2 \(taint)"
    symbols.taint = taint
    symbols.release = "6.1.192 #2 "
    symbols.style = .ofGolden
    return LockProgramRunner(try LockProgram(parsing: ops), symbols: symbols, bootTask: task)
  }

  /// Runs and renders the first report.
  static func lines(_ runner: LockProgramRunner) throws -> [String] {
    let outcome = runner.run()
    let report = try #require(outcome.reports.first)
    runner.symbols.show(step: outcome.reportSteps[0])
    return Normalising.records(render(report, in: runner.symbols))
  }

  static func compare(_ got: [String], _ title: String) throws {
    let golden = try section(title)
    #expect(differences(got, from: golden) == [])
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var title: String
    /// The state that earlier probes left, then the probe.
    var ops: String
    var isTainted = false
    /// The report's step calls straight into the validator: its lock function is inlined.
    var isInlined = false
    var testDescription: String { title }
  }

  static let cases = [
    Case(title: "sys_exit", ops: "ML(xm) MU(xm) SOFTIRQ_DISABLE ML(xm) USER"),
    Case(
      title: "sys_exit two locks", ops: "ML(xm) MU(xm) SOFTIRQ_DISABLE ML(xm) L(xs) USER"),
    Case(title: "invalid subclass", ops: "ML(xm/9)"),
    Case(
      title: "unlock not held, other held", ops: "SOFTIRQ_DISABLE ML(xm2) MU(xm)",
      isTainted: true, isInlined: true),
    Case(
      title: "invalid wait ctx: mutex under spinlock",
      ops: "ML(xm) MU(xm) SOFTIRQ_DISABLE L(xs) ML(xm)", isTainted: true, isInlined: true),
    Case(
      title: "invalid wait ctx: spin under raw",
      ops: "SOFTIRQ_DISABLE L(xs) U(xs) RAWL(xraw) L(xs)", isTainted: true),
    Case(
      title: "invalid wait ctx: mutex under rcu", ops: "ML(xm) MU(xm) RCU_LOCK ML(xm)",
      isTainted: true, isInlined: true),
  ]

  @Test("a probe's report is the real one, line for line", arguments: cases)
  func report(test: Case) throws {
    let runner = try Self.runner(test.ops, isTainted: test.isTainted)
    for (index, step) in runner.program.steps.enumerated() where step.text.hasPrefix("RCU") {
      runner.symbols.setStack(
        of: index, callers: ["rcu_lock_acquire+0x7/0x1e", "ld_extra+0x1/0x2"])
    }
    if test.isInlined {
      runner.symbols.setStack(of: runner.program.steps.count - 1, functions: [])
    }
    try Self.compare(try Self.lines(runner), test.title)
  }

  @Test("a kernel thread that ends with a lock held")
  func exit() throws {
    let runner = try Self.runner(
      "ML(xm) EXIT", function: "exitfn", outer: ["kthread", "ret_from_fork"],
      task: TaskName(comm: "xkthread", pid: 20))
    try Self.compare(try Self.lines(runner), "task exit locks held")
  }

  @Test("held locks of every kind, and the printing of them that takes a lock too many")
  func everyKind() throws {
    let before = "MAP_ACQUIRE(console_lock) MAP_RELEASE(console_lock)"
    let held =
      " ML(xm) WSL(xsem) RTL(xrt) SRCU_LOCK(xsrcu) RCU_LOCK RCU_BH_LOCK LLL(xll) L(xs) RL(xrw)"
      + " L(xseq) SEQL(xseq.seqcount) RCU_SCHED_LOCK RAWL(xraw)"
    let printing =
      " MAP_TRY(console_lock) HARDIRQ_DISABLE MAP_ACQUIRE(console_owner) L(&port_lock_key)"
    func prepared(_ ops: String) throws -> LockProgramRunner {
      let runner = try Self.runner(ops)
      let console = [
        "serial8250_console_write", "console_emit_next_record.constprop.0", "console_unlock",
        "vprintk_emit", "_printk", "lockdep_print_held_locks", "ld_extra",
      ]
      for (index, step) in runner.program.steps.enumerated() {
        let callers: [String]
        var functions: [String]?
        switch step.text {
        case "SRCU_LOCK(xsrcu)", "RCU_LOCK", "RCU_BH_LOCK", "RCU_SCHED_LOCK":
          callers = ["rcu_lock_acquire"]
        case "SEQL(xseq.seqcount)": callers = ["do_one_initcall"]
        case "MAP_TRY(console_lock)": callers = ["vprintk_emit"]
        case "MAP_ACQUIRE(console_owner)": callers = ["console_emit_next_record.constprop.0"]
        case "L(&port_lock_key)":
          callers = console + Self.initThread
          functions = ["_raw_spin_lock_irqsave"]
        default: continue
        }
        runner.symbols.setStack(
          of: index, callers: callers.map { "\($0)+0x1/0x2" }, functions: functions)
      }
      return runner
    }
    let quiet = try prepared(before + held)
    #expect(!quiet.run().isFailure)
    let list = Normalising.records(
      renderHeldLocks(of: quiet.context(of: 0).task, by: quiet.validator, in: quiet.symbols))
    let report = try Self.lines(try prepared(before + held + printing))
    try Self.compare(
      Array(list.prefix(1)) + report + list.dropFirst(),
      "held locks of every kind (debug_show_held_locks)")
  }

  @Test("all locks of all tasks")
  func allLocks() throws {
    let symbols = Symbols()
    let validator = Validator()
    let cpu = validator.addCPU()
    func take(_ task: TaskID, _ locks: [(String, LockKind, Acquisition, String)]) {
      let context = LockdepContext(cpu: cpu, task: task)
      for (index, (name, kind, how, place)) in locks.enumerated() {
        // A device's mutex is of the class that is never checked.
        let key: LockKey =
          name == "&dev->mutex"
          ? .noValidate : LockKey(rawValue: 0x1000 * UInt64(task.rawValue + 1) + UInt64(index) * 16)
        let lock = validator.addLock(
          LockDeclaration(name: name, kind: kind, address: 0xffff_8880_0000_0000, key: .fixed(key)))
        validator.acquire(lock, how, in: context, at: symbols.frame("\(place)+0x1/0x2"))
      }
    }
    let current = validator.addTask(comm: "swapper/0", pid: 1)
    _ = validator.addTask(comm: "idle", pid: 2)
    take(
      current,
      [
        ("xm", .mutex, .exclusive, "ld_extra"),
        ("rcu_read_lock", .rcu, .unchecked, "debug_show_all_locks"),
      ])
    take(
      validator.addTask(comm: "kworker/0:0", pid: 5),
      [
        ("(wq_completion)events_long", .map, .exclusive, "process_one_work"),
        ("serio_event_work", .map, .exclusive, "process_one_work"),
        ("serio_mutex", .mutex, .exclusive, "serio_handle_event"),
        ("&dev->mutex", .mutex, .exclusive, "__device_attach"),
        ("&serio->drv_mutex", .mutex, .exclusive, "serio_driver_probe"),
        ("psmouse_mutex", .mutex, .exclusive, "psmouse_connect"),
        ("i8042_mutex", .mutex, .exclusive, "cypress_send_ext_cmd"),
      ])
    let lines = Normalising.records(renderAllLocks(by: validator, current: current, in: symbols))
    try Self.compare(lines, "show all locks")
  }

  @Test(
    "suspicious uses of RCU",
    arguments: [
      (
        "suspicious rcu", "ML(xm)", "init/ld_extra.c", 68,
        "suspicious rcu_dereference_check() usage"
      ),
      (
        "suspicious rcu no locks", "HARDIRQ_DISABLE", "some/file.c", 123,
        "suspicious rcu_dereference_check() usage"
      ),
      (
        "suspicious rcu: illegal ctx switch", "RCU_LOCK", "init/ld_extra.c", 73,
        "Illegal context switch in RCU read-side critical section"
      ),
    ])
  func rcu(title: String, ops: String, file: String, line: Int, text: String) throws {
    let runner = try Self.runner(ops)
    if ops == "RCU_LOCK" {
      runner.symbols.setStack(of: 0, callers: ["rcu_lock_acquire+0x7/0x1e"])
    }
    _ = runner.run()
    runner.symbols.setStack(of: 0, functions: [])
    let report = try #require(
      runner.validator.suspiciousRCU(
        file: file, line: line, text: text, in: runner.context(of: 0)))
    #expect(runner.validator.isOn)
    try Self.compare(Normalising.records(render(report, in: runner.symbols)), title)
  }

  /// A lock that the notation has no name for.
  static func lock(
    _ runner: LockProgramRunner, _ name: String, _ kind: LockKind, _ key: KeySource,
    at address: UInt64
  ) -> LockID {
    runner.validator.addLock(
      LockDeclaration(name: name, kind: kind, address: address, key: key))
  }

  @Test("the 48th lock is one too many")
  func depth() throws {
    let runner = try Self.runner("SOFTIRQ_DISABLE")
    _ = runner.run()
    runner.symbols.setStack(of: 0, functions: ["_raw_spin_lock_nested"])
    var report: LockReport?
    for index in 0..<48 {
      #expect(report == nil)
      let key = LockKey(rawValue: 0x5000 + UInt64(index) * 16)
      let lock = Self.lock(
        runner, "deep", .spinlock, .fixed(key), at: 0xffff_ffff_81d4_0438 + UInt64(index) * 64)
      report = runner.validator.acquire(
        lock, in: runner.context(of: 0), at: runner.symbols.here)
    }
    try Self.compare(
      Normalising.records(render(try #require(report), in: runner.symbols)), "max depth")
  }

  @Test("memory is freed with a held mutex in it")
  func free() throws {
    let runner = try Self.runner("SOFTIRQ_DISABLE")
    _ = runner.run()
    let lock = Self.lock(
      runner, "(struct mutex *)p", .mutex, .fixed(LockKey(rawValue: 0x5000)),
      at: 0xffff_8880_0069_7070)
    let context = runner.context(of: 0)
    runner.validator.acquire(lock, in: context, at: runner.symbols.here)
    let report = try #require(
      runner.validator.freeMemory(from: 0xffff_8880_0069_7008, byteCount: 144, in: context))
    let records = render(report, in: runner.symbols)
    #expect(records.contains { $0.contains("ffff888000697008-ffff888000697097") })
    try Self.compare(Normalising.records(records), "kfree held")
  }

  @Test("a lock in dynamic memory that nobody initialised")
  func nonStatic() throws {
    let runner = try Self.runner("SOFTIRQ_DISABLE")
    _ = runner.run()
    runner.symbols.setStack(of: 0, functions: ["_raw_spin_lock"])
    let lock = Self.lock(runner, "", .spinlock, .uninitialised, at: 0xffff_8880_0069_7070)
    let report = runner.validator.acquire(
      lock, in: runner.context(of: 0), at: runner.symbols.here)
    try Self.compare(
      Normalising.records(render(try #require(report), in: runner.symbols)), "non-static key")
  }

  @Test("a function that may sleep under a spinlock")
  func sleeping() throws {
    let runner = try Self.runner("SOFTIRQ_DISABLE L(xs)", isTainted: true)
    _ = runner.run()
    runner.symbols.setStack(of: 1, functions: ["__might_resched.cold"])
    let report = try #require(
      runner.validator.sleepingFunction(
        file: "some/file.c", line: 77, preemptCount: 1, in: runner.context(of: 0)))
    try Self.compare(
      Normalising.records(render(report, in: runner.symbols)), "might_sleep under spin")
  }

  /// What the kernel prints of a `WARN` between its text and the irq events comes from the caller.
  @Test(
    "warnings about pins, and one without a text",
    arguments: [
      ("pin unlock", "L(xs) PIN(xs) U(xs)"), ("unpin unpinned", "L(xs) UNPIN(xs)"),
      ("assert held", ""),
    ])
  func warnings(title: String, ops: String) throws {
    let golden = try Self.section(title)
    let runner = try Self.runner(ops)
    let context = LockdepContext(cpu: CPUID(rawValue: 0), task: TaskID(rawValue: 0))
    let report: LockReport
    if ops.isEmpty {
      _ = runner.validator.addCPU()
      _ = runner.validator.addTask(comm: "swapper/0", pid: 1)
      report = .warning(
        KernelWarning(
          text: "", isDebugLocks: false, scene: runner.validator.scene(context, CallPath())))
    } else {
      report = try #require(runner.run().reports.first)
      #expect(runner.validator.isOn)
    }
    let symbols = Symbols()
    let first = try #require(golden.firstIndex { $0.hasPrefix("WARNING: CPU") })
    let last = try #require(golden.firstIndex(of: " </TASK>"))
    symbols.backtraceLines = Array(golden[first...last])
    let got = Normalising.records(render(report, in: symbols))
    // The events are those of that boot.
    #expect(
      got.prefix(while: { !$0.hasPrefix("irq event") })
        == golden.prefix(while: { !$0.hasPrefix("irq event") }))
    #expect(got.last == golden.last)
    #expect(got.count == golden.count)
  }
}
