public import Diagnosis
internal import LogReading
internal import Text

/// An explanation as elements: verdicts, their evidence with the log's lines beside, decoded tables,
/// when each incident was seen.
public struct ExplanationSection {
  private let explanation: Explanation
  /// The id on this page of a line of the log; nil where the page does not show the log.
  private let anchor: ((Int) -> String)?
  /// The text of a line of the log, where it is known.
  private let line: (LogPlace) -> String?

  /// How many incidents are shown in full, and how many in one line each; the rest are only
  /// counted.
  private static let wholeLimit = 150
  private static let rowLimit = 4000

  /// For a page that shows the log too: evidence links to the log's lines.
  init(_ explanation: Explanation, log anchor: @escaping (Int) -> String) {
    self.explanation = explanation
    self.anchor = anchor
    line = { _ in nil }
  }

  /// For a page that shows the explanation only: evidence quotes the log's lines.
  init(_ explanation: Explanation, line: @escaping (LogPlace) -> String?) {
    self.explanation = explanation
    anchor = nil
    self.line = line
  }

  /// Whether the explanation has nothing to show.
  static func isEmpty(_ explanation: Explanation) -> Bool {
    explanation.faults.isEmpty && explanation.findings.isEmpty && explanation.splats.isEmpty
      && explanation.dumps.isEmpty
  }

  var elements: [Element] {
    var parts: [Element] = []
    let incidents = explanation.incidents
    if incidents.count > 1 {
      if let picture = seen(Array(incidents.prefix(24))) {
        parts.append(.tag("h3", [], "When"))
        parts.append(picture.element)
      }
    }
    for (number, incident) in incidents.prefix(Self.wholeLimit).enumerated() {
      parts += self.incident(incident, number: number + 1)
    }
    parts += folded(Array(incidents.dropFirst(Self.wholeLimit)))
    for finding in explanation.findings.prefix(Self.wholeLimit) {
      let title = finding.id == finding.cause.rawValue ? "log-wide" : "message: \(finding.id)"
      parts.append(.tag("h3", [], title))
      parts += body(finding)
    }
    for splat in explanation.splats.prefix(Self.wholeLimit) { parts += self.splat(splat) }
    for dump in explanation.dumps.prefix(Self.wholeLimit) {
      parts.append(.tag("h3", [], "a table dump without its fault record"))
      parts.append(decoded(dump.decoded))
    }
    if !explanation.remarks.isEmpty {
      parts.append(.tag("h3", [], "also"))
      for remark in explanation.remarks.prefix(200) { parts.append(evidence(remark)) }
    }
    return parts
  }

  // MARK: An incident

  private func incident(_ incident: [Explanation.Fault], number: Int) -> [Element] {
    guard let first = incident.first else { return [] }
    var parts: [Element] = [
      .tag(
        "h3", [.id("incident-\(number)")], ExplanationText.title(incident.map { $0.group }))
    ]
    if let verdict = first.verdict {
      let isSerious = verdict.severity == .serious
      parts.append(
        .tag(
          "div", [.style(isSerious ? "verdict" : "verdict ok")],
          [
            .tag(
              "p", [],
              [.tag("strong", [], "\(verdict.severity.rawValue): "), .text(verdict.verdict)]),
            .tag(
              "p", [.style("dim")],
              verdict.cause == .unknown
                ? "open: the log does not decide" : "\(verdict.certainty), \(verdict.confidence) %"),
          ]))
    }
    var facts: [Element] = []
    func add(_ term: String, _ text: String) {
      if !text.isEmpty { facts += [.tag("dt", [], term), .tag("dd", [], text)] }
    }
    add("device", first.deviceWords)
    let count = incident.map { $0.group.count }.reduce(0, +)
    add("seen", count == 1 ? "once" : "\(count) times")
    add("blame", first.verdict?.culprit ?? "")
    if let advice = first.advice {
      add("danger", advice.danger)
      for workaround in advice.workarounds {
        add("work-around", "\(workaround.rawValue): \(workaround.price)")
      }
      for text in advice.history { add("kernels", text) }
    }
    for text in first.verdict?.next ?? [] { add("next", text) }
    add("missing", (first.verdict?.missing ?? []).joined(separator: "; "))
    parts.append(.tag("dl", [], facts))
    var why = first.verdict?.why ?? []
    why.append(Finding.Evidence("the record itself", [first.group.first]))
    for reason in why { parts.append(evidence(reason)) }
    for contradiction in first.contradictions {
      parts.append(
        evidence(Finding.Evidence("beware: " + contradiction.text, contradiction.places)))
    }
    parts.append(decoded(first.decoded))
    let others = first.findings.dropFirst().filter { $0.confidence >= 10 }.prefix(3)
    for other in others {
      parts.append(.tag("p", [.style("dim")], "or, \(other.certainty): \(other.verdict)"))
    }
    return parts
  }

  private func body(_ finding: Finding) -> [Element] {
    let style = finding.severity == .serious ? "verdict" : "verdict ok"
    var parts: [Element] = [
      .tag(
        "div", [.style(style)],
        [
          .tag(
            "p", [],
            [.tag("strong", [], "\(finding.severity.rawValue): "), .text(finding.verdict)])
        ])
    ]
    for reason in finding.why { parts.append(evidence(reason)) }
    for next in finding.next { parts.append(.tag("p", [], "next: \(next)")) }
    return parts
  }

  /// A reason with the lines that it rests on.
  private func evidence(_ evidence: Finding.Evidence) -> Element {
    var content: [Element] = [.text(evidence.text)]
    var lines: [Element] = []
    for place in evidence.places.sorted().prefix(4) where place.line != LogPlace.wholeFile {
      if let anchor {
        content.append(.text(" "))
        content.append(.tag("a", [.place(anchor(place.line))], "line \(place.line)"))
      } else {
        let text = line(place).map { Wrapping.shortened($0, to: 300) } ?? ""
        lines.append(.text("\(name(place))\(place.line): \(text)\n"))
      }
    }
    var parts: [Element] = [.tag("p", [], content)]
    if !lines.isEmpty { parts.append(.tag("pre", [.style("log"), .focusable], lines)) }
    return .group(parts)
  }

  private func name(_ place: LogPlace) -> String {
    let files = explanation.contents.files
    return files.count > 1 && files.indices.contains(place.file) ? "\(files[place.file]):" : ""
  }

  private func decoded(_ values: [(place: LogPlace, text: String)]) -> Element {
    if values.isEmpty { return .group([]) }
    var rows: [Element] = []
    for value in values.prefix(24) {
      rows.append(
        .tag(
          "tr", [],
          [
            .tag("td", [.style("m dim")], "\(name(value.place))\(value.place.line)"),
            .tag("td", [.style("m")], value.text),
          ]))
    }
    return .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows)])
  }

  private func splat(_ splat: SplatExplanation) -> [Element] {
    var facts: [Element] = []
    func add(_ term: String, _ text: String) {
      if !text.isEmpty { facts += [.tag("dt", [], term), .tag("dd", [], text)] }
    }
    add("title", splat.title)
    add("kernel", splat.splat.kernel)
    add("task", splat.splat.task)
    if let wanted = splat.splat.wanted { add("lock", "\(wanted.name) {\(wanted.usage)}") }
    for held in splat.splat.held { add("holds", "\(held.name) {\(held.usage)}") }
    for line in splat.story { add("who", line) }
    add("beware", splat.corruption ?? "")
    var content: [Element] = [
      .tag("h3", [], "lock report: \(splat.splat.kind.rawValue)"),
      .tag(
        "div", [.style("verdict")],
        [
          .tag("p", [], [.tag("strong", [], "rule: "), .text(splat.meaning)]),
          .tag("p", [], [.tag("strong", [], "cure: "), .text(splat.cure)]),
        ]),
      .tag("dl", [], facts),
      evidence(Finding.Evidence("the report", [splat.place])),
    ]
    if !splat.splat.stack.isEmpty {
      content.append(
        .tag(
          "details", [],
          [
            .tag("summary", [], "the stack"),
            .tag(
              "pre", [.style("log"), .focusable],
              splat.splat.stack.prefix(60).joined(separator: "\n")),
          ]))
    }
    return content
  }

  // MARK: Many incidents

  /// The incidents that are not shown in full: a line each, and then counts by cause.
  private func folded(_ incidents: [[Explanation.Fault]]) -> [Element] {
    if incidents.isEmpty { return [] }
    var rows: [Element] = []
    var counts: [(String, Int)] = []
    var places: [String: Int] = [:]
    for (number, incident) in incidents.enumerated() {
      guard let first = incident.first else { continue }
      let cause = first.verdict?.cause.rawValue ?? "open"
      if number < Self.rowLimit {
        let count = incident.map { $0.group.count }.reduce(0, +)
        rows.append(
          .tag(
            "tr", [],
            [
              .tag("td", [.style("m")], "\(first.group.first.line)"),
              .tag("td", [], ExplanationText.title(incident.map { $0.group })),
              .tag("td", [], "\(count)"), .tag("td", [], cause),
            ]))
      } else if let place = places[cause] {
        counts[place].1 += 1
      } else {
        places[cause] = counts.count
        counts.append((cause, 1))
      }
    }
    var parts: [Element] = [
      .tag(
        "details", [.style("folded")],
        [
          .tag("summary", [], "\(counted(incidents.count, "further incident"))"),
          .tag(
            "div", [.style("scroll"), .focusable],
            [
              .tag(
                "table", [],
                [
                  .tag(
                    "tr", [],
                    [
                      .tag("th", [], "line"), .tag("th", [], "incident"),
                      .tag("th", [], "records"), .tag("th", [], "cause"),
                    ])
                ] + rows)
            ]),
        ])
    ]
    for (cause, count) in counts {
      parts.append(.tag("p", [.style("dim")], "\(count) more, cause \(cause)"))
    }
    return parts
  }

  /// When each incident was seen, on one line of time.
  private func seen(_ incidents: [[Explanation.Fault]]) -> Drawing? {
    var rows: [(title: String, times: [UInt64])] = []
    for incident in incidents {
      var times: [UInt64] = []
      for fault in incident {
        for sighting in fault.group.sightings {
          if let up = sighting.time?.uptime { times.append(up) }
        }
        if let last = fault.group.lastTime?.uptime { times.append(last) }
      }
      if times.isEmpty { continue }
      rows.append((ExplanationText.title(incident.map { $0.group }), times))
    }
    guard rows.count > 1, let low = rows.flatMap({ $0.times }).min(),
      let high = rows.flatMap({ $0.times }).max()
    else { return nil }
    var picture = Drawing("When each incident was seen")
    let span = max(high - low, 1)
    let width = 420.0
    for (row, each) in rows.enumerated() {
      let y = 14 + row * 22
      picture.line(4, y, 4 + Int(width), y, "wire")
      for time in Set(each.times).sorted() {
        let x = 4 + Int(Double(time - low) / Double(span) * width)
        picture.box(x - 3, y - 6, 6, 12, "t-l1")
      }
      picture.text(20 + Int(width), y + 4, Wrapping.shortened(each.title, to: 80), "")
    }
    let bottom = 14 + rows.count * 22 + 6
    picture.text(4, bottom, Self.seconds(low), "dim s")
    picture.text(4 + Int(width), bottom, Self.seconds(high), "dim s", "end")
    return picture
  }

  private static func seconds(_ microseconds: UInt64) -> String {
    "\(microseconds / 1_000_000).\(String(microseconds % 1_000_000 / 1000).aligned(to: 3, with: "0")) s"
  }
}

/// The page of an explanation.
public enum ExplanationPage {
  /// The page of a log: what it means, by incidents, with the lines that each rests on.
  ///
  /// - Parameters:
  ///   - explanation: what is drawn.
  ///   - producer: what made the page: program and version.
  ///   - line: the text of a line of the log, where it can still be read.
  public static func html(
    _ explanation: Explanation, producer: String, line: @escaping (LogPlace) -> String?
  ) -> String {
    let files = explanation.contents.files.prefix(20).joined(separator: ", ")
    let content: [Element] =
      [
        .tag("p", [.style("dim")], "dmar explain of \(files)"),
        .tag("h1", [], title(explanation)), .tag("p", [], about(explanation)),
        .tag("h2", [], "What it means"),
      ] + ExplanationSection(explanation, line: line).elements
    let foot = Element.tag(
      "footer", [],
      "Made by \(producer). A verdict is a judgement from the log alone: its evidence stands below it."
    )
    return Document.html(title: "dmar explain", [.tag("main", [], content), foot])
  }

  /// The explanation for a place of another page, which has a heading of its own.
  ///
  /// - Parameters:
  ///   - explanation: what is drawn.
  ///   - line: the text of a line of the log, where it is known.
  public static func fragment(
    _ explanation: Explanation, line: @escaping (LogPlace) -> String?
  ) -> String {
    let body: [Element] =
      [.tag("h2", [], title(explanation)), .tag("p", [], about(explanation))]
      + ExplanationSection(explanation, line: line).elements
    return Element.group(body).markup
  }

  /// What the log holds, in one line.
  private static func title(_ explanation: Explanation) -> String {
    let contents = explanation.contents
    let count = contents.faults.map { $0.count }.reduce(0, +) + contents.faultsNotKept
    let incidents = explanation.incidentCount
    var title = count == 0 ? "No fault record" : "\(count) fault record\(count == 1 ? "" : "s")"
    if incidents > 0 { title += ", \(incidents) incident\(incidents == 1 ? "" : "s")" }
    let splats = explanation.splats.count
    if splats > 0 { title += ", \(splats) lock report\(splats == 1 ? "" : "s")" }
    if let severity = explanation.severity { title += ": \(severity.rawValue)" }
    return title
  }

  /// Kernel and machine, as far as the log names them.
  private static func about(_ explanation: Explanation) -> String {
    let contents = explanation.contents
    var about: [String] = []
    if let kernel = contents.kernels.last { about.append("kernel \(kernel.value)") }
    if let machine = contents.machines.last { about.append(machine.value) }
    return about.joined(separator: "; ")
  }
}
