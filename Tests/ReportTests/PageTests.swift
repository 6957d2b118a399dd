import Diagnosis
import LogReading
import Recording
import Report
import Scenario
import TestSupport
import Testing
import VTdFormats

@Suite("Pages of runs and explanations")
struct PageTests {
  private static func record(_ path: String) throws -> (RunRecord, Explanation?) {
    let scenario = try ScenarioLoader().load(path)
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw RecordMissing()
    }
    return (try #require(run.record), explanation(run.lines.joined(separator: "\n") + "\n"))
  }

  private struct RecordMissing: Error {}

  private static func explanation(_ log: String) -> Explanation? {
    var collector = LogCollector()
    collector.begin(file: "log")
    var reader = LogReader()
    Array(log.utf8).withUnsafeBytes { bytes in reader.read(bytes) { collector.take($0) } }
    reader.finish { collector.take($0) }
    let explanation = Explanation(collector.contents)
    return explanation.isEmpty ? nil : explanation
  }

  private static func page(_ path: String, text: String = "steps: []") throws -> String {
    let (record, explanation) = try record(path)
    return RunPage(
      record, explanation: explanation, sources: [(path, text)], producer: "dmar <test>"
    ).html
  }

  @Test(
    "pages have the elements of pages alone, and links that lead to places of the page",
    arguments: [
      "Configs/klist-splat/report.yaml", "Configs/stale/unmap-without-flush.yaml",
      "Configs/stale/device-tlb-left-over.yaml",
      "Configs/faults/0x22-interrupt-entry-not-present.yaml",
      "Configs/faults/0x75-first-stage-top-table-not-readable.yaml",
      "Configs/faults/0x01-root-entry-not-present.yaml",
      "Configs/driver/unmap-lazy.yaml", "Configs/bus/peer-direct.yaml",
      "Configs/bus/bridge-alias.yaml", "Configs/stale/context-change-without-flush.yaml",
    ])
  func wellFormed(path: String) throws {
    let page = try Self.page(Repository.path(path))
    #expect(PageScanner(page).problems == [])
    // Nothing is loaded, and nothing leads away.
    #expect(!page.contains("http:") && !page.contains("https:"))
    #expect(!page.contains("url("))
  }

  @Test(
    "pages draw what overlaps in time: the cached translation, and its stale part",
    arguments: [
      ("Configs/stale/unmap-without-flush.yaml", "IOTLB of dmar0 0x40000000", true),
      ("Configs/stale/device-tlb-left-over.yaml", "TLB of 00:03.0 0x40000000", true),
      ("Configs/klist-splat/report.yaml", "FRCD[0] of dmar0", false),
    ])
  func lanes(path: String, lane: String, isStale: Bool) throws {
    let path = Repository.path(path)
    let (record, explanation) = try Self.record(path)
    let page = RunPage(record, explanation: explanation, sources: [], producer: "dmar")
    let picture = try #require(page.picture(.lanes))
    #expect(picture.contains(">\(lane)"))
    #expect(picture.contains("class=\"stalebox\"") == isStale)
    #expect(picture.contains("class=\"stopbox\"") == (lane != "IOTLB of dmar0 0x40000000"))
  }

  @Test(
    "the page of the report's 84 lines says why, which rule was broken and what cures it, in 300 kB"
  )
  func report() throws {
    let page = try Self.page(Repository.path("Configs/klist-splat/report.yaml"))
    #expect(page.utf8.count < 300_000)
    for part in [
      "no write permission in the second stage", "recorded in FRCD[0]", "klist_add_tail",
      "inconsistent lock state", "HARDIRQ-ON-W", "Cure of the lock report: ", "6ad931a23223",
      ">[   32.288571]<", ">DMAR: [DMA Write NO_PASID] Request device [00:1a.0]<",
    ] {
      #expect(page.contains(part), "\(part) is missing")
    }
  }

  @Test("pages say since which step a translation is stale")
  func stale() throws {
    let page = try Self.page(Repository.path("Configs/stale/unmap-without-flush.yaml"))
    #expect(page.contains("STALE since step 10"))
  }

  @Test(
    "pages say which cache makes a request stale, and what between the change and the request would cure it"
  )
  func staleContext() throws {
    let page = try Self.page(
      Repository.path("Configs/stale/context-change-without-flush.yaml"))
    #expect(page.contains("<th>context cache of dmar0</th>"))
    #expect(page.contains("An invalidation of the context cache, and behind it of the IOTLB,"))
    #expect(page.contains("between the change in step 11 and the request in step 13"))
  }

  @Test("pages draw the bridges that a request passes, and the id that each gives")
  func bridges() throws {
    let page = try Self.page(Repository.path("Configs/bus/bridge-alias.yaml"))
    for part in [">02:02.0<", ">sends on as 02:00.0<", "02:02.0 (as 02:00.0) writes 0x5000"] {
      #expect(page.contains(part), "\(part) is missing")
    }
  }

  /// What somebody may put into a scenario or a log to get into a page.
  static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><script>x</script>",
    "</pre></section><iframe src=javascript:x>", "'--><svg onload=x>", "&lt;b&gt;<b>",
    "\u{1b}[31m<i>",
  ]

  @Test("hold what a scenario says as text", arguments: hostile)
  func hostileScenario(text: String) throws {
    var (record, _) = try Self.record(Repository.path("Configs/klist-splat/report.yaml"))
    let clean = PageScanner(Self.html(record, text: "")).problems
    record.summary = text
    record.scenario = text
    record.release = text
    for index in record.steps.indices { record.steps[index].text = text }
    for index in record.events.indices {
      record.events[index].who = .kernel(cpu: 0, task: text, pid: 1)
      switch record.events[index].what {
      case .dma(var fact):
        fact.device = text
        fact.unit = text
        record.events[index].what = .dma(fact)
      case .lock(var fact):
        fact.lockClass = text
        fact.site = text
        record.events[index].what = .lock(fact)
      case .lockReport(var fact):
        fact.lockClass = text
        fact.path = [text, text]
        record.events[index].what = .lockReport(fact)
      case .line(var fact):
        fact.text = text
        record.events[index].what = .line(fact)
      default: break
      }
    }
    record.lockClasses.append(
      RunLockClass(
        name: text, letters: text, usages: [.init(name: "HARDIRQ-ON-W", stack: [text])]))
    record.lockDependencies.append(RunLockDependency(from: text, to: text, kinds: [text]))
    #expect(PageScanner(Self.html(record, text: text)).problems == clean)
  }

  private static func html(_ record: RunRecord, text: String) -> String {
    RunPage(
      record, explanation: nil, sources: [(text, text)], producer: text,
      mismatches: [(text, [text])]
    ).html
  }

  @Test("hold what a log says as text", arguments: hostile)
  func hostileLog(text: String) throws {
    let log = """
      DMAR: [DMA Write] Request device [00:1a.0] fault addr 0x0 [fault reason 05] \(text)
      e1000e 0000:00:1a.0 \(text): \(text)
      \(text)
      WARNING: possible circular locking dependency detected
      \(text)/1006 is trying to acquire lock:
      ffff888100000000 (\(text)){+.+.}-{2:2}, at: \(text)+0x1/0x2

      """
    let explanation = try #require(Self.explanation(log))
    let page = ExplanationPage.html(explanation, producer: text) { _ in text }
    #expect(PageScanner(page).problems == [])
  }

  @Test("a page of thousands of incidents stays below 5 MB and tells how many there are")
  func manyIncidents() throws {
    var log = ""
    for number in 0..<2500 {
      let bus = String(number / 256 % 256, radix: 16).count < 2 ? "0" : ""
      let device = number % 32
      log +=
        "DMAR: [DMA Write] Request device [\(bus)\(String(number / 256 % 256, radix: 16)):"
        + "\(device < 16 ? "0" : "")\(String(device, radix: 16)).\(number / 32 % 8)] fault addr "
        + "\(String(0x1000_0000 + number * 0x1000, radix: 16)) [fault reason 05] "
        + "PTE Write access is not set\n"
    }
    let explanation = try #require(Self.explanation(log))
    let page = ExplanationPage.html(explanation, producer: "dmar") { _ in
      String(repeating: "x", count: 120)
    }
    #expect(page.utf8.count < 5_000_000)
    #expect(page.contains("incidents"))
    #expect(PageScanner(page).problems == [])
  }
}
