import Foundation
import Recording
import Report
import Scenario
import TestSupport
import Testing

@Suite("Links of a report's log")
struct LogLinkTests {
  private struct RecordMissing: Error {}

  /// A line of the log: each text with the place that it leads to, an empty one for no link.
  private typealias Line = [(text: String, place: String)]

  private static func page(_ path: String) throws -> String {
    let scenario = try ScenarioLoader().load(path)
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw RecordMissing()
    }
    return RunPage(
      try #require(run.record), explanation: nil, sources: [], producer: "dmar <test>"
    ).html
  }

  /// What stands behind a text, up to another one.
  private static func behind(_ start: String, upTo end: String, in text: String) -> Substring? {
    guard let range = text.range(of: start) else { return nil }
    let rest = text[range.upperBound...]
    return rest.range(of: end).map { rest[..<$0.lowerBound] }
  }

  private static func lines(of page: String) -> [Line] {
    guard let section = behind("<section id=\"log\">", upTo: "</section>", in: page),
      let log = behind("<pre class=\"log\" tabindex=\"0\">", upTo: "</pre>", in: String(section))
    else { return [] }
    return log.split(separator: "\n").map { line in
      var parts: Line = []
      var place = ""
      for piece in line.split(separator: "<") {
        let halves = piece.split(separator: ">", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { continue }
        place = behind("href=\"#", upTo: "\"", in: String(halves[0])).map(String.init) ?? ""
        let text = plain(String(halves[1]))
        if !text.isEmpty { parts.append((text, place)) }
      }
      return parts
    }
  }

  private static func plain(_ text: String) -> String {
    text.replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&gt;", with: ">")
      .replacingOccurrences(of: "&amp;", with: "&")
  }

  /// The page from an element on, by its id.
  private static func element(_ id: String, in page: String) -> Substring {
    page.range(of: "id=\"\(id)\"").map { page[$0.lowerBound...] } ?? ""
  }

  private static func places(_ lines: [Line], _ words: String) -> [String] {
    lines.filter { line in line.map { $0.text }.joined().contains(words) }
      .flatMap { $0.dropFirst().map { $0.place } }.filter { !$0.isEmpty }
  }

  @Test("lead from the lines of the report to its walk, its tables and its locks")
  func report() throws {
    let page = try Self.page(Repository.path("Configs/klist-splat/report.yaml"))
    let lines = Self.lines(of: page)
    #expect(lines.count == 84)
    // As it is without links.
    let text = lines.map { line in line.map { $0.text }.joined() }
    let log = try String(
      contentsOfFile: Repository.path("Configs/klist-splat/report.log"), encoding: .utf8)
    func trimmed(_ line: some StringProtocol) -> String {
      line.trimmingCharacters(in: .whitespaces)
    }
    #expect(text.map(trimmed) == log.split(separator: "\n").map(trimmed))
    // The time of each line leads to the timeline, and each word further.
    for line in lines {
      #expect(line.first.map { $0.place.hasPrefix("e") } == true)
      for part in line.dropFirst() where !part.text.allSatisfy({ $0 == " " }) {
        #expect(!part.place.isEmpty && part.place != line.first?.place, "\(part.text)")
      }
    }
    #expect(Self.places(lines, "fault addr 0x0") == ["way-1", "walk-1", "stop-1"])
    #expect(Self.places(lines, "Dump dmar0 table entries") == ["walk-1"])
    #expect(Self.places(lines, "root entry: 0x0000000127f42001") == ["entry-127f41000"])
    #expect(Self.places(lines, "context entry: hi 0x0000000000001502") == ["entry-127f42d00"])
    #expect(Self.places(lines, "PTE not present at level 4") == ["entry-12d8ab000"])
    #expect(Self.places(lines, "WARNING: inconsistent lock state") == ["lock-report-1"])
    #expect(Self.places(lines, "(&k->k_lock){?.+.}") == ["lock-class-1"])
    #expect(Self.places(lines, "{HARDIRQ-ON-W} state was registered") == ["lock-stack-2"])
    #expect(Self.places(lines, "klist_add_tail+0x46") == ["lock-stack-2"])
    #expect(Self.places(lines, "pci_get_domain_bus_and_slot") == ["lock-report-1"])
    #expect(Self.element("lock-class-1", in: page).prefix(80).contains("&amp;k-&gt;k_lock"))
    #expect(Self.element("lock-stack-2", in: page).prefix(80).contains("HARDIRQ-ON-W"))
    #expect(page.utf8.count < 300_000)
  }

  @Test("lead from each line of a chain of locks to the graph")
  func orders() throws {
    let page = try Self.page(Repository.path("Configs/locks/domain-lock-circular.yaml"))
    let lines = Self.lines(of: page)
    #expect(Self.places(lines, "-> #1 (device_domain_lock)") == ["lock-orders"])
    #expect(Self.places(lines, "*** DEADLOCK ***") == ["lock-report-1"])
    #expect(Self.places(lines, "is trying to acquire lock") == ["lock-report-1"])
    #expect(Self.element("lock-orders", in: page).contains("closes the circle"))
  }

  @Test("lead from an interrupt's fault to the message's bits and to the entry where it stops")
  func interrupt() throws {
    let page = try Self.page(
      Repository.path("Configs/faults/0x22-interrupt-entry-not-present.yaml"))
    let lines = Self.lines(of: page)
    #expect(Self.places(lines, "fault index 0x6") == ["way-1", "walk-1", "stop-1"])
    #expect(Self.element("walk-1", in: page).prefix(200).contains("bit by bit"))
  }

  /// All scenarios of faults and of drivers.
  private static let runs = ["Configs/faults", "Configs/driver", "Configs/bus"].flatMap { folder in
    ((try? FileManager.default.contentsOfDirectory(atPath: Repository.path(folder))) ?? [])
      .filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".dmar.yaml") && !$0.hasPrefix("base") }
      .sorted()
      .map { folder + "/" + $0 }
  }

  @Test(
    "lead from a dump's line to the entry that it prints, and from a fault to a request of its device",
    arguments: runs)
  func everyRun(path: String) throws {
    let page: String
    do { page = try Self.page(Repository.path(path)) } catch is RecordMissing { return }
    #expect(PageScanner(page).problems == [])
    for line in Self.lines(of: page) {
      let text = line.map { $0.text }.joined()
      for part in line.dropFirst() where part.place.hasPrefix("entry-") {
        let entry = Self.element(part.place, in: page).prefix(400)
        for word in text.split(separator: " ").filter({ $0.hasPrefix("0x") && $0.count >= 18 }) {
          let digits = word.dropFirst(2).prefix(16)
          // The tree leaves out words above the second one that are zero, and has an entry that changes as
          // the last walk found it.
          let isChanged = entry.contains("\u{270E}")
          #expect(
            entry.contains(digits) || digits.allSatisfy { $0 == "0" } || isChanged, "\(text)")
        }
      }
      guard let start = text.range(of: "Request device ["),
        let last = line.last, last.place.hasPrefix("stop-")
      else { continue }
      let device = text[start.upperBound...].prefix { $0 != "]" }.suffix(7)
      let section = Self.element("request-" + last.place.dropFirst(5), in: page).prefix(300)
      #expect(section.contains(device), "\(text) leads to \(section)")
    }
  }
}
