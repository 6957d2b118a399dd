import KernelLog
import Scenario
import ScenarioFormat
import TestSupport
import Testing

/// The log that a scenario prints.
func replay(_ name: String, _ settings: String...) throws -> [LogRecord] {
  let loader = ScenarioLoader(overrides: try settings.map { try Override($0) })
  let scenario = try loader.load(Repository.path("Configs/\(name).yaml"))
  guard case .finished(let run) = try ScenarioRun.run(scenario) else { return [] }
  return run.log
}

extension [LogRecord] {
  var consoleLines: [String] { flatMap { $0.lines(.console) } }
  var bareLines: [String] { flatMap { $0.lines(.bare) } }
}

func trimmed(_ lines: [String]) -> [String] {
  lines.map { line in
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}

@Suite("A replay prints what a real kernel printed")
struct ReplayTests {
  @Test("the report's scenario prints the report's 84 lines, time stamps included")
  func report() throws {
    let expected = try Golden.lines("report.log")
    #expect(expected.count == 84)
    #expect(trimmed(try replay("klist-splat/report").consoleLines) == trimmed(expected))
  }

  @Test("the 6.1 scenario prints the golden console from the first fault to the second walk's end")
  func golden() throws {
    let console = try Golden.lines("klist-splat.log.gz")
    let start = try #require(console.firstIndex { $0.contains("DRHD: handling") })
    let ends = console.indices.filter { console[$0].contains("PTE not present at level 3") }
    try #require(ends.count == 2)
    let expected = console[start...ends[1]].filter {
      !$0.hasPrefix("qemu-system") && !$0.hasPrefix("== ")
    }
    // This console kept its trailing blanks, so they count as well.
    #expect(try replay("klist-splat/golden-6.1").consoleLines == Array(expected))
  }
}

/// The lines that differ, those of the report first.
private func difference(from report: [String], to changed: [String]) -> ([String], [String]) {
  let difference = changed.difference(from: report)
  return (difference.removals.map(\.element), difference.insertions.map(\.element))
}

extension CollectionDifference.Change {
  fileprivate var element: ChangeElement {
    switch self {
    case .insert(_, let element, _), .remove(_, let element, _): element
    }
  }
}

@Suite("A change of the scenario changes exactly the lines that follow from it")
struct ChangeTests {
  let report: [String]

  init() throws {
    report = try replay("klist-splat/report").bareLines
  }

  @Test("another device changes the fault line alone")
  func device() throws {
    let changed = try replay(
      "klist-splat/report", #"steps[0].dma.device="00:1b.0""#,
      #"boot.domains.0x15.devices=["00:1b.0"]"#, #"machine.pci.functions."00:1b.0"={}"#
    ).bareLines
    let (old, new) = difference(from: report, to: changed)
    #expect(old.count == 1 && new.count == 1)
    #expect(new.first?.contains("Request device [00:1b.0] fault addr 0x0") == true)
  }

  @Test("a read instead of a write changes direction, reason and text")
  func read() throws {
    let changed = try replay("klist-splat/report", "steps[0].dma.access=read").bareLines
    let (old, new) = difference(from: report, to: changed)
    #expect(old.count == 1)
    #expect(
      new == [
        "DMAR: [DMA Read NO_PASID] Request device [00:1a.0] fault addr 0x0 "
          + "[fault reason 0x06] PTE Read access is not set"
      ])
  }

  @Test("another context table changes the root entry's line alone")
  func rootEntry() throws {
    let changed = try replay(
      "klist-splat/report", "boot.pages.list=[0x127f40000, 0x127f41000, 0x12d8ab000, 0x140000000]"
    ).bareLines
    let (old, new) = difference(from: report, to: changed)
    #expect(old == ["DMAR: root entry: 0x0000000127f42001"])
    #expect(new == ["DMAR: root entry: 0x0000000140000001"])
  }

  @Test("another page table changes the context entry's line alone")
  func pageTable() throws {
    let changed = try replay(
      "klist-splat/report", "boot.pages.list=[0x127f40000, 0x127f41000, 0x130000000, 0x127f42000]"
    ).bareLines
    let (_, new) = difference(from: report, to: changed)
    #expect(new == ["DMAR: context entry: hi 0x0000000000001502, low 0x0000000130000001"])
  }

  @Test("another address changes the fault line and the dump's first line")
  func address() throws {
    let changed = try replay("klist-splat/report", "steps[0].dma.address=0x7f123").bareLines
    let (old, new) = difference(from: report, to: changed)
    #expect(old.count == 2)
    #expect(new.first?.contains("fault addr 0x7f000 ") == true)
    #expect(new.last == "DMAR: Dump dmar0 table entries for IOVA 0x7f000")
  }

  @Test("klist_next with a plain lock changes the lock function's frame alone")
  func plainLock() throws {
    let changed = try replay("klist-splat/report", "kernel.behaviour.klist_next=plain").bareLines
    let (old, new) = difference(from: report, to: changed)
    #expect(old == [" _raw_spin_lock_irqsave+0x4d/0xa0"])
    #expect(new == [" _raw_spin_lock+0x33/0x80"])
  }

  @Test("klist_add_tail with irqsave takes the splat out and leaves the dump whole")
  func irqsaveAdd() throws {
    let changed = try replay("klist-splat/report", "kernel.behaviour.klist_add=irqsave").bareLines
    #expect(changed == report.filter { $0.hasPrefix("DMAR: ") })
  }

  @Test("raw lock nesting makes the same lock an invalid wait context")
  func rawNesting() throws {
    let changed = try replay(
      "klist-splat/report", "kernel.configuration.PROVE_RAW_LOCK_NESTING=true"
    ).bareLines
    #expect(changed.contains("[ BUG: Invalid wait context ]"))
    #expect(changed.contains("context-{2:2}"))
    #expect(!changed.contains("WARNING: inconsistent lock state"))
  }

  @Test("another kernel file changes names and offsets, not the order of lines")
  func kernelFile() throws {
    let path = Repository.path("Configs/klist-splat/report.yaml")
    let kernel = Repository.path("Configs/kernels/golden-6.1.192-klist.yaml")
    let scenario = try ScenarioLoader(kernelFile: kernel).load(path)
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      Issue.record("the scenario was skipped")
      return
    }
    let lines = run.log.bareLines
    func withoutBuild(_ lines: [String]) -> [String] {
      lines.filter { !$0.hasPrefix("CPU: ") && !$0.hasPrefix("Hardware name: ") }.map { line in
        // `? frames` belong to the event, everything behind `+` to the build.
        line.contains(" ? ") ? line : String(line.prefix { $0 != "+" })
      }
    }
    #expect(
      withoutBuild(lines).filter { !$0.contains("5.20") && !$0.contains("6.1") }
        == withoutBuild(report).filter { !$0.contains("5.20") && !$0.contains("6.1") })
    #expect(lines.contains("6.1.192 #1 Not tainted"))
    #expect(lines.contains(" klist_next+0x1b/0x150"))
  }

  @Test("an interrupt that hits the kernel splits the backtrace into IRQ and TASK")
  func kernelMode() throws {
    let lines = try replay(
      "klist-splat/report", "machine.interrupted.mode=kernel",
      "machine.interrupted.functions=[start_kernel, do_idle]"
    ).bareLines
    let parts = lines.filter { $0.hasPrefix(" <") }
    #expect(parts == [" <IRQ>", " </IRQ>", " <TASK>", " </TASK>"])
    let task = try #require(lines.firstIndex(of: " <TASK>"))
    #expect(lines[task + 1].hasPrefix(" asm_common_interrupt+"))
  }
}
