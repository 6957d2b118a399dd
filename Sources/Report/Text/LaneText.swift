internal import Text

extension LaneDrawing {
  /// The lanes as text of at most 100 columns: what a lane does stands below its step; a run that is longer
  /// than a line goes on in a further band.
  func lines(_ glyphs: Glyphs) -> [String] {
    let lanes = lanes
    let longest = lanes.reduce(0) { max($0, Self.name($1, glyphs).count) }
    let label = min(longest, 36)
    var lines: [String] = []
    var first = 0
    while first < marks.count {
      let band = band(from: first, room: Wrapping.width - label - 2)
      if !lines.isEmpty { lines.append("") }
      lines.append(Self.trimmed("step".padded(to: label + 2) + steps(band)))
      for lane in lanes {
        let row = row(lane, band, glyphs)
        if row.isEmpty, lines.count > lanes.count { continue }
        lines.append(
          Self.trimmed(
            Wrapping.shortened(Self.name(lane, glyphs), to: label).padded(to: label + 2) + row))
      }
      first = band.upperBound
    }
    if !bars.isEmpty {
      let isStale = bars.contains { $0.staleSince != nil }
      lines.append("= held, or in use" + (isStale ? "; ~ held, and stale" : ""))
    }
    if before + behind > 0 {
      lines += Wrapping.lines(
        "\(before) moments before these and \(behind) behind them are left out", first: "", next: ""
      )
    }
    return lines
  }

  /// A lane's name, whose arrow is one of these characters.
  private static func name(_ lane: String, _ glyphs: Glyphs) -> String {
    lane.split(separator: "\u{2192}").joined(separator: glyphs.arrow)
  }

  /// As many marks as fit into a line, but at least one.
  private func band(from first: Int, room: Int) -> Range<Int> {
    var last = first
    var used = 0
    while last < marks.count, last == first || used + width(last) <= room {
      used += width(last)
      last += 1
    }
    return first..<last
  }

  /// The columns of a mark: its text, the cross or arrow behind it, and a blank.
  private func width(_ index: Int) -> Int {
    max(marks[index].text.count + 3, "\(marks[index].step)".count + 1)
  }

  private func steps(_ band: Range<Int>) -> String {
    var text = ""
    var last: Int?
    for index in band {
      let step = marks[index].step
      text += (step == last ? "" : "\(step)").padded(to: width(index))
      last = step
    }
    return text
  }

  /// What a lane does, or what it holds, at each mark of a band; empty where nothing.
  private func row(_ lane: String, _ band: Range<Int>, _ glyphs: Glyphs) -> String {
    var text = ""
    for index in band {
      let mark = marks[index]
      let end = index + 1 < marks.count ? marks[index + 1].event : .max
      let cell =
        mark.lane == lane
        ? mark.text(times: glyphs.times) + symbol(mark.kind, glyphs)
        : fill(lane, from: mark.event, to: end, index, glyphs)
      text += cell.padded(to: width(index))
    }
    return Self.trimmed(text)
  }

  private func symbol(_ kind: Mark.Kind, _ glyphs: Glyphs) -> String {
    switch kind {
    case .plain: ""
    case .stopped: " \(glyphs.cross)"
    case .stale: " \(glyphs.marker)"
    }
  }

  /// The part of a bar from a mark to the next one: `=` as memory has it, `~` stale.
  private func fill(
    _ lane: String, from start: Int, to end: Int, _ index: Int, _ glyphs: Glyphs
  ) -> String {
    for bar in bars where bar.lane == lane && bar.start < end && (bar.end ?? .max) > start {
      let isStale = bar.staleSince.map { $0 < end } ?? false
      return String(repeating: isStale ? "~" : "=", count: width(index))
    }
    return ""
  }

  private static func trimmed(_ text: String) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return text
  }
}
