internal import Recording
internal import Text

extension LockPicture {
  /// The classes with their four letters, and the orders in which they were taken, as text of at most
  /// 100 columns.
  public func lines(_ glyphs: Glyphs) -> [String] {
    var lines: [String] = []
    let told = told
    let width = min(max(told.map { $0.name.count }.max() ?? 0, 10) + 2, 40)
    lines.append("".padded(to: width) + "letters  hardirq         softirq")
    for lockClass in told {
      let name = Wrapping.shortened(lockClass.name, to: width - 1).padded(to: width)
      lines.append("\(name){\(lockClass.letters)}")
      let conflict = conflict(of: lockClass)
      for state in Self.states {
        for (usage, word) in [(state.used, "IN"), (state.enabled, "ON")] {
          guard let known = lockClass.usages.first(where: { $0.name == usage }) else { continue }
          let mark = conflict.contains(usage) ? " \(glyphs.cross)" : ""
          lines.append(
            Wrapping.shortened(
              "".padded(to: width) + "  \(glyphs.marker)\(word) \(state.title)  first seen in "
                + Self.taker(known.stack) + mark, to: Wrapping.width))
        }
      }
    }
    let closing = closing
    for order in orders + (closing.map { [$0] } ?? []) {
      let isClosing = order == closing
      let end = isClosing ? "  \(glyphs.cross) closes the circle" : ""
      lines.append(
        Wrapping.shortened(
          "\(order.from) \(glyphs.line)\(order.kinds.joined(separator: ","))\(glyphs.arrow) \(order.to)"
            + end, to: Wrapping.width))
    }
    for report in reports {
      let states =
        report.usages.count == 2
        ? ": \(report.usages[0]) and \(report.usages[1]) do not go together" : ""
      lines += Wrapping.lines(
        "\(glyphs.cross) \(report.title)\(report.lockClass.map { " of \($0)" } ?? "")\(states)",
        first: "", next: "  ")
    }
    return lines
  }
}
