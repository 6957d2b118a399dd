import Testing

@testable import Lockdep

/// The report that the project starts from: a fault handler walks the bus under `k_lock`, which
/// was taken with interrupts on at boot.
@Suite struct KlistReportTests {
  struct Machine: CustomTestStringConvertible, Sendable {
    var log: String
    var ident: String
    var comm: String
    var pid: Int32
    var lockAddress: UInt64
    var klistNext: String
    var bootTrace: [String]
    var stamp: UInt32
    /// Place, address and count of the last events: hardirqs on and off, softirqs on and off.
    var hardirqOn: (String, UInt64, UInt32)
    var hardirqOff: (String, UInt64)
    var softirqOn: (String, UInt64, UInt32)
    var softirqOff: (String, UInt64, UInt32)

    var testDescription: String { log }
  }

  static let machines = [
    Machine(
      log: "klist-5.20.log",
      ident: "5.20.0-0.rc0.20220812git7ebfc85e2cd7.10.fc38.x86_64 #1 Not tainted", comm: "rngd",
      pid: 1006, lockAddress: 0xff17_7021_416f_2d78, klistNext: "klist_next+0x1b/0x160",
      bootTrace: [
        "lock_acquire+0xce/0x2d0", "_raw_spin_lock+0x33/0x80", "klist_add_tail+0x46/0x80",
        "bus_add_device+0xee/0x150", "device_add+0x39d/0x9a0", "add_memory_block+0x108/0x1d0",
        "memory_dev_init+0xe1/0x117", "driver_init+0x43/0x4d",
        "kernel_init_freeable+0x1c2/0x2cc", "kernel_init+0x16/0x140", "ret_from_fork+0x1f/0x30",
      ],
      stamp: 7812,
      hardirqOn: ("asm_sysvec_apic_timer_interrupt+0x16/0x20", 0xffff_ffff_8500_0e86, 7811),
      hardirqOff: ("irqentry_enter+0x54/0x60", 0xffff_ffff_84f1_6894),
      softirqOn: ("__irq_exit_rcu+0xf9/0x170", 0xffff_ffff_840f_f669, 7794),
      softirqOff: ("__irq_exit_rcu+0xf9/0x170", 0xffff_ffff_840f_f669, 7787)),
    Machine(
      log: "klist-6.1.log", ident: "6.1.192 #1 Not tainted", comm: "swapper/0", pid: 0,
      lockAddress: 0xffff_993f_4115_2960, klistNext: "klist_next+0x1b/0x150",
      bootTrace: [
        "lock_acquire+0xb3/0x280", "_raw_spin_lock+0x27/0x40", "klist_add_tail+0x3b/0x70",
        "bus_add_device+0xb6/0x110", "device_add+0x34f/0x860", "add_memory_block+0xf9/0x1a0",
        "memory_dev_init+0xd9/0x10b", "driver_init+0x34/0x3e",
        "kernel_init_freeable+0x17b/0x283", "kernel_init+0x11/0x110", "ret_from_fork+0x1f/0x30",
      ],
      stamp: 19273,
      hardirqOn: ("default_idle_call+0x54/0x160", 0xffff_ffff_8dd8_1204, 19272),
      hardirqOff: ("common_interrupt+0xf/0xa0", 0xffff_ffff_8dd6_da7f),
      softirqOn: ("irq_exit_rcu+0x93/0xc0", 0xffff_ffff_8d87_34d3, 19119),
      softirqOff: ("irq_exit_rcu+0x93/0xc0", 0xffff_ffff_8d87_34d3, 19108)),
  ]

  /// Boots, faults, and gives the report with the machine's symbols.
  static func run(_ machine: Machine) -> (LockReport?, Symbols, Validator, TraceRequests) {
    let symbols = Symbols()
    symbols.ident = machine.ident
    // Neither kernel had CONFIG_PROVE_RAW_LOCK_NESTING: a spinlock is {2:2}.
    let validator = Validator(LockdepConfiguration(rawNesting: false))
    let requests = TraceRequests()
    let boot = machine.bootTrace.map { symbols.frame($0) }
    validator.traceSource = { request in
      requests.all.append(request)
      return boot
    }
    let cpu = validator.addCPU()
    let lock = validator.addLock(
      LockDeclaration(
        name: "&k->k_lock", kind: .spinlock, address: machine.lockAddress,
        key: .fixed(LockKey(rawValue: 0xffff_ffff_8600_0000))))

    let kernelInit = LockdepContext(cpu: cpu, task: validator.addTask(comm: "swapper/0", pid: 1))
    validator.acquire(lock, in: kernelInit, at: symbols.frame("klist_add_tail+0x46/0x80"))
    validator.release(lock, in: kernelInit, at: symbols.frame("klist_add_tail+0x60/0x80"))

    let interrupted = validator.addTask(comm: machine.comm, pid: machine.pid)
    var trace = IRQTrace()
    trace.events = machine.stamp - 1
    trace.hardirqsEnabled = symbols.event(machine.hardirqOn)
    trace.softirqsEnabled = symbols.event(machine.softirqOn)
    trace.softirqsDisabled = symbols.event(machine.softirqOff)
    validator.setIRQTrace(trace, of: interrupted)
    let context = LockdepContext(cpu: cpu, task: interrupted)
    validator.hardirqsOff(
      in: context, at: symbols.frame(machine.hardirqOff.0, at: machine.hardirqOff.1))
    validator.enterHardirq(in: context, isThreaded: false)
    let report = validator.acquire(lock, in: context, at: symbols.frame(machine.klistNext))
    return (report, symbols, validator, requests)
  }

  final class TraceRequests {
    var all: [TraceRequest] = []
  }

  @Test("the report of a real machine comes out line for line", arguments: machines)
  func lines(machine: Machine) throws {
    let golden = try Golden.log(machine.log)
    let (report, symbols, _, _) = Self.run(machine)
    let first = try #require(golden.firstIndex { $0.text.hasPrefix("CPU: ") })
    symbols.backtraceLines = golden[first...].map(\.text)
    let records = render(try #require(report), in: symbols)
    let lines = records.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    #expect(lines.map(String.init) == golden.map(\.text))
  }

  @Test("the lines of one record have one time stamp", arguments: machines)
  func records(machine: Machine) throws {
    let golden = try Golden.log(machine.log)
    let (report, symbols, _, _) = Self.run(machine)
    var index = 0
    var joined = 0
    for record in render(try #require(report), in: symbols) {
      let count = record.split(separator: "\n", omittingEmptySubsequences: false).count
      let stamps = Set(golden[index..<index + count].map(\.stamp))
      #expect(stamps.count == 1, "\(record)")
      index += count
      if count > 1 { joined += 1 }
    }
    #expect(joined == 4)
  }

  @Test("the report is one value with the usages and where they were seen")
  func value() throws {
    let (report, _, validator, requests) = Self.run(Self.machines[0])
    guard case .inconsistentState(let state) = report else {
      Issue.record("\(String(describing: report))")
      return
    }
    #expect(state.previous == .enabledHardirq)
    #expect(state.new == .usedInHardirq)
    #expect(state.lock.lockClass?.usage.description == "?.+.")
    #expect(state.scene.flags.description == "[HC1[1]:SC0[0]:HE0:SE1]")
    #expect(state.scene.held.isEmpty)
    #expect(
      state.scene.callChain.map(\.rawValue) == [
        "dump_stack_lvl", "dump_stack", "print_usage_bug", "valid_state", "mark_lock_irq",
        "mark_lock", "mark_usage", "__lock_acquire", "lock_acquire",
      ])
    #expect(
      requests.all.first?.callChain == [
        .saveTrace, .markLock, .markUsage, .lockAcquire2, .lockAcquire,
      ])
    #expect(!validator.isOn)
    #expect(validator.reports == [state].map { .inconsistentState($0) })
  }

  @Test("after the report every operation returns at once")
  func off() {
    let (_, symbols, validator, requests) = Self.run(Self.machines[0])
    let context = LockdepContext(cpu: CPUID(rawValue: 0), task: TaskID(rawValue: 0))
    let lock = LockID(rawValue: 0)
    let asked = requests.all.count
    #expect(validator.release(lock, in: context, at: symbols.frame("x")) == nil)
    #expect(validator.acquire(lock, in: context, at: symbols.frame("x")) == nil)
    #expect(validator.heldLocks(of: context.task).isEmpty)
    #expect(requests.all.count == asked)
    #expect(validator.reports.count == 1)
  }
}
