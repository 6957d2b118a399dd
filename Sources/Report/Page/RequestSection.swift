internal import Recording
internal import Text
internal import VTdFormats
internal import VTdUnit

/// One request with its pictures.
struct RequestSection {
  let record: RunRecord
  let event: RunEvent
  /// Whether the entries' bits can be flipped.
  var isLive = false
  /// Its number on the page, from which the ids of its parts are made; nil for a section whose
  /// parts have no ids.
  var number: Int?

  var title: String {
    switch event.what {
    case .dma(let fact):
      if fact.given.result == .blocked {
        return
          "Step \(event.step): blocked, 0x\(hex(UInt64(fact.given.reason?.rawValue ?? 0), digits: 2))"
      }
      return "Step \(event.step): \(fact.isStale ? "stale translation" : "a request that passes")"
    case .interruptRequest(let fact):
      return "Step \(event.step): interrupt \(fact.given.result.rawValue)"
        + (fact.isStale ? " by a stale entry" : "")
    default: return "Step \(event.step)"
    }
  }

  var elements: [Element] {
    switch event.what {
    case .dma(let fact): dma(fact)
    case .interruptRequest(let fact): interrupt(fact)
    default: []
    }
  }

  // MARK: Places

  private enum Place: String {
    case way, walk, stop
  }

  /// Where the page shows its way; nil in a section whose parts are no places.
  var way: String? { place(.way) }

  /// Where the page shows its walk, or the bits by which an interrupt finds its entry; nil where it has
  /// none.
  var walk: String? {
    if case .dma(let fact) = event.what, fact.walk.isEmpty { return nil }
    return place(.walk)
  }

  /// Where the page shows the entry at which it stops; nil where it does not.
  var stop: String? {
    switch event.what {
    case .dma(let fact): fact.walk.last?.failure == nil ? nil : place(.stop)
    case .interruptRequest(let fact):
      fact.walk.last?.failure == nil && fact.given.reason == nil ? nil : place(.stop)
    default: nil
    }
  }

  private func place(_ place: Place) -> String? { number.map { "\(place.rawValue)-\($0)" } }

  /// A heading that lines of the log lead to.
  private func heading(_ text: String, _ place: Place) -> Element {
    .tag("h3", self.place(place).map { [.id($0)] } ?? [], text)
  }

  // MARK: A DMA

  private func dma(_ fact: DMAFact) -> [Element] {
    var parts: [Element] = [
      .tag("p", [], Words.describe(fact, step: record.stepNumber) + "."),
      heading("Way of the request", .way),
      WayDrawing(record: record, event: event, fact: fact).drawing.element,
    ]
    if fact.isStale {
      parts += CacheSection(comparison: CacheComparison(record, event, fact)).elements
    }
    parts += walk(fact.walk, address: fact.address, answer: fact.tables, isStale: fact.isStale)
    parts += frcd
    return parts
  }

  private func walk(
    _ walk: [WalkFact], address: UInt64, answer: Answer, isStale: Bool
  ) -> [Element] {
    if walk.isEmpty { return [] }
    let drawing = WalkDrawing(walk: walk, isLive: isLive)
    var parts: [Element] = [
      heading(isStale ? "Walk of the tables as they are now" : "Walk", .walk)
    ]
    if let ruler = drawing.ruler(address) { parts.append(ruler) }
    parts.append(drawing.chain(WalkEnd(answer)).element)
    let grid = NestedGrid(walk, address: address)
    if grid.isNested {
      parts.append(.tag("h3", [], "Both stages"))
      parts.append(
        .tag(
          "p", [.style("dim")],
          "Each address of the first stage is an address of the second: a row is one of them on its way "
            + "through the second stage, and ends with the first stage's own entry."))
      parts.append(grid.element)
    }
    if let last = walk.last, last.failure != nil { parts += failing(last) }
    parts += entries(walk)
    return parts
  }

  /// Why the walk stops, and the entry's bits.
  private func failing(_ step: WalkFact) -> [Element] {
    var parts: [Element] = [heading("Where it stops", .stop)]
    if let reason = step.failure {
      var text =
        "\(WalkDrawing.indexedName(step)) at \(Words.address(step.address)): "
        + Words.describe(reason)
      if step.isMissing { text += "; nothing is mapped there" }
      parts.append(.tag("p", [.style("bad")], "\u{2717} " + text))
      if let advice = reason.advice {
        parts.append(
          .tag("p", [], "The unit was looking at \(advice.structure). To look at: \(advice.next)"))
      }
      parts.append(.tag("p", [.style("dim")], "Linux prints: \(Words.linux(reason))"))
    }
    if let ruler = BitRuler(step, isLive: isLive) { parts.append(ruler.element) }
    return parts
  }

  /// The bits of the other entries, folded.
  private func entries(_ walk: [WalkFact]) -> [Element] {
    let others = WalkDrawing.chain(walk).filter { $0.failure == nil }
    if others.isEmpty { return [] }
    var content: [Element] = [.tag("summary", [], "Bits of the \(others.count) entries before")]
    if others.count == 1 { content = [.tag("summary", [], "Bits of the entry")] }
    for step in others {
      guard let ruler = BitRuler(step, isLive: isLive) else { continue }
      let tone = Tone(step.structure, level: step.level)
      content.append(
        .tag(
          "h3", [],
          [
            .tag("span", [.style("chip \(tone.style)")], WalkDrawing.name(step)),
            .text("\(step.structure.rawValue) at \(Words.address(step.address))"),
          ]))
      content.append(ruler.element)
    }
    // Where bits can be flipped the list is open, so that a flipped bit stays visible even where
    // the walk no longer stops at its entry.
    return [.tag("details", isLive ? [.init("open", "")] : [], content)]
  }

  /// The fault record that the request left.
  private var frcd: [Element] {
    for later in record.events[(event.id + 1)...].prefix(8) {
      guard later.cause == event.id, case .fault(let fault) = later.what,
        fault.recorded.outcome == .recorded, let layout = Layouts.named("frcd")
      else { continue }
      let ruler = BitRuler(
        name: layout.name, words: fault.words, bitWidth: layout.bitWidth,
        fields: layout.decode(fault.words))
      return [
        .tag(
          "details", [],
          [
            .tag("summary", [], "Bits of the fault record FRCD[\(fault.recorded.index ?? 0)]"),
            ruler.element,
          ])
      ]
    }
    return []
  }

  // MARK: An interrupt

  private func interrupt(_ fact: InterruptFact) -> [Element] {
    var parts: [Element] = [
      .tag(
        "p", [],
        "\(Words.sender(fact.way, fact.device)) writes \(Words.address(fact.data)) to "
          + "\(Words.address(fact.address)), which is "
          + "an interrupt: \(Words.describe(fact.given))."),
      heading("Way of the interrupt", .way),
      WayDrawing(record: record, event: event, fact: fact).drawing.element,
    ]
    if fact.isStale {
      parts += CacheSection(comparison: CacheComparison(record, event, fact)).elements
    }
    parts.append(heading("The message's address, bit by bit", .walk))
    parts.append(BitRuler(message: fact.address).element)
    if !fact.walk.isEmpty {
      parts.append(.tag("h3", [], "The entry that it chooses"))
      parts.append(WalkDrawing(walk: fact.walk, isLive: isLive).chain(WalkEnd(fact.tables)).element)
    }
    if let last = fact.walk.last, last.failure != nil {
      parts += failing(last)
    } else if let reason = fact.given.reason {
      parts.append(heading("Where it stops", .stop))
      parts.append(.tag("p", [.style("bad")], "\u{2717} \(Words.describe(reason))"))
      if let advice = reason.advice { parts.append(.tag("p", [], advice.next)) }
    }
    parts += entries(fact.walk)
    parts += frcd
    return parts
  }
}
