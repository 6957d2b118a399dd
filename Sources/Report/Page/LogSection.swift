internal import KernelLog
internal import Recording
internal import Text
internal import VTdFormats

/// The kernel's log; each line has a place, and one whose cause the timeline shows links there.
struct LogSection {
  private let record: RunRecord
  /// Whether a line names its event, by which a page lights what belongs together.
  private let isLive: Bool
  /// In a live page: what a dump prints of each entry.
  private let printed: [(word: String, address: UInt64)]
  private static let limit = 4000

  init(_ record: RunRecord, isLive: Bool = false) {
    self.record = record
    self.isLive = isLive
    printed = isLive ? Self.printed(record) : []
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
            .tag("span", [.id("L\(number)"), .style(style)] + live(event, fact.text), line))
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

  private func live(_ event: RunEvent, _ text: String) -> [Element.Attribute] {
    var attributes: [Element.Attribute] = [
      .number("data-event", event.id), .number("data-step", event.step),
    ]
    if let shows = told(event) { attributes.append(.number("data-shows", shows)) }
    if let entry = entry(in: text) { attributes.append(.init("data-entry", Words.address(entry))) }
    return attributes
  }

  /// The address of the table entry whose value a line prints, as a dump of tables does.
  private func entry(in text: String) -> UInt64? {
    for each in printed where text.contains(each.word) { return each.address }
    return nil
  }

  /// The words of the entries that blocked requests went through, as the kernel prints them. A word
  /// that is zero tells no entry from another.
  private static func printed(_ record: RunRecord) -> [(word: String, address: UInt64)] {
    var words: [(word: String, address: UInt64)] = []
    for event in record.events {
      guard case .dma(let fact) = event.what, fact.given.result == .blocked else { continue }
      for step in fact.walk where words.count < 200 {
        guard let word = step.words.first, word != 0 else { continue }
        let text = "0x\(hex(word, digits: 16))"
        if !words.contains(where: { $0.word == text }) { words.append((text, step.address)) }
      }
    }
    return words
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
