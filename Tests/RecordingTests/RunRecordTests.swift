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
  ]

  @Test("comes back from its JSON as it was", arguments: scenarios)
  func bothWays(path: String) throws {
    let record = try Self.record(path)
    #expect(try RunRecord(json: Array(record.json.utf8)) == record)
  }

  @Test("has every cause before its effect, and every event in its place", arguments: scenarios)
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

  @Test("is not taken where nobody asks for it")
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

  @Test("tells who took the lock, in which context, and the usage that was new")
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

  @Test(
    "refuses what is no record, with a sentence",
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
