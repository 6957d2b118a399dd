import Foundation
import KernelLog
import LinuxIOMMU
import Machine
import PhysicalMemory
import QTest
import Scenario
import ScenarioFormat
import SessionRecording
import TestSupport
import Testing
import VTdFormats
import VTdUnit

@testable import DMARCommands

/// Scenarios become qtest sessions, and sessions become scenarios.
@Suite struct QTestConversionTests {
  /// A machine with a client, whose session is recorded.
  private final class Recording {
    let folder: TemporaryFolder
    let machine: Q35Machine
    private let recorder: SessionRecorder
    private let text = Text()
    private var session = QTestSession()

    private final class Text {
      var bytes: [UInt8] = []
    }

    var path: String { folder.url.appending(path: "s.yaml").path(percentEncoded: false) }

    init(_ arguments: [String]) throws {
      folder = try TemporaryFolder()
      let configuration = try #require(try Launch(arguments).machine)
      machine = try Q35Machine(configuration)
      let text = text
      recorder = SessionRecorder(machine, try #require(configuration.unit)) {
        text.bytes += $0
      }
      machine.observer = recorder
    }

    func send(_ requests: [String]) -> [String] {
      let text = requests.map { $0 + "\n" }.joined()
      let reply = session.consume(Array(text.utf8), machine)
      return String(decoding: reply, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// The scenario that the session became, run.
    func replay() throws -> ScenarioRun {
      recorder.finish()
      _ = try folder.write(String(decoding: text.bytes, as: UTF8.self), as: "s.yaml")
      return try QTestConversionTests.run(ScenarioLoader().load(path))
    }
  }

  private static func run(_ scenario: ScenarioDescription) throws -> ScenarioRun {
    guard case .finished(let run) = try ScenarioRun.run(scenario) else {
      throw CancellationError()
    }
    return run
  }

  /// Scenarios of every kind that edu can send.
  static let convertible: [String] = {
    let folder = Repository.root.appending(path: "Configs/faults")
    let beyond = [
      "0x0d", "0x20", "0x31", "0x32", "0x44", "0x45", "0x46", "0x47", "0x5c", "0x5d", "0x82",
    ]
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return
      files.filter { name in !beyond.contains { name.hasPrefix($0) } }.sorted()
      .map { "Configs/faults/\($0)" }
      + [
        "Configs/golden/scalable.yaml", "Configs/golden/legacy.yaml",
        "Configs/klist-splat/report.yaml", "Configs/klist-splat/golden-6.1.yaml",
        "Configs/stale/page-size-change-without-flush.yaml", "Configs/bus/q35-default.yaml",
      ]
  }()

  @Test(
    "a scenario, sent as a session and recorded, is a scenario with the same faults",
    arguments: convertible)
  func roundTrip(path: String) throws {
    let scenario = try ScenarioLoader().load(Repository.path(path))
    let script = try #require(try QTestScript.make(of: scenario))
    let recording = try Recording(script.arguments)
    let replies = recording.send(script.requests)
    #expect(replies.count == script.requests.count)
    #expect(replies.allSatisfy { $0.hasPrefix("OK") })
    let replayed = try recording.replay()
    #expect(replayed.failedChecks == [])
    let original = try Self.run(scenario).machine.recordedFaults
    #expect(replayed.machine.recordedFaults == original)
    #expect(replayed.machine.kernel.faults.count == original.count)
  }

  /// A DMA that is mapped, one that faults, an MSI through the unit, an interrupt of a line.
  static let session = [
    "outl 0xcf8 0x80000810", "outl 0xcfc 0xe0000000", "outl 0xcf8 0x80000804", "outl 0xcfc 6",
    "memset 0x100000 0x2000 0", "writeq 0x100000 0x101001", "writeq 0x101080 0x102001",
    "writeq 0x101088 0x101", "writeq 0x102000 0x103003", "writeq 0x103000 0x104003",
    "writeq 0x104000 0x200003", "write 0x200000 16 0x000102030405060708090a0b0c0d0e0f",
    "writeq 0xfed90020 0x100000", "writel 0xfed90018 0x40000000", "writel 0xfed90018 0x80000000",
    // From memory into the buffer, and from there to memory elsewhere in the page.
    "writeq 0xe0000080 0", "writeq 0xe0000088 0x40000", "writeq 0xe0000090 16",
    "writeq 0xe0000098 1", "clock_step 100000000", "writeq 0xe0000080 0x40000",
    "writeq 0xe0000088 0x800", "writeq 0xe0000098 3", "clock_step 100000000",
    "read 0x200800 16",
    // Behind what is mapped.
    "writeq 0xe0000088 0x1ff8", "writeq 0xe0000098 3", "clock_step 100000000",
    "readl 0xfed90034", "readq 0xfed90220", "readq 0xfed90228", "writel 0xfed9022c 0x80000000",
    "readl 0xfed90034",
    // Interrupts.
    "outl 0xcf8 0x80000844", "outl 0xcfc 0xfee01000", "outl 0xcf8 0x8000084c", "outl 0xcfc 0x41",
    "outl 0xcf8 0x80000840", "outl 0xcfc 0x10000", "writel 0xe0000060 1",
    "writel 0xfec00000 0x30", "writel 0xfec00010 0x35", "set_irq_in ioapic unnamed-gpio-in 16 1",
    "writel 0xfed90038 0", "readq 0xfed90018", "clock_step 1234567",
  ]

  private static let arguments = [
    "-nodefaults", "-m", "64", "-device", "intel-iommu,aw-bits=39", "-device",
    "edu,addr=1,dma_mask=0xffffffffffffffff",
  ]

  @Test("a session replays with the same reads, memory, faults and interrupts")
  func session() throws {
    let recording = try Recording(Self.arguments)
    let replies = recording.send(Self.session)
    #expect(replies.contains("OK 0x000102030405060708090a0b0c0d0e0f"))
    #expect(replies.contains("OK 0x80ffff0500000008"))
    let run = try recording.replay()
    #expect(run.failedChecks == [])
    #expect(run.machine.memory.load64(.init(rawValue: 0x200800)) == 0x0706_0504_0302_0100)
    #expect(run.machine.kernel.faults.map(\.source.rawValue) == [8])
    #expect(run.machine.deliveredInterrupts.map(\.vector) == [0x41, 0x35])
    #expect(run.machine.clock.now >= 301_234)
  }

  @Test(
    "a session is recorded with the unit that it drove, quirks and all",
    arguments: ["", ",x-quirks=off", ",eim=on,snoop-control=on"])
  func unit(_ options: String) throws {
    let recording = try Recording([
      "-nodefaults", "-m", "64", "-device", "intel-iommu,aw-bits=48\(options)", "-device", "edu",
    ])
    _ = recording.send(["writeq 0x100000 0x101001", "clock_step 5000000000"])
    _ = try recording.replay()
    let recorded = try ScenarioLoader().load(recording.path)
    #expect(
      recorded.machine.units.map(\.hardware) == [try #require(recording.machine.configuration.unit)]
    )
    #expect(recorded.steps.count == 2)
  }

  @Test("memory that a client fills is one step as long as nothing comes between")
  func fillings() throws {
    let recording = try Recording(Self.arguments)
    _ = recording.send([
      "memset 0x100000 0x1800000 0x7", "memset 0x1900000 0x1010 0x7", "memset 0x1901010 0x10 0x8",
      "writeq 0x200000 0x1", "memset 0x1901020 0x10 0x8", "clock_step 5000000",
      "memset 0x1901030 0x10 0x8", "read 0x1901000 0x31",
    ])
    let run = try recording.replay()
    #expect(run.failedChecks == [])
    let steps = try ScenarioLoader().load(recording.path).steps.map(\.action)
    let fillings = steps.compactMap { step -> [UInt64]? in
      guard case .writeMemory(let content) = step, let size = content.size else { return nil }
      return [content.address.rawValue, size]
    }
    // A step takes 16 MiB at most.
    #expect(
      fillings == [
        [0x100000, 0x100_0000], [0x110_0000, 0x80_1010], [0x190_1010, 0x10], [0x190_1020, 0x10],
        [0x190_1030, 0x10],
      ])
    #expect(run.machine.memory.load64(.init(rawValue: 0x1900ff8)) == 0x0707_0707_0707_0707)
    #expect(run.machine.memory.load64(.init(rawValue: 0x200000)) == 1)
  }

  @Test("a reply of which only the beginning is kept is not read to its end")
  func keptReplies() throws {
    let recording = try Recording(Self.arguments)
    var session = QTestSession()
    let requests = Array("read 0x0 0x4000000\nb64read 0x0 0x4000000\n".utf8)
    _ = session.consume(requests, recording.machine, keeping: 100)
    #expect(!session.isReplying)
    _ = try recording.replay()
    #expect(try ScenarioLoader().load(recording.path).steps.count < 200)
    #expect(
      session.consume(Array("readl 0x0\n".utf8), recording.machine)
        == Array("OK 0x0000000000000000\n".utf8))
  }

  @Test("a recorded session becomes a session again, and its replies are the same")
  func back() throws {
    let first = try Recording(Self.arguments)
    _ = first.send(Self.session)
    _ = try first.replay()
    let script = try #require(try QTestScript.make(of: try ScenarioLoader().load(first.path)))
    let second = try Recording(script.arguments)
    #expect(second.send(script.requests).allSatisfy { $0.hasPrefix("OK") })
    for (address, count) in [(0x100000, 0x5000), (0x200000, 0x1000), (0xfed9_0000, 0x230)] {
      let request = "read \(address) \(count)"
      #expect(first.send([request]) == second.send([request]))
    }
    let replayed = try second.replay()
    #expect(replayed.failedChecks == [])
    #expect(replayed.machine.kernel.faults.count == 1)
  }

  static let refused: [(path: String, message: String)] = [
    ("Configs/faults/0x31-pasid-in-legacy-mode.yaml", "a DMA with a PASID"),
    ("Configs/faults/0x0d-translated-request-blocked.yaml", "an ATS request"),
    ("Configs/faults/0x32-page-request-in-legacy-mode.yaml", "a page request"),
    ("Configs/bus/server-units.yaml", "8 units; a machine with one was expected"),
    ("Configs/bus/bridge-alias.yaml", "where a Q35 machine has no room for a device"),
  ]

  @Test("what no client of such a machine can do is named, with its place", arguments: refused)
  func refuses(path: String, message: String) throws {
    let tool = try Tool.dmar("replay", "--qtest-script", path)
    #expect(tool.status == 65)
    #expect(tool.outputText == "")
    #expect(tool.errorText.contains(message))
    #expect(tool.errorText.hasPrefix("dmar: Configs/"))
  }

  @Test("the commands do it: replay prints a session, serve records it, test passes")
  func commands() throws {
    let folder = try TemporaryFolder()
    let script = try Tool.dmar(
      "replay", "--qtest-script", "Configs/faults/0x05-write-not-permitted.yaml")
    #expect(script.status == 0)
    #expect(script.errorText.hasPrefix("dmar: for dmar-system-x86_64 -machine q35 "))
    let device = try #require(
      script.errorText.split(separator: " ").first { $0.hasPrefix("intel-iommu") })
    let path = folder.url.appending(path: "r.yaml").path(percentEncoded: false)
    let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let served = try Tool.run(
      products.appending(path: "dmar").path(percentEncoded: false),
      [
        "serve", "--qtest", "--memory", "1G", "--device", String(device), "--device",
        "edu,addr=3,dma_mask=0xffffffffffffffff", "--record", path,
      ], input: script.output)
    #expect(served.status == 0)
    #expect(try Tool.dmar("test", path).status == 0)
    let log = try Tool.dmar("replay", "--no-timestamps", path).outputText
    #expect(log.contains("[fault reason 0x05] PTE Write access is not set\n"))
    #expect(log.contains("Dump dmar0 table entries for IOVA 0x40000000\n"))
  }

  @Test("a check that finds something else fails the scenario, with its place")
  func checks() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      kernel: {release: "6.12"}
      machine:
        memory: 1MiB
        units: {dmar0: {cap: 0xd2008c222f0606, ecap: 0xf00f4a}}
      boot: {driver: off}
      steps:
        - write_memory: {address: 0x1000, bytes: "0102"}
        - check_memory: {address: 0x1000, words: [0x0201]}
        - check_memory: {address: 0x1000, fill: 0x1, size: 2}
        - check_register: {unit: dmar0, offset: 0x34, value: 0x1}
      """, as: "c.yaml")
    let tool = try Tool.dmar("test", path)
    #expect(tool.status == 1)
    #expect(tool.outputText.contains("c.yaml:9:5: the byte at 0x1001 is 0x02; 0x01 was expected"))
    #expect(
      tool.outputText.contains(
        "c.yaml:10:5: the register at 0x34 of dmar0 is 0x0; 0x1 was expected"))
  }
}

extension Machine {
  /// What the units recorded: every blocked request whose fault went into a record.
  fileprivate var recordedFaults: [String] {
    events.compactMap { event in
      switch event {
      case .dma(_, let request, .blocked(let cause, .recorded(_))):
        "\(request.source) \(request.access) \(request.address) \(cause)"
      case .interruptRequest(_, let request, .blocked(let reason, .recorded(_))):
        "\(request.source) \(request.address) \(reason)"
      default: nil
      }
    }
  }
}
