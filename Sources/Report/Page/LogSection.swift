internal import KernelLog
internal import Recording
internal import Text

/// The kernel's log; each line has a place, and one whose cause the timeline shows links there.
struct LogSection {
  private let record: RunRecord
  /// Whether a line names its event, by which a page lights what belongs together.
  private let isLive: Bool
  private static let limit = 4000

  init(_ record: RunRecord, isLive: Bool = false) {
    self.record = record
    self.isLive = isLive
  }

  var element: Element {
    var content: [Element] = []
    var number = 0
    for event in record.lines {
      guard case .line(let fact) = event.what else { continue }
      let level = LogLevel(rawValue: UInt8(clamping: fact.level)) ?? .info
      let lines = LogRecord(level: level, microseconds: event.microseconds, text: fact.text).lines()
      for line in lines {
        number += 1
        if number > Self.limit { continue }
        let style = fact.level <= 4 ? "hot" : ""
        if isLive {
          content.append(
            .tag("span", [.id("L\(number)"), .style(style)] + live(event), line))
        } else if let cause = told(event) {
          content.append(.tag("a", [.id("L\(number)"), .place("e\(cause)"), .style(style)], line))
        } else {
          content.append(.tag("span", [.id("L\(number)"), .style(style)], line))
        }
        content.append(.text("\n"))
      }
    }
    if number > Self.limit { content.append(.text("\(number - Self.limit) further lines\n")) }
    return .tag("pre", [.style("log"), .focusable], content)
  }

  private func live(_ event: RunEvent) -> [Element.Attribute] {
    var attributes: [Element.Attribute] = [
      .number("data-event", event.id), .number("data-step", event.step),
    ]
    if let shows = told(event) { attributes.append(.number("data-shows", shows)) }
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
