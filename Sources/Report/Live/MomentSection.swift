internal import Recording
internal import VTdFormats

/// One event of a run: what it is, what led to it, what the caches held.
struct MomentSection {
  let record: RunRecord
  let event: RunEvent

  var elements: [Element] {
    var parts: [Element] = []
    switch event.what {
    case .dma, .interruptRequest:
      let section = RequestSection(record: record, event: event, isLive: true)
      parts.append(.tag("h2", [], section.title))
      parts += section.elements
    case .memory(let fact):
      parts.append(.tag("h2", [], title))
      parts += memory(fact)
    case .lockReport:
      parts.append(.tag("h2", [], title))
      parts += LockSection(record).elements
    case .step:
      parts.append(.tag("h2", [], title))
      parts.append(.tag("pre", [.style("yaml"), .focusable], record.step(event.step)?.text ?? ""))
    default:
      parts.append(.tag("h2", [], title))
      parts.append(.tag("p", [], sentence(event) + "."))
    }
    parts += causes
    parts += CacheContents(record, until: event.id).elements
    return parts
  }

  private var title: String {
    event.step == 0 ? "While the kernel boots" : "Step \(event.step)"
  }

  private func sentence(_ event: RunEvent) -> String {
    if let text = EventText.describe(event, in: record) {
      return text.prefix(1).uppercased() + text.dropFirst()
    }
    switch event.what {
    case .step: return "Step \(event.step) begins"
    case .line(let fact): return "The kernel prints: \(fact.text)"
    case .fault(let fact): return "\(fact.unit) notes a fault of \(fact.device)"
    default: return "\(Words.describe(event.who)) goes on"
    }
  }

  /// A word of memory before and after, bit by bit where a walk of this run reads it as an entry.
  private func memory(_ fact: MemoryFact) -> [Element] {
    var parts: [Element] = [.tag("p", [], sentence(event) + ".")]
    guard let (step, word) = entry(at: fact.address), let layout = step.structure.layout else {
      return parts
    }
    parts.append(
      .tag(
        "p", [],
        "A walk of this run reads it: \(WalkDrawing.name(step)), \(layout.name) at "
          + "\(Words.address(step.address))."))
    for (title, value) in [("before", fact.old), ("after", fact.new)] {
      var words = step.words
      words[word] = value
      parts.append(.tag("h3", [], title))
      parts.append(
        BitRuler(
          name: layout.name, words: words, bitWidth: layout.bitWidth, fields: layout.decode(words)
        ).element)
    }
    return parts
  }

  private func entry(at address: UInt64) -> (step: WalkFact, word: Int)? {
    for event in record.events {
      for step in event.what.request?.walk ?? [] where address >= step.address {
        let word = (address - step.address) / 8
        if word < UInt64(step.words.count) { return (step, Int(word)) }
      }
    }
    return nil
  }

  /// What led to the event, the nearest cause first.
  private var causes: [Element] {
    var items: [Element] = []
    for cause in record.causes(of: event).dropFirst().prefix(12) {
      if case .step = cause.what { break }
      guard let text = EventText.describe(cause, in: record) else { continue }
      items.append(.tag("li", [.number("data-event", cause.id)], text))
    }
    if items.isEmpty { return [] }
    return [.tag("h3", [], "Because"), .tag("ol", [.style("time")], items)]
  }
}

/// What the caches hold at a moment of a run.
struct CacheContents {
  private var held: [CacheFact] = []
  private static let limit = 30

  /// - Parameters:
  ///   - record: the run.
  ///   - last: the last event that counts.
  init(_ record: RunRecord, until last: Int) {
    for event in record.events.prefix(last + 1) {
      guard case .cache(let fact) = event.what else { continue }
      held.removeAll { Self.isSame($0, fact) }
      if fact.isFill { held.append(fact) }
    }
  }

  private static func isSame(_ one: CacheFact, _ other: CacheFact) -> Bool {
    one.cache == other.cache && one.unit == other.unit && Words.key(one) == Words.key(other)
      && Words.owner(one) == Words.owner(other)
  }

  var elements: [Element] {
    if held.isEmpty { return [] }
    let titles = ["cache", "of", "for", "says"]
    var rows: [Element] = [.tag("tr", [], titles.map { .tag("th", [.init("scope", "col")], $0) })]
    for fact in held.suffix(Self.limit) {
      let cells = [Words.cache(fact), Words.owner(fact), Words.key(fact), Words.content(fact)]
      rows.append(.tag("tr", [], cells.map { .tag("td", [.style("m")], $0) }))
    }
    var parts: [Element] = [
      .tag("h3", [], "What the caches hold then"),
      .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows)]),
    ]
    if held.count > Self.limit {
      parts.append(
        .tag("p", [.style("dim")], "\(held.count - Self.limit) older ones are left out."))
    }
    return parts
  }
}
