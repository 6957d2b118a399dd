internal import Recording
internal import Text

/// What the caches gave against what the tables say, over the steps from the fill to the request.
struct CacheSection {
  let record: RunRecord
  let event: RunEvent
  let fact: DMAFact

  var elements: [Element] {
    var rows: [Element] = [
      .tag(
        "tr", [],
        [
          .tag("th", [], "step"), .tag("th", [], "what happens"),
          .tag("th", [], fact.usesDeviceTLB ? "TLB of \(fact.device)" : "IOTLB of \(fact.unit)"),
        ])
    ]
    var held = "empty"
    var isStale = false
    for earlier in record.events[...event.id] {
      var text: String?
      if earlier.id == fact.filledBy, case .cache(let cache) = earlier.what {
        held =
          "\(Words.address(cache.address)) \u{2192} \(Words.address(cache.target)) \(cache.permissions)"
        text = "the translation is cached"
      } else if earlier.id == fact.staleSince, case .memory(let memory) = earlier.what {
        text =
          "memory at \(Words.address(memory.address)): \(Words.address(memory.old)) \u{2192} "
          + Words.address(memory.new)
        isStale = true
      } else if earlier.id == event.id {
        text = Words.headline(fact) + ": " + Words.describe(fact.given)
      } else if earlier.id > fact.filledBy ?? .max {
        switch earlier.what {
        case .command, .cache: text = EventText.describe(earlier, in: record)
        default: break
        }
      }
      guard let text else { continue }
      rows.append(
        .tag(
          "tr", [],
          [
            .tag("td", [.style("m")], earlier.step == 0 ? "boot" : "\(earlier.step)"),
            .tag("td", [.style("m")], text),
            .tag(
              "td", [.style(isStale ? "m stale" : "m")], held + (isStale ? " \u{25C4} STALE" : "")),
          ]))
    }
    return [
      .tag("h3", [], "Caches against tables"),
      .tag(
        "p", [],
        "The request went by what was remembered. The tables in memory say: \(Words.say(fact.tables)). "
          + "An invalidation between the change and the request would have made them agree."),
      .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows)]),
    ]
  }
}
