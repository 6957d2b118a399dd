import Foundation
import KernelLog
import Machine
import Recording
import Scenario
import TestSupport
import Testing
import VTdFormats

@Suite("The record of a run")
struct RunRecordTests {
  /// Runs a scenario of the tree and gives its record.
  private static func record(_ path: String) throws -> RunRecord {
    let scenario = try ScenarioLoader().load(Repository.path(path))
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw RecordMissing()
    }
    return try #require(run.record)
  }

  private struct RecordMissing: Error {}

  /// Scenarios of every kind of fault and machine.
  static let scenarios = [
    "Configs/klist-splat/report.yaml", "Configs/stale/unmap-without-flush.yaml",
    "Configs/stale/device-tlb-left-over.yaml", "Configs/driver/unmap-lazy.yaml",
    "Configs/driver/shared-process-page-request.yaml",
    "Configs/faults/0x22-interrupt-entry-not-present.yaml",
    "Configs/faults/0x71-first-stage-entry-not-present.yaml", "Configs/bus/peer-direct.yaml",
    "Configs/bus/bridge-alias.yaml", "Configs/faults/interrupt-remapped.yaml",
  ]

  @Test("the record of a run comes back from its JSON as it was", arguments: scenarios)
  func bothWays(path: String) throws {
    let record = try Self.record(path)
    #expect(try RunRecord(json: Array(record.json.utf8)) == record)
  }

  @Test(
    "the record of a run has every cause before its effect, and every event in its place",
    arguments: scenarios)
  func order(path: String) throws {
    let record = try Self.record(path)
    #expect(!record.events.isEmpty)
    for (place, event) in record.events.enumerated() {
      #expect(event.id == place)
      if let cause = event.cause { #expect(cause < event.id) }
      #expect(record.causes(of: event).count <= event.id + 1)
    }
  }

  @Test("holds the same lines as the kernel's log", arguments: scenarios)
  func lines(path: String) throws {
    let scenario = try ScenarioLoader().load(Repository.path(path))
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw RecordMissing()
    }
    let texts = try #require(run.record).lines.map { event in
      if case .line(let fact) = event.what { "\(event.microseconds) \(fact.text)" } else { "" }
    }
    #expect(texts == run.log.map { "\($0.microseconds) \($0.text)" })
  }

  @Test("the record of a run is not taken where nobody asks for it")
  func nobodyAsks() throws {
    let scenario = try ScenarioLoader().load(Repository.path(Self.scenarios[0]))
    guard case .finished(let run) = try ScenarioRun.run(scenario) else { throw RecordMissing() }
    #expect(run.record == nil)
    #expect(run.machine.witness == nil)
  }

  @Test(
    "calls a request stale where the caches remember what memory no longer says, and no other",
    arguments: [
      ("Configs/stale/unmap-without-flush.yaml", [11]),
      ("Configs/stale/context-change-without-flush.yaml", [12, 13]),
      ("Configs/stale/device-tlb-left-over.yaml", [13]),
      ("Configs/stale/page-size-change-without-flush.yaml", [11]),
      ("Configs/klist-splat/report.yaml", []),
      ("Configs/driver/unmap-strict.yaml", []),
    ])
  func stale(path: String, steps: [Int]) throws {
    let record = try Self.record(path)
    var found: [Int] = []
    for event in record.events {
      guard case .dma(let fact) = event.what, fact.isStale else { continue }
      found.append(event.step)
      let since = try #require(fact.staleSince)
      guard case .memory = record.events[since].what else {
        Issue.record("a change of memory was expected, not \(record.events[since])")
        continue
      }
      #expect(since < event.id)
    }
    #expect(found == steps)
  }

  /// What a scenario of one device does to a unit of its own, with the caches' events of it.
  private static func caches(_ steps: String) throws -> (record: RunRecord, facts: [CacheFact]) {
    let base = Repository.path("Configs/faults/base.yaml")
    let folder = try TemporaryFolder()
    let path = try folder.write("extends: \(base)\nsteps:\n\(steps)", as: "caches.yaml")
    let scenario = try ScenarioLoader().load(path)
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw RecordMissing()
    }
    let record = try #require(run.record)
    let facts = record.events.compactMap {
      if case .cache(let fact) = $0.what { fact } else { nil }
    }
    return (record, facts)
  }

  @Test(
    "the record of a run tells of every entry that a request brings into a cache, and of every one that a command drops"
  )
  func entryCaches() throws {
    let map = "mappings: [{iova: 0x40000000, target: 0x21000000}]"
    let (record, facts) = try Self.caches(
      """
        - tables: {preset: first-stage, device: "00:03.0", pasid: 7, domain: 9, \(map)}
        - dma: {device: "00:03.0", access: read, address: 0x40000000, pasid: 7}
        - submit: {unit: dmar0, descriptors: [[0x11, 0x0]]}
      """)
    let fills = facts.filter(\.isFill)
    #expect(fills.map(\.cache) == [.context, .pasid, .pagingStructure, .iotlb])
    #expect(fills.map(\.device) == ["00:03.0", "00:03.0", nil, nil])
    #expect(fills.map(\.domain) == [nil, 9, 9, 9])
    #expect(fills.map(\.pasid) == [nil, 7, 7, 7])
    #expect(fills.map(\.address) == [nil, nil, 0x4000_0000, 0x4000_0000])
    #expect(fills.map(\.pageSize) == [nil, nil, 0x20_0000, 0x1000])
    // A global context-cache invalidation takes the context entries, and nothing else.
    #expect(facts.filter { !$0.isFill }.map(\.cache) == [.context])
    #expect(try RunRecord(json: Array(record.json.utf8)) == record)
  }

  @Test(
    "calls an interrupt stale whose cached entry memory no longer has, since when, and tells the fill"
  )
  func staleInterrupt() throws {
    let interrupt = "dma: {device: \"00:03.0\", access: write, address: 0xfee000b0}"
    let table = "preset: interrupts, device: \"00:03.0\", interrupts: [{index: 5, vector: 0x30}]"
    let (record, facts) = try Self.caches(
      """
        - tables: {\(table)}
        - \(interrupt)
        - entry: {table: interrupt, index: 5, set: {P: 0}}
        - \(interrupt)
      """)
    #expect(facts.map(\.cache) == [.interruptEntry])
    #expect(facts.map(\.index) == [5])
    let requests = record.events.compactMap { event in
      if case .interruptRequest(let fact) = event.what { fact } else { nil }
    }
    #expect(requests.map(\.isStale) == [false, true])
    #expect(requests.map(\.isHit) == [false, true])
    let last = try #require(requests.last)
    #expect(last.given.vector == 0x30)
    #expect(last.tables.reason == .interruptEntryNotPresent)
    #expect(record.events[try #require(last.filledBy)].what.kind == "cache")
    #expect(record.events[try #require(last.staleSince)].step == 3)
  }

  @Test("the record of a run tells which cache makes a request stale")
  func culprit() throws {
    let map = "mappings: [{iova: 0x40000000, target: 0x21000000}]"
    let (record, _) = try Self.caches(
      """
        - tables: {device: "00:03.0", \(map)}
        - dma: {device: "00:03.0", access: read, address: 0x40000000}
        - entry: {table: context, device: "00:03.0", set: {P: 0}}
        - submit: {unit: dmar0, descriptors: [[0x12, 0x0]]}
        - dma: {device: "00:03.0", access: read, address: 0x40000000}
      """)
    let stale = record.events.compactMap { event -> DMAFact? in
      if case .dma(let fact) = event.what, fact.isStale { fact } else { nil }
    }
    let last = try #require(stale.last)
    #expect(stale.count == 1)
    #expect(!last.isHit)
    guard case .cache(let fact) = record.events[try #require(last.filledBy)].what else {
      Issue.record("a fill was expected")
      return
    }
    #expect(fact.cache == .context)
    #expect(record.events[try #require(last.staleSince)].step == 3)
  }

  @Test("the record of a run tells the way over bridges, and the id that each gives")
  func bridges() throws {
    let record = try Self.record("Configs/bus/bridge-alias.yaml")
    let ways = record.events.compactMap { event -> BusWay? in
      if case .dma(let fact) = event.what { fact.way } else { nil }
    }
    #expect(ways.map(\.sender) == ["02:02.0", "02:02.0"])
    #expect(
      ways.map { $0.bridges.map(\.name) } == [["01:00.0", "00:1c.0"], ["01:00.0", "00:1c.0"]])
    #expect(ways.first?.bridges.map(\.sourceID) == ["02:00.0", nil])
    let straight = try Self.record(Self.scenarios[0])
    for event in straight.events {
      if case .dma(let fact) = event.what { #expect(fact.way == nil) }
    }
  }

  @Test("the record of a run tells who took the lock, in which context, and the usage that was new")
  func locks() throws {
    let record = try Self.record(Self.scenarios[0])
    let reports = record.events.compactMap { event in
      if case .lockReport(let fact) = event.what { (event, fact) } else { nil }
    }
    let (event, report) = try #require(reports.first)
    #expect(reports.count == 1)
    #expect(report.title == "inconsistent lock state")
    #expect(report.usages == ["HARDIRQ-ON-W", "IN-HARDIRQ-W"])
    #expect(event.who == .kernel(cpu: 0, task: "rngd", pid: 1006))
    let kinds = record.causes(of: event).map { $0.what.kind }
    #expect(kinds.starts(with: ["lock_report", "lock", "interrupt", "message", "fault", "dma"]))
    #expect(record.lockClasses.first { $0.name == "&k->k_lock" }?.letters == "?.+.")
  }

  @Test("the record of a run tells of a lock report while the kernel boots, before its lines")
  func bootReport() throws {
    let record = try Self.record("Configs/locks/domain-lock-circular.yaml")
    var reports: [Int] = []
    var lines: [Int] = []
    for event in record.events {
      switch event.what {
      case .lockReport(let fact):
        #expect(fact.title.contains("circular"))
        reports.append(event.id)
      case .line(let fact) where fact.text.contains("possible circular"): lines.append(event.id)
      default: break
      }
    }
    #expect(reports.count == 1)
    #expect(try #require(reports.first) < #require(lines.first))
  }

  @Test(
    "the record of a run refuses what is not a record, with a sentence",
    arguments: [
      "", "[]", "{}", #"{"version":2}"#,
      #"{"version":1,"scenario":"","description":"","release":"","events":[{"event":"x"}]}"#,
    ])
  func foreign(text: String) {
    #expect(throws: RecordError.self) { try RunRecord(json: Array(text.utf8)) }
  }

  @Test(
    "a case of the fuzzer is refused, or reads the same when it was written",
    arguments: FuzzCases.all("Record"))
  func fuzzCase(_ file: URL) throws {
    let bytes = try FuzzCases.bytes(file)
    guard let record = try? RunRecord(json: bytes) else {
      #expect(!file.lastPathComponent.hasPrefix("events-"))
      return
    }
    #expect(try RunRecord(json: Array(record.json.utf8)) == record)
    #expect(record.jsonLines.count == record.events.count + 2)
  }
}
