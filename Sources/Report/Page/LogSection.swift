internal import KernelLog
internal import Recording
internal import Text

/// The kernel's log; each line has a place. The time of a line leads to its event in the timeline, where
/// that shows one, and its words to what they speak of.
struct LogSection {
  private let record: RunRecord
  /// Whether a line carries its event's number, by which a page highlights what belongs together.
  private let isLive: Bool
  private let places: LinePlaces
  private static let limit = 4000

  init(_ record: RunRecord, places: LinePlaces, isLive: Bool = false) {
    self.record = record
    self.places = places
    self.isLive = isLive
  }

  /// What the links of the lines mean, in one sentence.
  static let legend =
    "The time of a line leads to its event in the timeline, its words to what they speak of: a request's "
    + "way, its walk and where it stops, an entry of the tables, a lock."

  var element: Element {
    var places = places
    var content: [Element] = []
    var number = 0
    for event in record.lines {
      guard case .line(let fact) = event.what else { continue }
      let style: [Element.Attribute] = fact.level <= 4 ? [.style("hot")] : []
      let time = LogRecord.timestamp(event.microseconds)
      let parts =
        isLive
        ? [LinePart(text: fact.text, place: nil)]
        : places.parts(of: event, fact.text)
      for line in Self.lines(parts) {
        number += 1
        if number > Self.limit { continue }
        var attributes: [Element.Attribute] = [.id("L\(number)")] + style
        if isLive {
          attributes += live(event, fact.text)
          content.append(.tag("span", attributes, time + line.map { $0.text }.joined()))
        } else {
          content.append(.tag("span", attributes, linked(time, line, to: told(event))))
        }
        content.append(.text("\n"))
      }
    }
    if number > Self.limit { content.append(.text("\(number - Self.limit) further lines\n")) }
    return .tag("pre", [.style("log"), .focusable], content)
  }

  /// The lines of a record's text, which begins a new one at each newline.
  private static func lines(_ parts: [LinePart]) -> [[LinePart]] {
    var lines: [[LinePart]] = [[]]
    for part in parts {
      let pieces = part.text.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, piece) in pieces.enumerated() {
        if index > 0 { lines.append([]) }
        if !piece.isEmpty {
          lines[lines.count - 1].append(LinePart(text: String(piece), place: part.place))
        }
      }
    }
    return lines
  }

  /// A line whose time and words are links; leading blanks are not part of a link.
  private func linked(_ time: String, _ line: [LinePart], to event: Int?) -> [Element] {
    func link(_ text: String, _ place: String?, style: String? = nil) -> Element {
      guard let place, text.contains(where: { $0 != " " }) else { return .text(text) }
      return .tag("a", (style.map { [.style($0)] } ?? []) + [.place(place)], text)
    }
    let stamp = event.map { "e\($0)" }
    var content: [Element] = [link(String(time.dropLast()), stamp, style: "time"), .text(" ")]
    for part in line {
      let start = part.text.prefix { $0 == " " }
      if !start.isEmpty { content.append(.text(String(start))) }
      content.append(link(String(part.text.dropFirst(start.count)), part.place ?? stamp))
    }
    return content
  }

  private func live(_ event: RunEvent, _ text: String) -> [Element.Attribute] {
    var attributes: [Element.Attribute] = [
      .number("data-event", event.id), .number("data-step", event.step),
    ]
    if let shows = places.request(of: event, text) ?? told(event) {
      attributes.append(.number("data-shows", shows))
    }
    if let entry = places.entry(of: event, text) {
      attributes.append(.init("data-entry", Words.address(entry)))
    }
    return attributes
  }

  /// The nearest cause that the timeline shows.
  private func told(_ event: RunEvent) -> Int? {
    for cause in record.causes(of: event).dropFirst() {
      if case .step = cause.what { return nil }
      if EventText.describe(cause, in: record) != nil { return cause.id }
    }
    return nil
  }
}
