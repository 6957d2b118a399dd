import LinuxIOMMU
import Machine
import Scenario
import TestSupport
import Testing

/// A console of a real kernel, taken apart.
struct GoldenConsole {
  let lines: [String]

  init(_ name: String) throws {
    lines = try Golden.lines("\(name).log.gz")
  }

  /// The driver's lines while it boots, then what it prints about faults.
  var driverLines: [String] {
    let boot = lines.prefix { !$0.hasPrefix("== ") }.filter { line in
      line.contains("] DMAR: ") || line.contains("] DMAR-IR: ")
    }
    let start = lines.firstIndex { $0.hasPrefix("== DMA") } ?? lines.endIndex
    let faults = lines[start...].filter { line in
      line.hasPrefix("[") && (line.contains("] DMAR: ") || line.contains("] dmar_fault: "))
    }
    return boot + faults
  }

  /// What was printed of a debugfs file before the first DMA.
  ///
  /// A line of the kernel that was printed in the middle of a row is taken out again: the row goes
  /// on behind it.
  func file(_ file: DebugfsFile) -> [String] {
    let header = "== /sys/kernel/debug/iommu/intel/\(file.rawValue)"
    guard let start = lines.firstIndex(of: header) else { return [] }
    var rows: [String] = []
    var cut: Substring?
    for line in lines[(start + 1)...] {
      if line.hasPrefix("== ") { break }
      if let front = cut {
        rows.append(front + line)
        cut = nil
      } else if line.hasPrefix("0x"), let bracket = line.firstIndex(of: "[") {
        cut = line[..<bracket]
      } else {
        rows.append(line)
      }
    }
    return rows
  }
}

@Suite("A machine whose tables the driver model builds")
struct GoldenMachineTests {
  @Test(
    "prints the boot lines, fault lines and dumps of the real console",
    arguments: ["legacy", "scalable", "ratelimit"])
  func faults(_ name: String) throws {
    let expected = try GoldenConsole(name).driverLines
    #expect(expected.count > 30)
    #expect(try replay("golden/\(name)").consoleLines == expected)
  }

  @Test(
    "shows the debugfs files of the real machine, entry by entry",
    arguments: ["legacy", "scalable", "ratelimit", "klist-splat"], DebugfsFile.allCases)
  func debugfs(_ name: String, _ file: DebugfsFile) throws {
    let expected = try GoldenConsole(name).file(file)
    #expect(expected.count > 4)
    let scenario = try ScenarioLoader().load(Repository.path("Configs/golden/\(name).yaml"))
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      Issue.record("the scenario was skipped")
      return
    }
    let shown = run.machine.kernel.debugfs(file)
    let difference = zip(shown, expected).enumerated().first { $1.0 != $1.1 }
    #expect(shown.count == expected.count)
    #expect(difference == nil)
  }
}
