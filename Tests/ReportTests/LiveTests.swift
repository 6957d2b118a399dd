import Diagnosis
import Recording
import Report
import Scenario
import TestSupport
import Testing

@Suite("Parts of a run for a page that runs scenarios")
struct LiveTests {
  private static func record(_ path: String) throws -> RunRecord {
    let scenario = try ScenarioLoader().load(Repository.path(path))
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw RecordMissing()
    }
    return try #require(run.record)
  }

  private struct RecordMissing: Error {}

  private static func values(of attribute: String, in html: String) -> [String] {
    html.components(after: " \(attribute)=\"")
  }

  @Test(
    "parts of a run have the elements of pages alone",
    arguments: [
      "Configs/klist-splat/report.yaml", "Configs/stale/device-tlb-left-over.yaml",
      "Configs/faults/0x22-interrupt-entry-not-present.yaml",
    ])
  func wellFormed(path: String) throws {
    let record = try Self.record(path)
    let view = RunView(record, explanation: nil)
    for part in [
      view.verdict, view.requests, view.log, view.timeline, view.tables, view.locks,
    ] {
      #expect(PageScanner(part).problems.filter { !$0.hasPrefix("a link to") } == [])
    }
    for event in record.events {
      #expect(PageScanner(view.moment(event.id)).problems == [], "event \(event.id)")
    }
    #expect(view.moment(record.events.count) == "" && view.moment(-1) == "")
  }

  @Test("offer each bit of an entry of 64 bits, with its word")
  func bits() throws {
    let record = try Self.record("Configs/faults/0x05-write-not-permitted.yaml")
    let view = RunView(record, explanation: nil)
    let blocked = try #require(
      record.events.last { event in
        if case .dma(let fact) = event.what { fact.given.result == .blocked } else { false }
      })
    guard case .dma(let fact) = blocked.what else { return }
    let last = try #require(fact.walk.last)
    let html = view.moment(blocked.id)
    let address = "0x" + String(last.address, radix: 16)
    let word = "0x" + String(try #require(last.words.first), radix: 16)
    let bits = Self.values(of: "data-address", in: html).filter { $0 == address }
    #expect(bits.count == 64)
    #expect(
      Set(Self.values(of: "data-bit", in: html)).isSuperset(of: (0..<64).map { "\($0)" }))
    #expect(Self.values(of: "data-value", in: html).contains(word))
    // A report that is read and mailed offers none.
    #expect(!view.requests.contains("data-bit"))
  }

  @Test("name the event of each line and the event that led to it")
  func lines() throws {
    let record = try Self.record("Configs/klist-splat/report.yaml")
    let view = RunView(record, explanation: nil)
    #expect(Self.values(of: "data-event", in: view.log).count == 84)
    let told = Set(Self.values(of: "data-event", in: view.timeline))
    let shown = Self.values(of: "data-shows", in: view.log)
    #expect(!shown.isEmpty && shown.allSatisfy(told.contains))
    // The dump prints the root entry and the context entry, and says that the one of level 4 is not
    // present; the walk's picture has all three.
    let entries = Self.values(of: "data-entry", in: view.log)
    #expect(entries == ["0x127f41000", "0x127f42d00", "0x12d8ab000"])
    let blocked = try #require(
      record.events.first { event in
        if case .dma(let fact) = event.what { fact.given.result == .blocked } else { false }
      })
    // The line of the fault and those of the dump tell of the request whose record was read.
    #expect(shown.filter { $0 == "\(blocked.id)" }.count == 5)
    let drawn = Self.values(of: "data-entry", in: view.moment(blocked.id))
    #expect(Set(drawn).isSuperset(of: entries))
  }

  @Test("parts of a run tell what the caches hold at an event, and nothing once it was dropped")
  func caches() throws {
    let record = try Self.record("Configs/driver/unmap-strict.yaml")
    let view = RunView(record, explanation: nil)
    var isFilled: [Int] = []
    var held = 0
    for event in record.events {
      if case .cache(let fact) = event.what {
        held += fact.isFill ? 1 : -1
        isFilled.append(event.id)
        #expect(
          view.moment(event.id).contains("What the caches hold then") == (held > 0),
          "event \(event.id)")
      }
    }
    #expect(isFilled.count > 1)
  }
}

extension String {
  /// What stands behind each occurrence of a text, up to the next quotation mark.
  fileprivate func components(after text: String) -> [String] {
    var found: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      rest = rest[range.upperBound...]
      found.append(String(rest.prefix { $0 != "\"" }))
    }
    return found
  }
}
