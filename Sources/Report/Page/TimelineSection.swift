internal import Recording
internal import Text

/// The events of a run, a cause above what it led to. The boot is folded.
struct TimelineSection {
  private let record: RunRecord
  /// Whether an item names its event, by which a page goes from one to the next.
  private let isLive: Bool
  private static let limit = 1500

  init(_ record: RunRecord, isLive: Bool = false) {
    self.record = record
    self.isLive = isLive
  }

  var elements: [Element] {
    var boot: [Element] = []
    var steps: [Element] = []
    var left = 0
    for event in record.events {
      guard let item = item(event) else { continue }
      if event.step == 0 {
        if boot.count < Self.limit / 3 { boot.append(item) } else { left += 1 }
      } else if steps.count < Self.limit {
        steps.append(item)
      } else {
        left += 1
      }
    }
    var parts: [Element] = []
    if !boot.isEmpty {
      parts.append(
        .tag(
          "details", [.style("folded")],
          [
            .tag("summary", [], "The boot: \(counted(boot.count, "event"))"),
            .tag("ol", [.style("time")], boot),
          ]))
    }
    parts.append(.tag("ol", [.style("time")], steps))
    if left > 0 {
      parts.append(.tag("p", [.style("dim")], "\(left) further events are left out."))
    }
    return parts
  }

  private func item(_ event: RunEvent) -> Element? {
    if case .step = event.what {
      let step = record.step(event.step)
      return .tag(
        "li", [.style("step"), .id("step-\(event.step)")] + live(event, step),
        [
          .text("Step \(event.step) "),
          .tag("code", [], Wrapping.shortened(step?.text ?? "", to: 200)),
        ])
    }
    guard let text = EventText.describe(event, in: record) else { return nil }
    var style = "d\(min(record.depth(of: event), 5))"
    switch event.what {
    case .dma(let fact):
      if fact.given.result == .blocked { style += " bad" } else if fact.isStale { style += " old" }
    case .interruptRequest(let fact): if fact.given.result == .blocked { style += " bad" }
    case .lockReport, .death, .hang, .queueError: style += " bad"
    default: break
    }
    return .tag("li", [.style(style), .id("e\(event.id)")] + live(event, nil), text)
  }

  private func live(_ event: RunEvent, _ step: RunStep?) -> [Element.Attribute] {
    if !isLive { return [] }
    var attributes: [Element.Attribute] = [
      .number("data-event", event.id), .number("data-step", event.step),
    ]
    switch event.what {
    case .dma, .interruptRequest: attributes.append(.init("data-kind", "request"))
    default: break
    }
    if let step {
      attributes.append(.init("data-file", step.file))
      attributes.append(.number("data-line", step.line))
    }
    return attributes
  }
}
