public import Diagnosis
internal import KernelLog
public import Recording
internal import Text
internal import VTdFormats
internal import VTdUnit

/// The report of a run: one page that says what faulted and why, which lock rule was broken, and what
/// cures it.
public struct RunPage {
  let record: RunRecord
  /// What the kernel's log means, where it means anything.
  let explanation: Explanation?
  /// The files of the scenario, by name, as they are written.
  let sources: [(name: String, text: String)]
  /// What made the page: program and version.
  let producer: String
  /// The failed expectations: a sentence each, and the lines of the difference to show below it.
  var mismatches: [(sentence: String, difference: [String])] = []
  /// Requests that are shown with all their pictures.
  let shown: [RunEvent]
  /// How many blocked or stale requests are not shown.
  let folded: Int
  private static let shownLimit = 6

  /// A page of a run.
  public init(
    _ record: RunRecord, explanation: Explanation?, sources: [(name: String, text: String)],
    producer: String, mismatches: [(sentence: String, difference: [String])] = []
  ) {
    self.record = record
    self.explanation = explanation
    self.sources = sources
    self.producer = producer
    self.mismatches = mismatches
    let notable = record.events.filter(Self.isNotable)
    var kinds: Set<String> = []
    // One request of each kind is enough: a repeated one shows nothing new.
    let distinct = notable.filter { kinds.insert(Self.kind($0)).inserted }
    var shown = Array(distinct.prefix(Self.shownLimit))
    // Without a notable request the last one is shown. An interrupt follows the DMA that carries
    // it, so the last one is the interrupt.
    if shown.isEmpty { shown = Array(record.events.filter { $0.what.request != nil }.suffix(1)) }
    self.shown = shown
    folded = max(notable.count - shown.count, 0)
  }

  private static func isNotable(_ event: RunEvent) -> Bool {
    event.what.request.map { $0.isBlocked || $0.isStale } ?? false
  }

  /// Two requests with the same text give the same picture.
  private static func kind(_ event: RunEvent) -> String {
    switch event.what {
    case .dma(let fact):
      "\(fact.device) \(fact.access.word) \(fact.address.page) \(fact.given.reason?.rawValue ?? 0) "
        + "\(fact.isStale) \(fact.pasid ?? 0) \(fact.usesDeviceTLB)"
    case .interruptRequest(let fact):
      "\(fact.device) \(fact.address) \(fact.given.reason?.rawValue ?? 0) \(fact.isStale)"
    default: ""
    }
  }

  /// The page.
  public var html: String {
    let name = record.scenario.split(separator: "/").last.map(String.init) ?? "a run"
    let parts = parts(name)
    return Document.html(
      title: "dmar: \(name)", parts.head + [.tag("main", [], parts.sections), parts.foot])
  }

  /// The page's content, for a place of another page.
  public var content: String {
    let parts = parts(record.scenario.split(separator: "/").last.map(String.init) ?? "a run")
    return Element.group(parts.head + parts.sections + [parts.foot]).markup
  }

  private func parts(
    _ name: String
  ) -> (head: [Element], sections: [Element], foot: Element) {
    var sections: [(id: String, title: String, content: [Element])] = []
    if !mismatches.isEmpty {
      sections.append(("expected", "Not as expected", MismatchSection(mismatches).elements))
    }
    if let explanation, !ExplanationSection.isEmpty(explanation) {
      sections.append(
        ("meaning", "What it means", ExplanationSection(explanation, log: logPlace).elements))
    }
    for (number, event) in shown.enumerated() {
      let request = RequestSection(record: record, event: event, number: number + 1)
      sections.append(("request-\(number + 1)", request.title, request.elements))
    }
    if folded > 0, let last = sections.popLast() {
      let more = Element.tag(
        "p", [.style("dim")],
        folded == 1
          ? "One further request was blocked or stale in the same way; the timeline has it."
          : "\(folded) further requests were blocked or stale in the same ways; the timeline has them."
      )
      sections.append((last.id, last.title, last.content + [more]))
    }
    let tree = TableTree(record)
    if !tree.isEmpty {
      sections.append(
        (
          "tables", "The tables",
          [
            .tag(
              "p", [.style("dim")],
              "Every entry that a walk above read; \u{270E} marks words that changed in this run."),
            tree.element,
          ]
        ))
    }
    let locks = LockSection(record)
    if !locks.isEmpty { sections.append(("locks", "Locks", locks.elements)) }
    let lanes = LaneDrawing(record)
    sections.append(
      (
        "timeline", "Timeline",
        (lanes.isEmpty ? [] : [lanes.drawing.element]) + TimelineSection(record).elements
      ))
    if !record.lines.isEmpty {
      let places = LinePlaces(record, tree: tree, locks: locks, section: section(of:))
      sections.append(
        (
          "log", "The kernel's log",
          [
            .tag("p", [.style("dim")], LogSection.legend),
            LogSection(record, places: places).element,
          ]
        ))
    }
    sections.append(("scenario", "The scenario", SourceSection(sources).elements))
    let head: [Element] = [
      .tag("header", [], header(name)),
      .tag(
        "nav", [.init("aria-label", "Sections")],
        sections.map { .tag("a", [.place($0.id)], $0.title) }),
    ]
    let foot = Element.tag(
      "footer", [],
      "Made by \(producer); record version \(RunRecord.version); kernel \(record.release). Addresses "
        + "are hexadecimal; a level has one colour in every picture; red is where it stops, amber what "
        + "is stale.")
    let elements = sections.map { section in
      Element.tag(
        "section", [.id(section.id)], [.tag("h2", [], section.title)] + section.content)
    }
    return (head, elements, foot)
  }

  /// The section of a request, or that of a shown one that looks the same; nil where there is none.
  private func section(of request: Int) -> RequestSection? {
    guard record.events.indices.contains(request) else { return nil }
    let kind = Self.kind(record.events[request])
    guard !kind.isEmpty, let index = shown.firstIndex(where: { Self.kind($0) == kind }) else {
      return nil
    }
    return RequestSection(record: record, event: shown[index], number: index + 1)
  }

  /// The line of the log that an explanation names, as a place of this page.
  private func logPlace(_ line: Int) -> String { "L\(line)" }

  private func header(_ name: String) -> [Element] {
    var parts: [Element] = [
      .tag("p", [.style("dim")], "dmar report of \(name), kernel \(record.release)")
    ]
    parts.append(.tag("h1", [], headline))
    if !record.summary.isEmpty { parts.append(.tag("p", [], record.summary)) }
    parts.append(verdict)
    return parts
  }

  /// The run in one line.
  var headline: String {
    var words: [String] = []
    for event in shown {
      switch event.what {
      case .dma(let fact) where fact.given.result == .blocked:
        words.append("\(Words.headline(fact)) and is blocked")
      case .dma(let fact) where fact.isStale:
        words.append("\(Words.headline(fact)) through a stale translation")
      case .interruptRequest(let fact) where fact.given.result == .blocked:
        words.append("an interrupt of \(fact.device) is blocked")
      case .interruptRequest(let fact) where fact.isStale:
        words.append("an interrupt of \(fact.device) goes by a stale entry")
      default: break
      }
      if words.count == 1 { break }
    }
    for event in record.events {
      if case .lockReport(let fact) = event.what {
        words.append("the kernel reports: \(fact.title)")
        break
      }
    }
    return words.isEmpty ? "Nothing was blocked" : Self.sentence(words.joined(separator: "; "))
  }

  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// Where a request stops that is blocked in the tables.
  private func stop(_ event: RunEvent) -> [Element] {
    guard let request = event.what.request, request.isBlocked, let end = Self.end(of: request.walk)
    else { return [] }
    return [.tag("p", [], [.tag("strong", [], "Where it stops: "), .text(end)])]
  }

  /// The invalidation that would have made a stale request use the tables.
  private func cure(_ event: RunEvent) -> [Element] {
    guard let cure = CacheComparison(record, event)?.cure else { return [] }
    return [.tag("p", [], [.tag("strong", [], "Cure: "), .text(cure)])]
  }

  /// The entry at which a walk ends that goes no further, in one sentence; nil where none does.
  private static func end(of walk: [WalkFact]) -> String? {
    guard let last = walk.last, last.failure != nil else { return nil }
    let name = "\(WalkDrawing.indexedName(last)) at \(Words.address(last.address))"
    guard let word = last.words.first else { return "there is no memory where \(name) should be" }
    return "\(name) holds \(Words.address(word)), \(WalkDrawing.state(last))"
      + (last.isMissing ? ": nothing is mapped there" : "")
  }

  /// The verdict in explain's words, and what cures it.
  var verdict: Element {
    var lines: [Element] = []
    var isStale = false
    for event in shown {
      if event.what.request?.isStale ?? false { isStale = true }
      switch event.what {
      case .dma(let fact):
        lines.append(
          .tag("p", [], Self.sentence(Words.describe(fact, step: record.stepNumber)) + "."))
        lines += stop(event) + cure(event)
      case .interruptRequest(let fact):
        lines.append(
          .tag(
            "p", [],
            "\(fact.device) sends an interrupt to \(Words.address(fact.address)): "
              + "\(Words.describe(fact.given))."))
        lines += cure(event) + stop(event)
      default: break
      }
      if lines.count >= 2 { break }
    }
    for fault in explanation?.faults.prefix(1) ?? [] {
      guard let finding = fault.verdict else { continue }
      // An open verdict already says that it is uncertain, so it gets no confidence.
      let isOpen = finding.cause == .unknown
      let sureness =
        isOpen ? "" : " (\(finding.certainty), \(finding.confidence) %, by the kernel's log)"
      lines.append(
        .tag("p", [], [.tag("strong", [], "Why: "), .text(finding.verdict + sureness)]))
      if !isOpen, let next = finding.next.first {
        lines.append(
          .tag("p", [], [.tag("strong", [], "Towards a cure of the fault: "), .text(next)]))
      }
    }
    for splat in explanation?.splats.prefix(1) ?? [] {
      lines.append(
        .tag("p", [], [.tag("strong", [], "Lock rule broken: "), .text(splat.meaning)]))
      lines.append(
        .tag("p", [], [.tag("strong", [], "Cure of the lock report: "), .text(splat.cure)]))
    }
    let isBad = shown.contains(where: Self.isNotable) || !LockSection(record).isEmpty
    return .tag(
      "div", [.style(!isBad ? "verdict ok" : isStale ? "verdict stale" : "verdict")], lines)
  }
}

/// A picture of a page that can also be made without the page.
public enum PictureName: String, CaseIterable, Sendable {
  /// From the device to memory or to a processor, or to the fault record and the interrupt.
  case way
  /// The entries that the walk read.
  case walk
  /// What a cache gave against what the tables say, from the fill to the request.
  case caches
  /// The orders in which locks were taken, as text also the states of each class.
  case locks
  /// What overlaps in time: requests, the CPU, cached translations, fault records.
  case lanes

  /// What a run must have for it.
  public var subject: String {
    switch self {
    case .way, .walk: "a DMA or an interrupt"
    case .caches: "a request that goes by what is stale"
    case .locks: "a lock"
    case .lanes: "more than one request"
    }
  }
}

extension RunPage {
  /// A picture as an SVG document; nil where the run has nothing for it.
  public func picture(_ name: PictureName) -> String? {
    switch name {
    case .locks: return LockPicture(record).graph?.document
    case .lanes:
      let lanes = LaneDrawing(record)
      return lanes.isEmpty ? nil : lanes.drawing.document
    case .caches: return comparison?.drawing.document
    case .way: return way?.drawing.document
    case .walk:
      guard let event = walked else { return nil }
      switch event.what {
      case .dma(let fact):
        return WalkDrawing(walk: fact.walk).chain(WalkEnd(fact.tables)).document
      case .interruptRequest(let fact):
        return WalkDrawing(walk: fact.walk).chain(WalkEnd(fact.tables)).document
      default: return nil
      }
    }
  }

  /// A picture as text of at most 100 columns; nil where the run has nothing for it.
  public func text(_ name: PictureName, glyphs: Glyphs) -> [String]? {
    switch name {
    case .locks:
      let locks = LockPicture(record)
      return locks.isEmpty ? nil : locks.lines(glyphs)
    case .lanes:
      let lanes = LaneDrawing(record)
      return lanes.isEmpty ? nil : lanes.lines(glyphs)
    case .caches: return comparison?.lines(glyphs)
    case .way: return way?.lines(glyphs)
    case .walk:
      guard let event = walked else { return nil }
      switch event.what {
      case .dma(let fact):
        return WalkPicture(
          walk: fact.walk, address: fact.address, answer: fact.tables, glyphs: glyphs
        ).lines
      case .interruptRequest(let fact): return WalkPicture(fact, glyphs: glyphs).lines
      default: return nil
      }
    }
  }

  /// The first request that used a stale cache entry; nil where none did.
  private var comparison: CacheComparison? {
    for event in shown {
      if let comparison = CacheComparison(record, event) { return comparison }
    }
    return nil
  }

  /// The requests that are shown, DMAs before interrupts.
  private var requests: [RunEvent] {
    let dmas = shown.filter { if case .dma = $0.what { true } else { false } }
    let interrupts = shown.filter {
      if case .interruptRequest = $0.what { true } else { false }
    }
    return dmas + interrupts
  }

  /// The way of the first request.
  private var way: WayDrawing? { requests.first.flatMap { WayDrawing(record, $0) } }

  /// The first request that tables were walked for.
  private var walked: RunEvent? { requests.first { !record.walk(of: $0.id).isEmpty } }
}
