import LinuxIOMMU
import Machine
import Scenario
import ScenarioFormat
import TestSupport
import Testing

/// A console of a real kernel, taken apart.
struct GoldenConsole {
  let lines: [String]
  /// Where each file of debugfs was printed.
  private let starts: [String: [Int]]
  /// Of the queue only the first 41 lines are shown, and others that hold no two empty words side by
  /// side, 80 in all: so do the consoles of 7.3.
  let isQueueShortened: Bool

  init(_ name: String) throws {
    lines = try Golden.lines("\(name).log.gz")
    var starts: [String: [Int]] = [:]
    var isQueueShortened = false
    for (index, line) in lines.enumerated() where line.utf8.starts(with: Self.header.utf8) {
      let words = line.dropFirst(Self.header.count).split(separator: " ", maxSplits: 1)
      isQueueShortened = isQueueShortened || words.count > 1
      starts[words.first.map(String.init) ?? "", default: []].append(index)
    }
    self.starts = starts
    self.isQueueShortened = isQueueShortened
  }

  /// The lines of the queue's file as the console shows them.
  func shownQueue(_ lines: [String]) -> [String] {
    guard isQueueShortened else { return lines }
    let empty = String(repeating: "0", count: 16)
    let shown = lines.enumerated().filter {
      $0.offset < 41 || !$0.element.contains("\(empty)\t\(empty)")
    }
    return shown.prefix(80).map { $0.element }
  }

  private static let header = "== /sys/kernel/debug/iommu/intel/"

  /// The driver's lines while it boots, then what it prints about faults.
  var driverLines: [String] {
    let boot = lines.prefix { !$0.hasPrefix("== ") }.filter { line in
      line.contains("] DMAR: ") || line.contains("] DMAR-IR: ")
    }
    // Newer consoles name the device before its first DMA.
    let start =
      lines.firstIndex { $0.hasPrefix("== DMA") || $0.hasPrefix("== edu") } ?? lines.endIndex
    let faults = lines[start...].filter { line in
      line.hasPrefix("[") && Self.marks.contains { line.contains("] \($0)") }
    }
    return boot + faults
  }

  /// How the driver's lines begin, and those of the oops that the model prints.
  private static let marks = [
    "DMAR: ", "dmar_fault: ", "general protection fault", "Oops: ", "BUG: ", "#PF: ",
    "PGD ", "CPU: ", "Hardware name: ", "Kernel panic", "Kernel Offset",
  ]

  /// What was printed of a debugfs file: at first, which is before the first DMA, or once more
  /// later on.
  ///
  /// A line of the kernel that was printed in the middle of a row is taken out again: the row goes
  /// on behind it.
  func file(_ path: String, dump: Int = 0) -> [String] {
    guard let starts = starts[path], starts.indices.contains(dump) else { return [] }
    let start = starts[dump]
    var rows: [String] = []
    var cut: Substring?
    for line in lines[(start + 1)...] {
      if line.hasPrefix("== ") || line.hasPrefix("-- ") { break }
      if let front = cut {
        rows.append(front + line)
        cut = nil
      } else if line.hasPrefix("0x"), let bracket = line.firstIndex(of: "[") {
        cut = line[..<bracket]
      } else if !line.hasPrefix("[") {
        rows.append(line)
      }
    }
    return rows
  }
}

/// The consoles, and what they show of debugfs.
private enum Consoles {
  /// With every row of every debugfs file.
  static let whole = ["legacy", "scalable", "ratelimit", "linux-6.12", "bridges"]
  /// Without the rows of pages below 16 MiB.
  static let short = [
    "burst", "page-crossing", "functions", "scalable-6.12", "caching-mode", "bridges-6.1",
    "identity", "identity-scalable", "lazy", "no-interrupt-remapping", "caching-scalable",
    "broken-scalable", "first-stage", "first-stage-6.1", "caching-first-stage", "broken",
    "broken-6.1",
    "broken-first-stage", "x2apic", "interrupt-faults",
  ]
  /// Of Linux 7.3, with every row.
  static let newest = [
    "first-stage-7.3", "bridges-7.3", "burst-7.3", "caching-7.3", "groups-7.3", "ir-xapic-7.3",
    "broken-first-stage-7.3-qemu10", "oops-context-7.3", "opt-out-7.3",
  ]
  /// Of Debian's own kernels, which show no files, and one of 7.3 whose drivers' traffic is not in its
  /// scenario.
  static let withoutFiles = [
    "stock-legacy-6.19.14", "stock-legacy-7.1.13", "stock-legacy-7.3", "life-7.3",
  ]
}

@Suite("A machine whose tables the driver model builds")
struct GoldenMachineTests {
  @Test(
    "a golden machine prints the boot lines, fault lines and dumps of the real console",
    arguments: Consoles.whole + Consoles.short + Consoles.newest + Consoles.withoutFiles
      + dumps.map(\.name) + ["suspend"])
  func faults(_ name: String) throws {
    let expected = try GoldenConsole(name).driverLines
    #expect(expected.count >= 10)
    #expect(trimmed(try replay("golden/\(name)").consoleLines) == trimmed(expected))
  }

  @Test(
    "a golden machine shows the debugfs files of the real machine, entry by entry",
    arguments: Consoles.whole + Consoles.newest + ["klist-splat", "klist-splat-7.3"])
  func debugfs(_ name: String) throws {
    try compareDebugfs(name, GoldenConsole(name)) { $0 }
  }

  @Test(
    "a golden machine shows the debugfs files in every configuration, except pages below 16 MiB",
    arguments: Consoles.short)
  func debugfsWithoutPages(_ name: String) throws {
    try compareDebugfs(name, GoldenConsole(name), Self.withoutLowPages)
  }

  /// What the consoles of 7.3 show once more when all is over; 0x24's has its entries a third time.
  @Test(
    "a golden machine has the real one's queue and registers at the end",
    arguments: Consoles.newest.filter { $0 != "oops-context-7.3" } + ["klist-splat-7.3"])
  func end(_ name: String) throws {
    let console = try GoldenConsole(name)
    let scenario = try ScenarioLoader().load(Repository.path("Configs/golden/\(name).yaml"))
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      Issue.record("the scenario was skipped")
      return
    }
    let entries = run.machine.kernel.debugfsEntries
    var files: [(file: DebugfsFile, dump: Int)] = [
      (.registers, 1), (.invalidationQueue, 1), (.latencies, 1),
    ]
    if name == "ir-xapic-7.3" { files.append((.interruptEntries, 2)) }
    for (file, dump) in files {
      let lines = entries.first { $0.path == file.rawValue }?.lines ?? []
      let wanted = console.file(file.rawValue, dump: dump)
      #expect(!wanted.isEmpty)
      let shown = file == .invalidationQueue ? console.shownQueue(lines) : lines
      #expect(
        trimmedEnd(shown.map(withoutStatusAddress))
          == trimmedEnd(wanted.map(withoutStatusAddress)), "\(file.rawValue)")
    }
  }

  /// Without the empty lines at the end, which a shortened file may have lost.
  private func trimmedEnd(_ lines: [String]) -> [String] {
    Array(lines[..<(lines.lastIndex { !$0.isEmpty } ?? -1).advanced(by: 1)])
  }

  /// After how many steps a console shows the files, once and again.
  private static let dumps: [(name: String, steps: [Int])] = [
    ("groups", [0, 3, 5, 6, 7]), ("groups-6.1", [0, 3, 5, 6, 7]), ("drivers", [36, 301, 562]),
    ("drivers-lazy", [30, 296, 558]), ("drivers-scalable", [39, 304]),
    ("drivers-first-stage", [36, 301, 562]),
    ("groups-first-stage", [0, 3, 5, 6]), ("device-tlb", [0, 2, 3, 4]),
    ("device-tlb-6.1", [0, 2, 3, 4]), ("device-tlb-driver", [2, 2, 10]),
    ("device-tlb-driver-6.1", [2, 2, 10]),
  ]

  @Test("a golden machine shows the debugfs files as they are after later steps", arguments: dumps)
  func laterDebugfs(_ golden: (name: String, steps: [Int])) throws {
    let console = try GoldenConsole(golden.name)
    for (dump, steps) in golden.steps.enumerated() {
      try compareDebugfs(golden.name, console, steps: steps, dump: dump, Self.withoutLowPages)
    }
  }

  /// The queue alone differs: the network card's driver frees its interrupts before the sleep and
  /// sets them up anew after it.
  @Test(
    "a golden machine has the tables and registers after S3 that the real one had",
    arguments: [1, 3])
  func suspend(_ steps: Int) throws {
    let console = try GoldenConsole("suspend")
    let scenario = try ScenarioLoader().load(Repository.path("Configs/golden/suspend.yaml"))
    guard case .finished(let run) = try ScenarioRun.run(scenario, firstSteps: steps) else {
      Issue.record("the scenario was skipped")
      return
    }
    for file in ["dmar_translation_struct", "iommu_regset", "ir_translation_struct"] {
      let lines = run.machine.kernel.debugfsEntries.first { $0.path == file }?.lines ?? []
      let wanted = console.file(file, dump: steps == 1 ? 0 : 1)
      #expect(wanted.count > 5)
      #expect(lines.filter(isNoIndex) == wanted.filter(isNoIndex), "\(file)")
    }
  }

  private func isNoIndex(_ line: String) -> Bool {
    !line.hasPrefix("IQH") && !line.hasPrefix("IQT")
  }

  /// Without the rows of pages below 16 MiB, which are mapped to themselves for the ISA bridge.
  private static func withoutLowPages(_ lines: [String]) -> [String] {
    lines.filter { !($0.contains(" |\t") && $0.hasPrefix("0x0000000000")) }
  }

  /// Every file that the console shows. Where the queue's statuses lie is the allocator's choice, which
  /// the console alone knows.
  private func compareDebugfs(
    _ name: String, _ console: GoldenConsole, steps: Int = 0, dump: Int = 0,
    _ shown: ([String]) -> [String]
  ) throws {
    let scenario = try ScenarioLoader().load(Repository.path("Configs/golden/\(name).yaml"))
    guard case .finished(let run) = try ScenarioRun.run(scenario, firstSteps: steps) else {
      Issue.record("the scenario was skipped")
      return
    }
    let entries = run.machine.kernel.debugfsEntries
    var compared = 0
    for entry in entries {
      let expected = console.file(entry.path, dump: dump)
      // The first consoles were made without the queue, those before 7.3 without latencies.
      let isQueue = entry.path == DebugfsFile.invalidationQueue.rawValue
      if expected.isEmpty, isQueue || entry.path == DebugfsFile.latencies.rawValue { continue }
      compared += expected.isEmpty ? 0 : 1
      let lines =
        isQueue
        ? console.shownQueue(entry.lines).map(withoutStatusAddress) : shown(entry.lines)
      let wanted = isQueue ? expected.map(withoutStatusAddress) : expected
      let difference = zip(lines, wanted).first { $0 != $1 }
      #expect(lines.count == wanted.count, "\(entry.path)")
      #expect(difference == nil, "\(entry.path)")
    }
    #expect(compared >= 4)
  }

  /// A row of a wait descriptor (type 5, status write) without the address that it writes to.
  private func withoutStatusAddress(_ line: String) -> String {
    guard let type = line.firstRange(of: "00000025\t") else { return line }
    let rest = line[type.upperBound...]
    return line[..<type.upperBound] + String(rest.drop { $0 != "\t" })
  }
}
