internal import Recording
internal import Text

/// What a cache gave against what the tables say, over the steps from the fill to the request.
struct CacheSection {
  private let record: RunRecord
  private let event: RunEvent
  /// The event of the fill, and of the change that the cache has not heard of.
  private let fill: Int?
  private let change: Int?
  /// What was asked, what the cache made of it, and what the tables would have.
  private let (headline, given, tables): (String, String, String)
  /// The cache, where the record does not tell which entry it was.
  private let likelyCache: String

  init(_ record: RunRecord, _ event: RunEvent, _ fact: DMAFact) {
    (self.record, self.event) = (record, event)
    (fill, change) = (fact.filledBy, fact.staleSince)
    headline = Words.headline(fact)
    given = Words.describe(fact.given)
    tables = Words.say(fact.tables)
    likelyCache = fact.usesDeviceTLB ? "TLB of \(fact.device)" : "IOTLB of \(fact.unit)"
  }

  init(_ record: RunRecord, _ event: RunEvent, _ fact: InterruptFact) {
    (self.record, self.event) = (record, event)
    (fill, change) = (fact.filledBy, fact.staleSince)
    headline = "\(Words.sender(fact.way, fact.device)) sends an interrupt"
    given = Words.describe(fact.given)
    tables = Words.describe(fact.tables)
    likelyCache = "interrupt-entry cache of \(fact.unit)"
  }

  /// What the cache took in.
  private var filled: CacheFact? {
    guard let fill, record.events.indices.contains(fill),
      case .cache(let fact) = record.events[fill].what
    else { return nil }
    return fact
  }

  var elements: [Element] {
    let cache = filled.map(Words.cache) ?? likelyCache
    return [
      .tag("h3", [], "Caches against tables"),
      .tag(
        "p", [],
        "The request went by what was remembered. The tables in memory say: \(tables). "
          + cure),
      .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows(cache))]),
    ]
  }

  /// What would have made the request go by the tables, in one sentence.
  var cure: String {
    let what =
      switch filled?.cache {
      case .context: "An invalidation of the context cache, and behind it of the IOTLB,"
      case .pasid: "An invalidation of the PASID cache, and behind it of the IOTLB,"
      case .pagingStructure: "An invalidation of the IOTLB that leaves no tables (IH clear)"
      case .interruptEntry: "An invalidation of the interrupt entry"
      case .deviceTLB: "An invalidation of the device's TLB"
      case .iotlb, nil: "An invalidation"
      }
    let from = change.flatMap(record.stepNumber).map { $0 == 0 ? " in the boot" : " in step \($0)" }
    return
      "\(what) between the change\(from ?? "") and the request in step \(event.step) would have "
      + "made them agree."
  }

  private func rows(_ cache: String) -> [Element] {
    var rows: [Element] = [
      .tag(
        "tr", [], ["step", "what happens", cache, "tables in memory"].map { .tag("th", [], $0) })
    ]
    var held = "empty"
    var memory = ""
    var isStale = false
    for earlier in record.events[...event.id] {
      var text: String?
      if earlier.id == fill, let fact = filled {
        held = "\(Words.key(fact)) \u{2192} \(Words.content(fact))"
        memory = "the same"
        text = "it is cached"
      } else if earlier.id == change, case .memory(let fact) = earlier.what {
        text = "memory changes at \(Words.address(fact.address))"
        memory = "\(Words.address(fact.old)) \u{2192} \(Words.address(fact.new))"
        isStale = true
      } else if earlier.id == event.id {
        text = "\(headline): \(given)"
        memory = tables
      } else if earlier.id > fill ?? .max {
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
            .tag("td", [.style("m")], memory),
          ]))
    }
    return rows
  }
}
