public import Recording
import Text

/// Pictures of locks: what each class was seen in, and in which order classes were taken.
public struct LockPicture {
  let classes: [RunLockClass]
  let dependencies: [RunLockDependency]
  /// What the validator reported.
  let reports: [LockReportFact]
  /// When states and orders were first seen, in order.
  let moments: [LockSighting]
  /// When each report came, by its place in ``reports``.
  let reportPlaces: [String]

  /// A picture of the locks of a run.
  ///
  /// - Parameters:
  ///   - classes: the classes.
  ///   - dependencies: the orders that the validator took in.
  ///   - reports: what it reported.
  ///   - moments: when states and orders were first seen, in order.
  ///   - reportPlaces: when, and by whom, each report came.
  public init(
    classes: [RunLockClass], dependencies: [RunLockDependency], reports: [LockReportFact],
    moments: [LockSighting], reportPlaces: [String]
  ) {
    self.classes = classes
    self.dependencies = dependencies
    self.reports = reports
    self.moments = moments
    self.reportPlaces = reportPlaces
  }

  /// A picture of the locks of a record.
  public init(_ record: RunRecord) {
    var reports: [LockReportFact] = []
    var places: [String] = []
    for event in record.events {
      guard case .lockReport(let fact) = event.what else { continue }
      reports.append(fact)
      places.append("\(Words.step(event.step)), \(Words.describe(event.who))")
    }
    self.init(
      classes: record.lockClasses, dependencies: record.lockDependencies, reports: reports,
      moments: LockSighting.all(of: record), reportPlaces: places)
  }

  /// When a class was first seen in a state.
  func moment(_ lockClass: RunLockClass, _ usage: String) -> LockSighting? {
    moments.first { $0.lockClass == lockClass.name && $0.usages.contains(usage) }
  }

  /// When and by which functions an order was first seen; for the order that closes a circle, when
  /// it was refused. Empty where that is not known.
  func origin(of order: RunLockDependency) -> String {
    if order == closing {
      return reports.firstIndex { $0.title.hasPrefix("possible circular") }
        .flatMap { reportPlaces.indices.contains($0) ? reportPlaces[$0] : nil } ?? ""
    }
    guard
      let moment = moments.first(where: { moment in
        moment.orders.contains { $0.from == order.from && $0.to == order.to }
      })
    else { return "" }
    let functions = moment.functions.joined(separator: " / ")
    return moment.place + (functions.isEmpty ? "" : ", \(functions)")
  }

  /// The classes that reports name; all of them where there is no report.
  var told: [RunLockClass] {
    var names: [String] = []
    for report in reports {
      if let name = report.lockClass { names.append(name) }
      names += report.path
    }
    if names.isEmpty { return classes }
    return classes.filter { names.contains($0.name) }
  }

  /// Whether there is neither a class nor a report.
  var isEmpty: Bool { classes.isEmpty && reports.isEmpty }

  /// The two usages of a report that do not go together.
  func conflict(of lockClass: RunLockClass) -> [String] {
    reports.first { $0.lockClass == lockClass.name }?.usages ?? []
  }

  /// The four states that the letters stand for, in order.
  static let states: [(used: String, enabled: String, title: String)] = [
    ("IN-HARDIRQ-W", "HARDIRQ-ON-W", "hardirq"),
    ("IN-HARDIRQ-R", "HARDIRQ-ON-R", "hardirq read"),
    ("IN-SOFTIRQ-W", "SOFTIRQ-ON-W", "softirq"),
    ("IN-SOFTIRQ-R", "SOFTIRQ-ON-R", "softirq read"),
  ]

  /// The function that took the lock, of a stack with the innermost function first.
  static func taker(_ stack: [String]) -> String {
    let inner = [
      "lock_acquire", "_raw_", "mark_", "__lock_acquire", "mutex_lock", "down_", "__mutex",
    ]
    for symbol in stack {
      let name = Words.function(symbol)
      if !inner.contains(where: { name.hasPrefix($0) }) { return name }
    }
    return stack.first.map(Words.function) ?? ""
  }

  /// The classes that the table of letters has.
  var shown: [RunLockClass] { Array(told.prefix(40)) }

  /// The name of a class's row in the table of letters.
  static func rowID(_ number: Int) -> String { "lock-class-\(number + 1)" }

  /// The letters as a table.
  var letters: Element {
    var head: [Element] = [.tag("th", [], "lock class"), .tag("th", [], "letters")]
    for state in Self.states { head.append(.tag("th", [], state.title)) }
    var rows: [Element] = [.tag("tr", [], head)]
    for (number, lockClass) in shown.enumerated() {
      let conflict = conflict(of: lockClass)
      var cells: [Element] = [
        .tag("td", [.style("m")], lockClass.name),
        .tag("td", [.style("m")], "{\(lockClass.letters)}"),
      ]
      for state in Self.states {
        cells.append(cell(lockClass, state.used, state.enabled, conflict))
      }
      rows.append(.tag("tr", [.id(Self.rowID(number))], cells))
    }
    return .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows)])
  }

  private func cell(
    _ lockClass: RunLockClass, _ used: String, _ enabled: String, _ conflict: [String]
  ) -> Element {
    var parts: [Element] = []
    var isBad = false
    for (name, words) in [(used, "\u{25C4} IN"), (enabled, "\u{25C4} ON")] {
      guard let usage = lockClass.usages.first(where: { $0.name == name }) else { continue }
      if conflict.contains(name) { isBad = true }
      parts.append(.text("\(words) \(Self.taker(usage.stack))"))
      if let place = moment(lockClass, name)?.place {
        parts.append(.tag("span", [.style("dim")], place))
      }
    }
    if isBad { parts.append(.text("\u{2717} these do not go together")) }
    return .tag("td", [.style(isBad ? "m stop" : "m")], parts.joined(by: .tag("br")))
  }

  /// The order that would close a circle, which the validator refused; nil where it found none.
  var closing: RunLockDependency? {
    for report in reports where report.title.hasPrefix("possible circular") {
      guard let first = report.path.first, let last = report.path.last, first != last else {
        continue
      }
      return RunLockDependency(from: first, to: last, kinds: [])
    }
    return nil
  }

  /// The orders between the classes of a report, or those of its one class; without a report, the
  /// first orders that were seen.
  var orders: [RunLockDependency] {
    if reports.isEmpty { return Array(dependencies.prefix(12)) }
    let path = Set(reports.flatMap { $0.path })
    let among = dependencies.filter { path.contains($0.from) && path.contains($0.to) }
    if !among.isEmpty { return Array(among.prefix(12)) }
    let names = Set(reports.compactMap { $0.lockClass })
    return Array(
      dependencies.filter { names.contains($0.from) || names.contains($0.to) }.prefix(12))
  }

  /// The graph: classes as boxes in a row, orders as arrows above and below.
  var graph: Drawing? {
    let closing = closing
    let orders = orders + (closing.map { [$0] } ?? [])
    if orders.isEmpty { return nil }
    var names: [String] = []
    for order in orders {
      for name in [order.from, order.to] where !names.contains(name) { names.append(name) }
    }
    var picture = Drawing(
      "\(counted(orders.count, "order")) in which "
        + "\(counted(names.count, "lock class", many: "lock classes")) were taken")
    var y = 8
    for order in orders {
      let isClosing = order == closing
      let style = isClosing ? "stop" : "wire"
      let left = max(210, Int(Double(order.from.count) * Drawing.characterWidth) + 24)
      picture.box(4, y, left, 28, isClosing ? "stopbox" : "cell")
      picture.text(16, y + 19, order.from, "b")
      picture.arrow(left + 4, y + 14, left + 114, y + 14, style)
      picture.text(left + 58, y + 9, order.kinds.joined(separator: " "), "dim s", "middle")
      let right = max(210, Int(Double(order.to.count) * Drawing.characterWidth) + 24)
      picture.box(left + 116, y, right, 28, isClosing ? "stopbox" : "cell")
      picture.text(left + 128, y + 19, order.to, "b")
      let origin = origin(of: order)
      if isClosing {
        let place = origin.isEmpty ? "" : ": \(origin)"
        picture.text(left + 124 + right, y + 19, "closes the circle\(place)", "bad b")
      } else if !origin.isEmpty {
        picture.text(left + 124 + right, y + 19, "first: \(origin)", "dim")
      }
      y += 38
    }
    return picture
  }
}
