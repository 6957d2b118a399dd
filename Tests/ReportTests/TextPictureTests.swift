import Recording
import Report
import Scenario
import TestSupport
import Testing

@Suite("Pictures as text")
struct TextPictureTests {
  private static func page(_ path: String) throws -> RunPage {
    let scenario = try ScenarioLoader().load(Repository.path(path))
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw NoRecord()
    }
    return RunPage(
      try #require(run.record), explanation: nil, sources: [], producer: "dmar <test>")
  }

  private struct NoRecord: Error {}

  private static func trace(_ path: String, _ glyphs: Glyphs) throws -> [String] {
    let scenario = try ScenarioLoader().load(Repository.path(path))
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw NoRecord()
    }
    return TimelineText.lines(of: try #require(run.record), timestamps: true, glyphs: glyphs)
  }

  private static let runs = [
    "Configs/klist-splat/report.yaml", "Configs/stale/unmap-without-flush.yaml",
    "Configs/stale/context-change-without-flush.yaml", "Configs/stale/device-tlb-left-over.yaml",
    "Configs/bus/bridge-alias.yaml", "Configs/driver/unmap-lazy.yaml",
    "Configs/faults/0x75-first-stage-top-table-not-readable.yaml",
    "Configs/faults/0x22-interrupt-entry-not-present.yaml",
    "Configs/faults/0x25-compatibility-format-blocked.yaml",
    "Configs/faults/0x28-posted-descriptor-reserved.yaml",
    "Configs/faults/interrupt-remapped.yaml",
  ]

  @Test("draw a walk of a record whose level no table has, within bounds")
  func foreignLevel() throws {
    let scenario = try ScenarioLoader().load(
      Repository.path("Configs/faults/0x79-second-stage-not-present.yaml"))
    guard case .finished(let run) = try ScenarioRun.run(scenario, isRecorded: true) else {
      throw NoRecord()
    }
    let dmas = try #require(run.record).events.compactMap { event in
      if case .dma(let fact) = event.what { fact } else { nil }
    }
    let fact = try #require(dmas.last)
    var walk = fact.walk
    let last = try #require(walk.indices.last)
    #expect(walk[last].failure != nil)
    walk[last].level = 1 << 60
    let picture = WalkPicture(
      walk: walk, address: fact.address, answer: fact.tables, glyphs: .ascii)
    #expect(picture.lines.count < 40)
  }

  @Test("are at most 100 columns wide, and ASCII alone where that is wanted", arguments: runs)
  func width(path: String) throws {
    let page = try Self.page(path)
    var count = 0
    for name in PictureName.allCases {
      for glyphs in [Glyphs.unicode, .ascii] {
        guard let lines = page.text(name, glyphs: glyphs) else { continue }
        count += 1
        for line in lines {
          #expect(line.count <= 100, "\(name): \(line)")
        }
      }
      let ascii = page.text(name, glyphs: .ascii) ?? []
      #expect(ascii.allSatisfy { $0.utf8.allSatisfy { $0 < 0x7f } }, "\(name)")
      // What there is as a picture is there as text.
      #expect((page.picture(name) == nil) || !ascii.isEmpty, "\(name)")
    }
    #expect(count > 0)
  }

  @Test(
    "tell below a stale request of a trace what the cache held and what the tables say",
    arguments: [
      (
        "Configs/stale/unmap-without-flush.yaml",
        [
          "IOTLB of dmar0", "9     it is cached", "10    memory changes at",
          "L1[0]: 0x21000003 -> 0x0",
          "RW-U < STALE", "An invalidation between the change in step 10",
        ]
      ),
      (
        "Configs/stale/context-change-without-flush.yaml",
        ["context cache of dmar0", "-> 0x0", "< STALE", "An invalidation of the context cache"]
      ),
    ])
  func caches(path: String, parts: [String]) throws {
    let lines = try Self.trace(path, .ascii)
    let start = try #require(
      lines.firstIndex {
        $0.hasSuffix("# caches against tables") || $0.contains("  caches against tables")
      })
    let picture = lines[start...].prefix(40)
    for part in parts {
      #expect(picture.contains { $0.contains(part) }, "\(part) is missing")
    }
    #expect(lines[start - 1].contains("tables say") || lines[start - 2].contains("STALE since"))
    // A run without a stale request has none.
    let fresh = try Self.trace("Configs/klist-splat/report.yaml", .ascii)
    #expect(!fresh.contains { $0.contains("caches against tables") })
  }

  @Test("tell of a lock when each letter came, in what, and who took it")
  func letters() throws {
    let page = try Self.page("Configs/klist-splat/report.yaml")
    let lines = try #require(page.text(.locks, glyphs: .ascii))
    let place = try #require(lines.firstIndex { $0.hasPrefix("&k->k_lock {?.+.}") })
    #expect(lines[place + 1].contains("hardirq") && lines[place + 1].contains("softirq"))
    #expect(lines[place + 2].hasPrefix("  boot"))
    #expect(lines[place + 2].contains("+ <ON X") && lines[place + 2].contains("klist_add_tail"))
    #expect(lines[place + 3].hasPrefix("  step 1  32.288581 s  hardirq"))
    #expect(lines[place + 3].contains("? <IN X") && lines[place + 3].contains("klist_next"))
    #expect(page.html.contains("step 1, 32.288581 s"))
  }

  @Test("draw what overlaps: requests, the CPU, and a translation that is held and then stale")
  func lanes() throws {
    let page = try Self.page("Configs/stale/unmap-without-flush.yaml")
    let lines = try #require(page.text(.lanes, glyphs: .ascii))
    #expect(lines.contains { $0.hasPrefix("00:03.0") && $0.contains("read <") })
    #expect(lines.contains { $0.hasPrefix("CPU") && $0.contains("unmap") })
    #expect(lines.contains { $0.hasPrefix("IOTLB of dmar0") && $0.contains("=~") })
  }

  @Test("show the way of a request to the fault record, the message and the processor")
  func way() throws {
    let page = try Self.page("Configs/klist-splat/report.yaml")
    let text = try #require(page.text(.way, glyphs: .unicode)).joined(separator: "\n")
    for part in [
      "00:1a.0 \u{2500} write", "dmar0 \u{2500}\u{2500}\u{2717}  memory untouched",
      "recorded in FRCD[0]", "message 0x", "vector 0x",
    ] {
      #expect(text.contains(part), "\(part) is missing in\n\(text)")
    }
  }

  @Test("show the way of an interrupt that is blocked, and the entry that its message chooses")
  func interrupt() throws {
    let page = try Self.page("Configs/faults/0x22-interrupt-entry-not-present.yaml")
    let way = try #require(page.text(.way, glyphs: .ascii))
    #expect(
      way.first
        == "00:03.0 - write 0x0 to 0xfee000d0 -> dmar0 --X  processor not interrupted")
    let below = way.dropFirst().joined(separator: "\n")
    for part in [
      "`> reason 0x22 (interrupt entry not present)", "-> recorded in FRCD[0]",
      "-> message 0xfee01004/0x21", "-> vector 0x21, CPU0 swapper/0/0",
    ] {
      #expect(below.contains(part), "\(part) is missing in\n\(below)")
    }
    let walk = try #require(page.text(.walk, glyphs: .ascii)).joined(separator: "\n")
    for part in ["HANDLE", "IRTE[6]", "not present  X", "X stops: reason 0x22"] {
      #expect(walk.contains(part), "\(part) is missing in\n\(walk)")
    }
    #expect(page.picture(.way)?.contains(">not interrupted<") == true)
    #expect(page.picture(.walk)?.contains(">IRTE[6]<") == true)
    // The page has both, and the record, the message and the processor behind the way.
    #expect(page.html.contains(">recorded in FRCD[0]<") && page.html.contains(">IRTE[6]<"))
  }

  @Test("tell of a fault message that is held back that it is not sent")
  func heldMessage() throws {
    let page = try Self.page("Configs/course/02-two-tables/2-solution-0x01.yaml")
    let way = try #require(page.text(.way, glyphs: .ascii)).joined(separator: "\n")
    #expect(way.contains("-> message held back: IM is set"), "\(way)")
    #expect(!way.contains("message 0x0"))
    #expect(page.picture(.way)?.contains(">held back: IM is set<") == true)
  }

  @Test("show where an interrupt goes that is remapped, and the entry by which it does")
  func remapped() throws {
    let page = try Self.page("Configs/faults/interrupt-remapped.yaml")
    let way = try #require(page.text(.way, glyphs: .unicode)).joined(separator: "\n")
    #expect(way.contains("dmar0 \u{2500}\u{2500}\u{25BA} APIC 0x"), "\(way)")
    #expect(way.contains(", vector 0x"), "\(way)")
  }
}
