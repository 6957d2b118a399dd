import Foundation
import KernelLog
import LogReading
import Machine
import PCI
import Scenario
import ScenarioFormat
import TestSupport
import Testing
import VTdFormats
import VTdUnit

/// `dmar import` of everything that a log may come with.
@Suite("Importing")
struct ImportTests {
  private static func events(_ bytes: [UInt8]) -> [LogEvent] {
    var reader = LogReader()
    var events: [LogEvent] = []
    bytes.withUnsafeBytes { reader.read($0) { events.append($0) } }
    reader.finish { events.append($0) }
    return events
  }

  private static func lines(_ events: [LogEvent]) -> [String] {
    events.compactMap { event in
      switch event.kind {
      case .fault(let fault): fault.line.map { "\($0)" }
      case .dump(let line, _): "\(line)"
      default: nil
      }
    }
  }

  @Test(
    "import, then replay, gives back the faults and dumps of a real report in their order",
    .enabled(if: Shared.isHere, "the corpus is not beside this repository"),
    arguments: [
      "list-012", "list-022", "list-028", "list-046", "list-050", "list-052", "list-054",
      "list-060", "list-068", "list-070", "list-074", "list-076", "other-E03",
      "other-E06", "other-E09",
    ])
  func corpus(name: String) throws {
    let log = try #require(Shared.bytes("corpus/\(name).log"))
    let folder = try TemporaryFolder()
    let path = try folder.write(String(decoding: log, as: UTF8.self), as: "kernel.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", path, "-o", scenario)
    // A status whose record the limiter or the reporter left out is named.
    #expect(imported.status <= 1)
    #expect(
      imported.errorText.split(separator: "\n").allSatisfy {
        $0.hasSuffix("the replay's limiter lets other lines through")
      }, "\(imported.errorText)")
    let replayed = try Tool.dmar("replay", scenario)
    let wanted = Self.lines(Self.events(log))
    #expect(!wanted.isEmpty)
    #expect(Self.lines(Self.events(Array(replayed.output))) == wanted, "\(replayed.errorText)")
  }

  @Test("a history of mappings is no part of the scenario, which is said")
  func traffic() throws {
    let folder = try TemporaryFolder()
    let log = try Golden.lines("life-7.3.log.gz").joined(separator: "\n")
    let path = try folder.write(log, as: "life.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", path, "-o", scenario)
    #expect(imported.status == 0)
    #expect(
      imported.errorText.hasPrefix(
        "dmar: not in the scenario: mapping history: 373 mappings and 214 unmappings of the tables"),
      "\(imported.errorText)")
  }

  @Test("two files of two boots are not merged: one boot is taken, and both are named")
  func boots() throws {
    let folder = try TemporaryFolder()
    let paths = try ["7.3", "7.1.13"].map { release in
      try folder.write(
        try Golden.lines("stock-legacy-\(release).log.gz").joined(separator: "\n"),
        as: "\(release).log")
    }
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    for (arguments, count, status) in [([], 11, 1), (["--boot", "2"], 2, 0)] {
      let imported = try Tool.dmar(["import"] + paths + ["-o", scenario] + arguments)
      #expect(imported.status == status)
      #expect(
        imported.errorText.contains("dmar: 2 boots: boot \(arguments.isEmpty ? 1 : 2) is imported"))
      #expect(
        imported.errorText.contains("dmar: boot 2: kernel 7.1.13+deb13-amd64, 2 faults, from "))
      let replayed = try Tool.dmar("replay", scenario)
      #expect(
        String(decoding: replayed.output, as: UTF8.self).components(
          separatedBy: "] Request device ["
        )
        .count == count + 1)
    }
  }

  @Test(
    "the faults of a report come back where its dump breaks off or is not a kernel's",
    .enabled(if: Shared.isHere, "the corpus is not beside this repository"),
    arguments: ["list-086", "other-E02", "other-E04"])
  func brokenDumps(name: String) throws {
    let log = try #require(Shared.bytes("corpus/\(name).log"))
    let folder = try TemporaryFolder()
    let path = try folder.write(String(decoding: log, as: UTF8.self), as: "kernel.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", path, "-o", scenario)
    #expect(imported.status <= 1)
    #expect(!imported.errorText.contains("nothing refuses"), "\(imported.errorText)")
    let replayed = try Tool.dmar("replay", scenario)
    func faults(_ bytes: [UInt8]) -> [FaultLine?] {
      Self.events(bytes).compactMap { event -> FaultLine?? in
        if case .fault(let fault) = event.kind { .some(fault.line) } else { nil }
      }
    }
    #expect(faults(Array(replayed.output)) == faults(log))
  }

  @Test("with a DMAR table the machine has its units, and each fault comes from its own")
  func table() throws {
    let folder = try TemporaryFolder()
    let log = try Tool.dmar("replay", "Configs/bus/server-units.yaml").outputText
    // The tree says which buses the bridges of the table's scopes lead to.
    let tree = """
      -+-[0000:ae]---00.0-[af-b0]----00.0
       +-[0000:17]---00.0-[18-19]--+-00.0
       |                           \\-00.1
       \\-[0000:00]-+-14.0
                   \\-17.0

      """
    let path = try folder.write(tree + log, as: "kernel.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let table = Repository.path("Configs/platforms/server.dmar.yaml")
    let imported = try Tool.dmar("import", path, table, "-o", scenario)
    #expect(imported.status == 0, "\(imported.errorText)")
    let text = try String(contentsOfFile: scenario, encoding: .utf8)
    #expect(text.contains("  dmar: \"\(table)\"\n"))
    let replayed = try Tool.dmar("replay", scenario)
    #expect(
      Self.lines(Self.events(Array(replayed.output))) == Self.lines(Self.events(Array(log.utf8))),
      "\(replayed.errorText)\(replayed.outputText)")
    #expect(replayed.outputText.contains("Dump dmar2 table entries"))
  }

  @Test("a table that was dumped as text is written beside the scenario, a snapshot is pointed to")
  func dumpedTable() throws {
    let folder = try TemporaryFolder()
    let dump = try Tool.dmar("acpi", "--hexdump", "Configs/platforms/q35.dmar.yaml").outputText
    let table = try folder.write("DMAR @ 0x0000000000000000\n" + dump, as: "acpidump.txt")
    _ = try folder.write(
      try String(
        contentsOfFile: Repository.path("Configs/platforms/q35.pci.yaml"), encoding: .utf8),
      as: "bus.yaml")
    let bus = folder.url.appending(path: "bus.yaml").path(percentEncoded: false)
    let log = try folder.write(
      "DMAR: [DMA Read NO_PASID] Request device [00:1f.2] fault addr 0xffff1000 [fault reason 0x06] PTE Read access is not set\n",
      as: "kernel.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", log, table, bus, "-o", scenario)
    #expect(imported.status == 0, "\(imported.errorText)")
    let text = try String(contentsOfFile: scenario, encoding: .utf8)
    #expect(text.contains("  dmar: \"s.dmar.yaml\"\n"))
    #expect(text.contains("    snapshot: \"bus.yaml\"\n"))
    let replayed = try Tool.dmar("replay", scenario)
    #expect(
      replayed.outputText.contains("Request device [00:1f.2] fault addr 0xffff1000"),
      "\(replayed.errorText)")
  }

  @Test("debugfs files given one by one make the same machine as those printed in the log")
  func separateFiles() throws {
    let folder = try TemporaryFolder()
    let lines = try Golden.lines("legacy.log.gz")
    var paths: [String] = []
    var log: [String] = []
    var rows: [String] = []
    var name = ""
    for line in lines + ["== end"] {
      if line.hasPrefix("== ") {
        if !name.isEmpty {
          paths.append(try folder.write(rows.joined(separator: "\n") + "\n", as: name))
        }
        let isFile =
          line.hasPrefix("== /sys/kernel/debug")
          && !paths.contains {
            $0.hasSuffix(line.split(separator: "/").last.map(String.init) ?? "-")
          }
        name = isFile ? line.split(separator: "/").last.map(String.init) ?? "" : ""
        rows = []
      } else if name.isEmpty {
        log.append(line)
      } else {
        rows.append(line)
      }
    }
    #expect(paths.count >= 4)
    let path = try folder.write(log.joined(separator: "\n") + "\n", as: "kernel.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.run(
      URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "dmar")
        .path(percentEncoded: false), ["import", path] + paths + ["-o", scenario])
    #expect(imported.status == 0, "\(imported.errorText)")
    let whole = folder.url.appending(path: "whole.yaml").path(percentEncoded: false)
    #expect(try Tool.dmar("import", "Tests/Golden/legacy.log.gz", "-o", whole).status == 0)
    func domains(_ path: String) throws -> Substring {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let start = try #require(text.range(of: "  domains:\n"))
      return text[start.upperBound...].prefix(while: { $0 != "\0" }).split(
        separator: "\nsteps:", maxSplits: 1)[0]
    }
    #expect(try domains(scenario) == domains(whole))
  }

  @Test(
    "import, then replay, gives back what a real console printed, the limiter's counts too",
    arguments: [
      "burst", "ratelimit", "first-stage", "broken-first-stage", "broken-scalable", "suspend",
    ])
  func console(_ name: String) throws {
    func lines(_ text: [UInt8]) -> [String] {
      Self.events(text).compactMap { event in
        switch event.kind {
        case .fault(let fault): fault.line.map { "\($0)" }
        case .dump(let line, _): "\(line)"
        case .suppressed(_, let count): "\(count) suppressed"
        default: nil
        }
      }
    }
    let folder = try TemporaryFolder()
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    #expect(try Tool.dmar("import", "Tests/Golden/\(name).log.gz", "-o", scenario).status == 0)
    let replayed = try Tool.dmar("replay", scenario)
    let log = Array((try Golden.lines("\(name).log.gz")).joined(separator: "\n").utf8)
    let wanted = lines(log)
    #expect(wanted.count > 10)
    #expect(lines(Array(replayed.output)) == wanted, "\(replayed.errorText)")
  }

  @Test(
    "every page that debugfs shows translates to what it says",
    arguments: ["legacy.log.gz", "scalable.log.gz"])
  func everyPage(file: String) throws {
    let folder = try TemporaryFolder()
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    #expect(try Tool.dmar("import", "Tests/Golden/\(file)", "-o", scenario).status == 0)
    let described = try ScenarioLoader().load(scenario)
    guard case .finished(let run) = try ScenarioRun.run(described, firstSteps: 0) else {
      Issue.record("the scenario was skipped")
      return
    }
    var device: PCIAddress?
    var count = 0
    let log = Array((try Golden.lines(file)).joined(separator: "\n").utf8)
    for event in Self.events(log) {
      switch event.kind {
      case .fact(.debugfs(.domain(let address, _))): device = address
      case .fact(.debugfs(.page(let frame, let entries))):
        guard let device, let leaf = entries.last, entries.count == 5,
          let unit = run.machine.unit(covering: device)
        else { continue }
        let entry = SecondStageEntry(rawValue: leaf)
        // Rows that another line of the console tore apart have no whole leaf.
        guard entry[flag: .read] || entry[flag: .write] else { continue }
        let request = DMARequest(
          source: device.sourceID, address: IOVA(rawValue: frame << 12),
          access: entry[flag: .read] ? .read : .write)
        let wanted = entry[inPlace: .address]
        guard case .translated(let found) = unit.hardware.translate(request).outcome else {
          Issue.record("\(device) 0x\(hex(frame << 12)) is refused")
          return
        }
        if found.address.rawValue != wanted {
          Issue.record("\(device) 0x\(hex(frame << 12)) -> \(found.address), not 0x\(hex(wanted))")
          return
        }
        count += 1
      default: break
      }
    }
    #expect(count > 1000)
  }

  @Test("what a scenario cannot have is said, and the rest is imported")
  func leftOut() throws {
    let folder = try TemporaryFolder()
    let log = try folder.write(
      """
      DMAR: [INTR-REMAP] Request device [42:00.2] fault index 0x1601 [fault reason 0x25] Blocked a compatibility format interrupt request
      DMAR: [INTR-REMAP] Request device [42:00.2] fault index 0x1600 [fault reason 0x25] Blocked a compatibility format interrupt request

      """, as: "kernel.log")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", log, "-o", scenario)
    #expect(imported.status == 1)
    #expect(
      imported.errorText
        == "dmar: left out: \(log):1: no message in the old format leads to an odd index\n")
    let replayed = try Tool.dmar("replay", scenario).outputText
    #expect(replayed.contains("fault index 0x1600 [fault reason 0x25]"))
  }
}
