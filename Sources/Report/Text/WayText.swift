internal import Recording
internal import Text

extension WayDrawing {
  /// The way as text of at most 100 columns: from the device to the unit and to memory, or to a processor;
  /// below it what a fault led to, or what the tables say where the request used a stale entry.
  func lines(_ glyphs: Glyphs) -> [String] {
    let arrow = " \(glyphs.line)\(glyphs.arrow) "
    var head = way?.sender ?? device
    for bridge in way?.bridges ?? [] {
      head += arrow + bridge.name + (bridge.sourceID.map { " (sends on as \($0))" } ?? "")
    }
    if way?.bridges.isEmpty ?? true, head != device { head += " (sends as \(device))" }
    head += " \(glyphs.line) \(request) " + (note.map { "with \($0) " } ?? "") + glyphs.arrow
    let indent = min(head.count + 1, 60)
    var lines = Wrapping.lines(head + " \(unit)\(end(glyphs))", first: "", next: "    ")
    let next = String(repeating: " ", count: indent)
    for (index, effect) in consequences.enumerated() {
      let corner = index == 0 ? "\(glyphs.corner) " : "   \(glyphs.arrow) "
      lines += Wrapping.lines(effect, first: next + corner, next: next + "     ")
    }
    return lines
  }

  private func end(_ glyphs: Glyphs) -> String {
    if isBlocked {
      return " \(glyphs.line)\(glyphs.line)\(glyphs.cross)  \(end.title) \(end.detail)"
    }
    let detail = end.isDetailTold ? ", \(end.detail)" : ""
    return " \(glyphs.line)\(glyphs.arrow) \(end.title)\(detail)"
      + (isStale ? ", \(glyphs.marker) STALE" : "")
  }

  /// What followed, in order.
  private var consequences: [String] {
    if isStale, !isBlocked { return [tables] }
    guard isBlocked else { return [] }
    guard let reason else { return ["no fault: \(refusal)"] }
    var found = [Words.describe(reason)]
    if let recorded { found.append(Words.describe(recorded)) }
    for effect in effects {
      switch effect.what {
      case .message(let message):
        found.append("message \(Self.describe(message))")
      case .interrupt(let interrupt):
        found.append("vector \(Words.address(interrupt.vector)), \(Words.describe(effect.who))")
      default: break
      }
    }
    return found
  }
}
