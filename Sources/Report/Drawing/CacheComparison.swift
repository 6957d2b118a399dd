internal import Recording
internal import Text

/// Compares a cache with the tables in memory, step by step from the fill to a request that used a
/// stale entry. Text, page and picture draw the cells of this comparison.
struct CacheComparison {
  /// What happens at one moment, and what cache and tables say then.
  struct Row: Equatable {
    /// `boot` or the step's number.
    let step: String
    let what: String
    /// What the cache holds, with a mark where that is stale.
    let held: String
    /// What the tables in memory say; empty where nothing new.
    let tables: String
    /// Whether the cache holds what the tables no longer say.
    let isStale: Bool

    /// What stands in the four columns.
    var cells: [String] { [step, what, held, tables] }
  }

  private let record: RunRecord
  private let event: RunEvent
  /// The event that filled the cache, and the change of memory after which it was not invalidated.
  private let fill: Int?
  private let change: Int?
  /// The request, the answer that the cache gave, and the answer that the tables would have given.
  private let (headline, given): (String, String)
  let tables: String
  /// The entries that the walk of the tables reads.
  private let walk: [WalkFact]
  /// The name of the likely cache, for a record that does not say which entry was stale.
  private let likelyCache: String

  init(_ record: RunRecord, _ event: RunEvent, _ fact: DMAFact) {
    (self.record, self.event) = (record, event)
    (fill, change) = (fact.filledBy, fact.staleSince)
    headline = Words.headline(fact)
    given = Words.describe(fact.given)
    tables = Words.say(fact.tables)
    walk = fact.walk
    likelyCache = fact.usesDeviceTLB ? "TLB of \(fact.device)" : "IOTLB of \(fact.unit)"
  }

  init(_ record: RunRecord, _ event: RunEvent, _ fact: InterruptFact) {
    (self.record, self.event) = (record, event)
    (fill, change) = (fact.filledBy, fact.staleSince)
    headline = "\(Words.sender(fact.way, fact.device)) sends an interrupt"
    given = Words.describe(fact.given)
    tables = Words.describe(fact.tables)
    walk = fact.walk
    likelyCache = "interrupt-entry cache of \(fact.unit)"
  }

  /// The comparison for a request that used a stale cache entry; nil for any other event.
  init?(_ record: RunRecord, _ event: RunEvent) {
    switch event.what {
    case .dma(let fact) where fact.isStale: self.init(record, event, fact)
    case .interruptRequest(let fact) where fact.isStale: self.init(record, event, fact)
    default: return nil
    }
  }

  /// The contents of the entry that the cache was filled with.
  private var filled: CacheFact? {
    guard let fill, record.events.indices.contains(fill),
      case .cache(let fact) = record.events[fill].what
    else { return nil }
    return fact
  }

  /// The titles of the four columns.
  var head: [String] {
    ["step", "what happens", filled.map(Words.cache) ?? likelyCache, "tables in memory"]
  }

  /// The invalidation that would have made the request use the tables, in one sentence.
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

  /// The rows, in the characters of pages unless others are given.
  ///
  /// - Parameters:
  ///   - arrow: what stands between what is asked and what is answered.
  ///   - marker: what stands before the word for stale.
  func rows(arrow: String = "\u{2192}", marker: String = Glyphs.unicode.marker) -> [Row] {
    var rows: [Row] = []
    var held = "empty"
    var memory = ""
    var isStale = false
    for earlier in record.events[...event.id] {
      var text: String?
      if earlier.id == fill, let fact = filled {
        held = "\(Words.key(fact)) \(arrow) \(Words.content(fact))"
        memory = "the same"
        text = "it is cached"
      } else if earlier.id == change, case .memory(let fact) = earlier.what {
        text = "memory changes at \(Words.address(fact.address))"
        memory = "\(Words.address(fact.old)) \(arrow) \(Words.address(fact.new))"
        if let name = entry(at: fact.address) { memory = "\(name): \(memory)" }
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
        Row(
          step: earlier.step == 0 ? "boot" : "\(earlier.step)", what: text,
          held: isStale ? "\(held) \(marker) STALE" : held, tables: memory, isStale: isStale))
    }
    return rows
  }

  /// The entry of the walk that lies at an address.
  private func entry(at address: UInt64) -> String? {
    walk.first { $0.address == address }.map(WalkDrawing.indexedName)
  }
}

extension CacheComparison {
  /// The greatest width of the picture in characters.
  private static let width = 120

  /// The comparison as a picture.
  var drawing: Drawing {
    var picture = Drawing("Caches against tables: the steps from the fill to the request")
    let rows = rows()
    let cells = [head] + rows.map { $0.cells }
    let widths = ColumnText.widths(cells, Self.width)
    var y = 4
    for (number, row) in cells.enumerated() {
      let texts = zip(row, widths).map { Wrapping.lines($0, first: "", next: "", width: $1) }
      let height = texts.reduce(0) { max($0, $1.count) } * 16 + 12
      var x = 4
      for (column, lines) in texts.enumerated() {
        let width = Int(Double(widths[column]) * Drawing.characterWidth) + 16
        let isStale = number > 0 && column == 2 && rows[number - 1].isStale
        picture.box(x, y, width, height, isStale ? "stalebox" : "cell")
        for (index, line) in lines.enumerated() {
          let style = number == 0 ? "b" : isStale ? "old b" : ""
          picture.text(x + 8, y + 18 + index * 16, line, style)
        }
        x += width + 2
      }
      y += height + 2
    }
    picture.text(4, y + 16, cure, "dim")
    return picture
  }
}
