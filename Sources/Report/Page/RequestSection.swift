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

  private func dma(_ fact: DMAFact) -> [Element] {
    var parts: [Element] = [
      .tag("p", [], Words.describe(fact, step: record.stepNumber) + "."),
      .tag("h3", [], "Way of the request"),
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
      .tag("h3", [], isStale ? "Walk of the tables as they are now" : "Walk")
    ]
    if let ruler = drawing.ruler(address) { parts.append(ruler) }
    parts.append(drawing.chain(answer).element)
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
    var parts: [Element] = [.tag("h3", [], "Where it stops")]
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
    // A bit that was flipped stays in sight, also where the walk goes on behind it.
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

  private func interrupt(_ fact: InterruptFact) -> [Element] {
    var picture = Drawing("The way of an interrupt of \(fact.device)")
    let isBlocked = fact.given.result == .blocked
    let x = WayDrawing.start(
      fact.way, device: fact.device,
      request: "write \(Words.address(fact.data)) to \(Words.address(fact.address))", note: nil,
      &picture)
    picture.box(x, 10, 170, 50, isBlocked ? "stopbox" : fact.isStale ? "stalebox" : "cell")
    picture.text(x + 12, 31, fact.unit, "b")
    picture.text(x + 12, 49, "interrupt remapping", "dim")
    if isBlocked {
      picture.line(x + 170, 35, x + 230, 35, "stop")
      picture.cross(x + 238, 35)
      picture.box(x + 300, 10, 150, 50, "cell")
      picture.text(x + 312, 31, "processor", "b")
      picture.text(x + 312, 49, "not interrupted", "dim")
    } else {
      picture.arrow(x + 170, 35, x + 298, 35, fact.isStale ? "stale" : "wire")
      picture.box(x + 300, 10, 200, 50, fact.isStale ? "stalebox" : "cell")
      picture.text(x + 312, 31, "APIC \(Words.address(fact.given.destination))", "b")
      picture.text(x + 312, 49, "vector \(Words.address(fact.given.vector))", "dim")
      if fact.isStale {
        picture.text(x, 84, "the table says: \(Words.describe(fact.tables))", "old b")
      }
    }
    var parts: [Element] = [
      .tag(
        "p", [],
        "\(Words.sender(fact.way, fact.device)) writes \(Words.address(fact.data)) to "
          + "\(Words.address(fact.address)), which is "
          + "an interrupt: \(Words.describe(fact.given))."),
      .tag("h3", [], "Way of the interrupt"), picture.element,
    ]
    if fact.isStale {
      parts += CacheSection(comparison: CacheComparison(record, event, fact)).elements
    }
    let isRemappable = fact.address & 0x10 != 0
    if let layout = Layouts.named(isRemappable ? "remappable-msi" : "compatibility-msi") {
      parts.append(.tag("h3", [], "The message's address, bit by bit"))
      parts.append(
        BitRuler(
          name: layout.name, words: [fact.address], bitWidth: layout.bitWidth,
          fields: layout.decode([fact.address])
        ).element)
    }
    if let last = fact.walk.last, last.failure != nil {
      parts += failing(last)
    } else if let reason = fact.given.reason {
      parts.append(.tag("h3", [], "Where it stops"))
      parts.append(.tag("p", [.style("bad")], "\u{2717} \(Words.describe(reason))"))
      if let advice = reason.advice { parts.append(.tag("p", [], advice.next)) }
    }
    parts += entries(fact.walk)
    parts += frcd
    return parts
  }
}
