internal import Recording
internal import Text

/// What the lock validator knew and what it reported.
struct LockSection {
  private let picture: LockPicture
  private let reports: [(event: RunEvent, fact: LockReportFact)]

  init(_ record: RunRecord) {
    picture = LockPicture(record)
    reports = record.events.compactMap { event in
      if case .lockReport(let fact) = event.what { (event, fact) } else { nil }
    }
  }

  var isEmpty: Bool { reports.isEmpty }

  var elements: [Element] {
    var parts: [Element] = []
    for (number, (event, fact)) in reports.enumerated() {
      parts.append(
        .tag(
          "p", [.id(Self.reportID(number)), .style("bad")],
          "\u{2717} \(fact.title)\(fact.lockClass.map { ": \($0)" } ?? "")"))
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
    for (number, (lockClass, usage)) in stacks.enumerated() {
      parts.append(
        .tag(
          "details", [.id(Self.stackID(number))],
          [
            .tag("summary", [], "\(lockClass) {\(usage.name)}: the stack"),
            .tag("pre", [.style("log"), .focusable], usage.stack.joined(separator: "\n")),
          ]))
    }
    if let graph = picture.graph {
      parts.append(.tag("h3", [.id(Self.ordersID)], "Orders in which locks were taken"))
      parts.append(graph.element)
    }
    return parts
  }

  /// The stacks by which the states came about that do not go together.
  private var stacks: [(lockClass: String, usage: RunLockClass.Usage)] {
    var stacks: [(lockClass: String, usage: RunLockClass.Usage)] = []
    for lockClass in picture.told.prefix(3) {
      let conflict = picture.conflict(of: lockClass)
      for usage in lockClass.usages where conflict.contains(usage.name) {
        stacks.append((lockClass.name, usage))
      }
    }
    return stacks
  }

  // MARK: Places

  private static let ordersID = "lock-orders"
  private static func reportID(_ number: Int) -> String { "lock-report-\(number + 1)" }
  private static func stackID(_ number: Int) -> String { "lock-stack-\(number + 1)" }

  /// The place of a report, by its number from 0 on.
  func place(ofReport number: Int) -> String? {
    reports.indices.contains(number) ? Self.reportID(number) : nil
  }

  /// The place of the letters of a class that a line names as reports do, `(&k->k_lock){?.+.}`.
  func place(ofClassIn line: Substring) -> String? {
    picture.shown.firstIndex { line.contains("(\($0.name)){") }.map(LockPicture.rowID)
  }

  /// The place of the stack by which the class of a report came into a state.
  func place(ofStack usage: String, report number: Int) -> String? {
    guard reports.indices.contains(number), let lockClass = reports[number].fact.lockClass else {
      return nil
    }
    return stacks.firstIndex { $0.lockClass == lockClass && $0.usage.name == usage }
      .map(Self.stackID)
  }

  /// The place of the graph; nil where there is none.
  var placeOfOrders: String? { picture.graph == nil ? nil : Self.ordersID }
}
