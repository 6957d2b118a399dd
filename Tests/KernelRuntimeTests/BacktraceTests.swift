import KernelProfiles
import Testing

@testable import KernelRuntime

/// Stack dumps as the kernels of different ages print them.
@Suite("A stack dump")
struct BacktraceTests {
  private final class StoppedTimer: KernelTimer {
    var now: UInt64 { 0 }
    func stamp() -> UInt64 { 0 }
  }

  /// The dump of a report in an interrupt that hit the idle task.
  private func dump(_ release: String) throws -> [String] {
    var build = KernelBuild(
      release: release, taint: "Tainted: G        W", hardwareName: "Machine",
      callSites: CallSites(
        [
          "dump_stack": ["show_stack": "[<ffffffff81000010>] 0x1/0x10"],
          "check": ["dump_stack": "[<ffffffff81000020>] 0x2/0x20"],
          "handler": ["check": "0x3/0x30"],
        ].mapValues { $0.compactMapValues { CallSites.Symbol($0, in: "f") } },
        frameless: ["dump_stack"]))
    build.behaviour = try #require(KernelProfile.named(release)).behaviour
    build.configuration.preemption = .full
    let kernel = KernelContext(build: build, addresses: [:], timer: StoppedTimer())
    kernel.interrupted = InterruptedContext(
      task: .init(name: "swapper/0", pid: 0), mode: .kernel,
      registers: RegisterDump(
        codeSegment: 0x10, instruction: "idle+0x1/0x2", code: "00", stackSegment: 0x18,
        stackPointer: 0, flags: 0, general: []))
    kernel.stack = CallStack(["start_kernel", "idle"])
    kernel.stack.pushInterruptEntry("common_interrupt", continuingOn: .interrupt)
    kernel.stack.push("handler")
    return kernel.backtrace(inner: ["dump_stack_lvl", "dump_stack", "check"])
  }

  private static let head = "Tainted: G        W"
  private static let unknown = "[<ffffffff????????>]"
  private static let registers = [
    "RIP: 0010:idle+0x1/0x2", "Code: 00", "RSP: 0018:0000000000000000 EFLAGS: 00000000",
  ]

  @Test(
    "begins with who runs on what",
    arguments: [
      ("2.6.32", ["Pid: 1, comm: swapper/0 Tainted: G        W 2.6.32 #1"]),
      (
        "3.10",
        ["CPU: 0 PID: 1 Comm: swapper/0 Tainted: G        W 3.10 #1", "Hardware name: Machine"]
      ),
      (
        "6.6",
        ["CPU: 0 PID: 1 Comm: swapper/0 Tainted: G        W 6.6 #1", "Hardware name: Machine"]
      ),
      (
        "6.12",
        [
          "CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Tainted: G        W 6.12 #1",
          "Tainted: [W]=WARN", "Hardware name: Machine",
        ]
      ),
      (
        "6.15",
        [
          "CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Tainted: G        W 6.15 #1 PREEMPT(full) ",
          "Tainted: [W]=WARN", "Hardware name: Machine",
        ]
      ),
    ])
  func head(release: String, expected: [String]) throws {
    #expect(try Array(dump(release).prefix { $0 != "Call Trace:" }) == expected)
  }

  @Test(
    "walks the stacks",
    arguments: [
      (
        "2.6.32",
        [
          " <IRQ>  [<ffffffff81000020>] f+0x2/0x20", " \(unknown) f+0x3/0x30",
          " <EOI>  \(unknown) common_interrupt+0x?/0x?", " \(unknown) start_kernel+0x?/0x?",
        ]
      ),
      (
        "4.4",
        [
          " <IRQ>  [<ffffffff81000010>] f+0x1/0x10", " [<ffffffff81000020>] f+0x2/0x20",
          " \(unknown) f+0x3/0x30", " <EOI>  \(unknown) common_interrupt+0x?/0x?",
          " \(unknown) start_kernel+0x?/0x?",
        ]
      ),
      (
        "4.10",
        [
          " <IRQ>", " f+0x1/0x10", " f+0x2/0x20", " f+0x3/0x30", " </IRQ>",
          " common_interrupt+0x?/0x?", " start_kernel+0x?/0x?",
        ]
      ),
      (
        "4.19",
        [
          " <IRQ>", " f+0x1/0x10", " f+0x2/0x20", " f+0x3/0x30", " </IRQ>",
          " common_interrupt+0x?/0x?",
        ] + registers
      ),
      (
        "5.15",
        [
          " <IRQ>", " dump_stack_lvl+0x?/0x?", " check+0x?/0x?", " f+0x3/0x30", " </IRQ>",
          " common_interrupt+0x?/0x?",
        ] + registers
      ),
      (
        "5.16",
        [
          " <IRQ>", " dump_stack_lvl+0x?/0x?", " check+0x?/0x?", " f+0x3/0x30", " </IRQ>",
          " <TASK>",
          " common_interrupt+0x?/0x?",
        ] + registers
      ),
    ])
  func frames(release: String, expected: [String]) throws {
    let lines = try dump(release)
    let first = try #require(lines.firstIndex(of: "Call Trace:")) + 1
    #expect(Array(lines[first...].prefix(expected.count)) == expected)
    #expect((lines.last == " </TASK>") == (release == "5.16"))
  }

  @Test("spells taint flags out")
  func taint() {
    #expect(TaintFlags.spelled("Not tainted") == nil)
    #expect(
      TaintFlags.spelled("Tainted: G           OE")
        == "Tainted: [O]=OOT_MODULE, [E]=UNSIGNED_MODULE")
    #expect(TaintFlags.spelled("Tainted: P") == "Tainted: [P]=PROPRIETARY_MODULE")
  }
}
