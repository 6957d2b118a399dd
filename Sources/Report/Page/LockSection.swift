internal import Recording
internal import Text

/// What the lock validator knew and what it reported.
struct LockSection {
  private let record: RunRecord
  private let picture: LockPicture
  private let reports: [(event: RunEvent, fact: LockReportFact)]

  init(_ record: RunRecord) {
    self.record = record
    picture = LockPicture(record)
    reports = record.events.compactMap { event in
      if case .lockReport(let fact) = event.what { (event, fact) } else { nil }
    }
  }

  var isEmpty: Bool { reports.isEmpty }

  var elements: [Element] {
    var parts: [Element] = []
    for (event, fact) in reports {
      parts.append(
        .tag(
          "p", [.style("bad")], "\u{2717} \(fact.title)\(fact.lockClass.map { ": \($0)" } ?? "")"))
      var facts: [Element] = []
      func add(_ term: String, _ text: String) {
        facts += [.tag("dt", [], term), .tag("dd", [], text)]
      }
      add("who", "\(Words.describe(event.who)) \(fact.context ?? "")")
      if fact.usages.count == 2 {
        add("does not go together", "\(fact.usages[0]) and \(fact.usages[1])")
      }
      if !fact.path.isEmpty { add("path", fact.path.joined(separator: " \u{2192} ")) }
      add("holds", fact.held.isEmpty ? "nothing" : fact.held.joined(separator: ", "))
      parts.append(.tag("dl", [], facts))
    }
    parts.append(.tag("h3", [], "What each class was seen in"))
    parts.append(picture.letters)
    parts.append(
      .tag(
        "p", [.style("dim")],
        "- used in that interrupt, + held with it enabled, ? both, . neither; the function is the one that "
          + "took the lock when that was first seen."))
    for lockClass in picture.told.prefix(3) {
      for usage in lockClass.usages where picture.conflict(of: lockClass).contains(usage.name) {
        parts.append(
          .tag(
            "details", [],
            [
              .tag("summary", [], "\(lockClass.name) {\(usage.name)}: the stack"),
              .tag("pre", [.style("log"), .focusable], usage.stack.joined(separator: "\n")),
            ]))
      }
    }
    if let graph = picture.graph {
      parts.append(.tag("h3", [], "Orders in which locks were taken"))
      parts.append(graph.element)
    }
    return parts
  }
}
