internal import Recording
internal import Text

extension WayDrawing {
  /// The way as text of at most 100 columns: from the device to the unit and to memory; below it what a
  /// fault led to, or what the tables say where the request went by what is stale.
  func lines(_ glyphs: Glyphs) -> [String] {
    let arrow = " \(glyphs.line)\(glyphs.arrow) "
    var head = fact.way?.sender ?? fact.device
    for bridge in fact.way?.bridges ?? [] {
      head += arrow + bridge.name + (bridge.sourceID.map { " (sends on as \($0))" } ?? "")
    }
    if fact.way?.bridges.isEmpty ?? true, head != fact.device {
      head += " (sends as \(fact.device))"
    }
    let request = " \(glyphs.line) \(fact.access.word) \(Words.address(fact.address)) "
    head +=
      request + (fact.pasid.map { "with PASID \(Words.address(UInt64($0))) " } ?? "") + glyphs.arrow
    let indent = min(head.count + 1, 60)
    var lines = Wrapping.lines(head + " \(fact.unit)\(end(glyphs))", first: "", next: "    ")
    let next = String(repeating: " ", count: indent)
    for (index, effect) in consequences.enumerated() {
      let corner = index == 0 ? "\(glyphs.corner) " : "   \(glyphs.arrow) "
      lines += Wrapping.lines(effect, first: next + corner, next: next + "     ")
    }
    return lines
  }

  private func end(_ glyphs: Glyphs) -> String {
    if fact.given.result == .blocked {
      return " \(glyphs.line)\(glyphs.line)\(glyphs.cross)  memory untouched"
    }
    let stale = fact.isStale ? ", \(glyphs.marker) STALE" : ""
    return " \(glyphs.line)\(glyphs.arrow) memory \(Words.address(fact.given.address))\(stale)"
  }

  /// What followed, in order.
  private var consequences: [String] {
    if fact.isStale, fact.given.result != .blocked {
      return ["the tables say: \(Words.say(fact.tables))"]
    }
    guard fact.given.result == .blocked else { return [] }
    guard let reason = fact.given.reason else { return ["no fault: \(Words.say(fact.given))"] }
    var found = [Words.describe(reason)]
    if let recorded = fact.recorded { found.append(Words.describe(recorded)) }
    for effect in effects {
      switch effect.what {
      case .message(let message):
        found.append("message \(Words.address(message.address))/\(Words.address(message.data))")
      case .interrupt(let interrupt):
        found.append("vector \(Words.address(interrupt.vector)), \(Words.describe(effect.who))")
      default: break
      }
    }
    return found
  }
}
