internal import Recording
internal import Text

extension LockPicture {
  /// The classes with their letters as they came about, and the orders in which they were taken, as text of
  /// at most 100 columns.
  public func lines(_ glyphs: Glyphs) -> [String] {
    var lines: [String] = []
    for lockClass in told { lines += letters(of: lockClass, glyphs) }
    let closing = closing
    for order in orders + (closing.map { [$0] } ?? []) {
      let isClosing = order == closing
      let end = isClosing ? "  \(glyphs.cross) closes the circle" : ""
      lines.append(
        Wrapping.shortened(
          "\(order.from) \(glyphs.line)\(order.kinds.joined(separator: ","))\(glyphs.arrow) \(order.to)"
            + end, to: Wrapping.width))
      let origin = origin(of: order)
      if !origin.isEmpty {
        lines += Wrapping.lines(
          "\(isClosing ? "refused" : "first seen"): \(origin)", first: "    ", next: "      ")
      }
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

  /// A class with a row for each moment at which a letter changed: when, in what, the letters since then,
  /// which state was new, who took it.
  private func letters(of lockClass: RunLockClass, _ glyphs: Glyphs) -> [String] {
    let title = Wrapping.shortened(lockClass.name, to: Wrapping.width - 10)
    let head = "\(title) {\(lockClass.letters)}"
    let known = Set(lockClass.usages.map { $0.name })
    let states = Self.states.filter { known.contains($0.used) || known.contains($0.enabled) }
    if states.isEmpty { return [head] }
    let conflict = conflict(of: lockClass)
    var seen: Set<String> = []
    var rows = [["  ", "", "", ""] + states.map { $0.title } + [""]]
    func add(_ new: [String], when: String, time: String, context: String, who: String) {
      seen.formUnion(new)
      var row = ["  " + when, time, context, ""]
      for state in states {
        let isBad =
          (new.contains(state.used) && conflict.contains(state.used))
          || (new.contains(state.enabled) && conflict.contains(state.enabled))
        var cell = Self.letter(seen.contains(state.used), seen.contains(state.enabled))
        if new.contains(state.used) { cell += " \(glyphs.marker)IN" }
        if new.contains(state.enabled) { cell += " \(glyphs.marker)ON" }
        row.append(cell + (isBad ? " \(glyphs.cross)" : ""))
      }
      rows.append(row + [who])
    }
    for moment in moments where moment.lockClass == lockClass.name {
      let new = moment.usages.filter { known.contains($0) && !seen.contains($0) }
      if new.isEmpty { continue }
      // A lock program has no clock and no functions; `who` already names its context.
      let function = moment.time == nil ? "" : taker(of: new[0], lockClass)
      add(
        new, when: moment.when, time: moment.time ?? "", context: moment.context,
        who: moment.who + (function.isEmpty ? "" : " in \(function)"))
    }
    for usage in lockClass.usages where !seen.contains(usage.name) {
      let isLetter = states.contains { $0.used == usage.name || $0.enabled == usage.name }
      if !isLetter { continue }
      add([usage.name], when: "", time: "", context: "", who: "in \(Self.taker(usage.stack))")
    }
    return [head] + ColumnText.lines(rows, width: Wrapping.width)
  }

  private func taker(of usage: String, _ lockClass: RunLockClass) -> String {
    lockClass.usages.first { $0.name == usage }.map { Self.taker($0.stack) } ?? ""
  }

  private static func letter(_ isUsed: Bool, _ isEnabled: Bool) -> String {
    switch (isUsed, isEnabled) {
    case (true, true): "?"
    case (true, false): "-"
    case (false, true): "+"
    case (false, false): "."
    }
  }
}
