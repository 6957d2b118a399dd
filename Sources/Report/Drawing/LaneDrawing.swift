internal import Recording

/// Shows what overlaps in time: a lane for each device, the CPU, each cache entry and each fault
/// record, over the steps of a run. A cache entry that is used after the change that should have
/// ended it is amber from that change on.
struct LaneDrawing {
  /// Something that happens at one moment of a lane.
  struct Mark {
    enum Kind { case plain, stopped, stale }

    let event: Int
    let step: Int
    let lane: String
    let what: String
    let kind: Kind
    /// How many steps in a row did the same.
    var count = 1

    /// What it says, with the sign for "times" before its count.
    func text(times: String) -> String { count > 1 ? "\(what) \(times)\(count)" : what }

    /// What it says in a drawing.
    var text: String { text(times: Glyphs.unicode.times) }
  }

  /// What holds from one event to another: something cached, a fault record in use.
  struct Bar {
    let lane: String
    /// The order of importance where there are too many lanes: those with the lowest rank are
    /// drawn.
    var rank = 2
    let start: Int
    var end: Int?
    var staleSince: Int?
  }

  private(set) var marks: [Mark] = []
  private(set) var bars: [Bar] = []
  /// The step of the mark that was added last.
  private var lastStep = 0
  /// How many marks are left out before and after those that are drawn.
  private(set) var (before, behind) = (0, 0)

  private static let markLimit = 26
  private static let barLimit = 8
  private static let (top, laneHeight) = (34, 34)
  private static let cpu = "CPU"

  /// The lanes of a run's steps; the boot is left out.
  init(_ record: RunRecord) {
    for event in record.events where event.step > 0 { take(event) }
    cut()
  }

  /// Whether there is more to see than one request.
  var isEmpty: Bool { marks.count < 2 }

  private mutating func take(_ event: RunEvent) {
    let request = event.what.request
    let kind: Mark.Kind =
      request?.isBlocked ?? false ? .stopped : request?.isStale ?? false ? .stale : .plain
    switch event.what {
    case .dma(let fact): add(event, fact.device, fact.access.word, kind, count: fact.count)
    case .bypass(let fact):
      add(event, fact.device, "DMA", fact.reachesMemory ? .plain : .stopped)
    case .interruptRequest(let fact): add(event, fact.device, "interrupt", kind)
    case .pageRequest(let fact): add(event, fact.device, "page request", .plain)
    case .memory(let fact):
      switch MappingChange(fact) {
      case .begins: add(event, Self.cpu, "map", .plain)
      case .ends: add(event, Self.cpu, "unmap", .plain)
      case nil: add(event, Self.cpu, "write", .plain)
      }
    case .command: add(event, Self.cpu, "flush", .plain)
    case .register(let fact): take(fact, event)
    case .interrupt: add(event, Self.cpu, "handler", .plain)
    case .lockReport: add(event, Self.cpu, "lock report", .stopped)
    case .death: add(event, Self.cpu, "dies", .stopped)
    case .cache(let fact): take(fact, event)
    case .fault(let fact):
      guard let index = fact.recorded.index, fact.recorded.outcome == .recorded else { return }
      bars.append(Bar(lane: "FRCD[\(index)] of \(fact.unit)", start: event.id))
    default: break
    }
    if let request, request.isStale { mark(request.filledBy, staleSince: request.staleSince) }
  }

  /// A write of 1 to F frees a fault record; IVT and ICC start an invalidation.
  private mutating func take(_ fact: RegisterFact, _ event: RunEvent) {
    guard fact.isWrite else { return }
    let top = fact.value >> UInt64(fact.width == 64 ? 63 : 31) & 1 == 1
    guard top else { return }
    if fact.name.hasPrefix("FRCD"), let close = fact.name.firstIndex(of: "]") {
      let lane = "\(fact.name[...close]) of \(fact.unit)"
      for index in bars.indices where bars[index].lane == lane && bars[index].end == nil {
        bars[index].end = event.id
      }
    } else if fact.name.hasPrefix("IOTLB") || fact.name.hasPrefix("CCMD") {
      add(event, Self.cpu, "flush", .plain)
    }
  }

  /// Marks the bar that began with the event `fill` as stale, because a request used it after the
  /// change that should have ended it.
  private mutating func mark(_ fill: Int?, staleSince: Int?) {
    guard let fill, let staleSince else { return }
    for index in bars.indices where bars[index].start == fill {
      bars[index].staleSince = bars[index].staleSince ?? staleSince
      bars[index].rank = 0
    }
  }

  private mutating func take(_ fact: CacheFact, _ event: RunEvent) {
    let lane: String
    var rank = 2
    switch fact.cache {
    case .iotlb, .deviceTLB:
      lane = "\(Words.cache(fact)) \(Words.key(fact)) \u{2192} \(Words.content(fact))"
      rank = 1
    case .context: lane = "context of \(Words.key(fact)) in \(fact.unit)"
    case .pasid: lane = "\(Words.key(fact)) in \(fact.unit)"
    case .pagingStructure: lane = "table for \(Words.address(fact.address)) in \(fact.unit)"
    case .interruptEntry: lane = "interrupt \(Words.key(fact)) in \(fact.unit)"
    }
    if fact.isFill {
      bars.append(Bar(lane: lane, rank: rank, start: event.id))
    } else if let index = bars.lastIndex(where: { $0.lane == lane && $0.end == nil }) {
      bars[index].end = event.id
    }
  }

  /// Adds a mark. Equal marks of one step become one, and so do those of steps in a row that only
  /// write tables.
  private mutating func add(
    _ event: RunEvent, _ lane: String, _ text: String, _ kind: Mark.Kind, count: Int = 1
  ) {
    if let last = marks.last, last.lane == lane, last.what == text, last.kind == kind,
      count == 1 || last.count == count
    {
      if lastStep == event.step { return }
      if text == "map" || text == "write", lane == Self.cpu {
        marks[marks.count - 1].count += 1
        lastStep = event.step
        return
      }
    }
    lastStep = event.step
    marks.append(
      Mark(event: event.id, step: event.step, lane: lane, what: text, kind: kind, count: count))
  }

  /// Keeps at most `markLimit` marks: those around the first that is stopped or stale.
  private mutating func cut() {
    guard marks.count > Self.markLimit else { return }
    let notable = marks.firstIndex { $0.kind != .plain } ?? 0
    let start = min(max(notable - Self.markLimit / 2, 0), marks.count - Self.markLimit)
    before = start
    behind = marks.count - start - Self.markLimit
    marks = Array(marks[start..<start + Self.markLimit])
    let (first, last) = (marks[0].event, marks[marks.count - 1].event)
    bars.removeAll { ($0.end ?? .max) < first || $0.start > last }
  }

  /// The lanes in the order in which a reader meets them: devices, the CPU, caches, fault records.
  var lanes: [String] {
    var devices: [String] = []
    var hasCPU = false
    for mark in marks {
      if mark.lane == Self.cpu {
        hasCPU = true
      } else if !devices.contains(mark.lane) {
        devices.append(mark.lane)
      }
    }
    var caches: [String] = []
    for rank in 0...2 {
      for bar in bars where bar.rank == rank && !bar.lane.hasPrefix("FRCD") {
        if !caches.contains(bar.lane) { caches.append(bar.lane) }
      }
    }
    var records: [String] = []
    for bar in bars where bar.lane.hasPrefix("FRCD") && !records.contains(bar.lane) {
      records.append(bar.lane)
    }
    return devices + (hasCPU ? [Self.cpu] : [])
      + Array(caches.prefix(Self.barLimit)) + Array(records.prefix(Self.barLimit))
  }

  var drawing: Drawing {
    var picture = Drawing("What overlaps in time")
    let lanes = lanes
    var longest = 0
    for lane in lanes { longest = max(longest, lane.count) }
    let left = Int(Double(longest) * Drawing.characterWidth) + 24
    var places: [Int] = []
    var x = left
    for mark in marks {
      let width = Int(Double(mark.text.count) * Drawing.characterWidth) + 18
      places.append(x + width / 2)
      x += width + 8
    }
    let right = x
    var rows: [String: Int] = [:]
    for (row, lane) in lanes.enumerated() {
      let y = Self.top + row * Self.laneHeight
      rows[lane] = y
      picture.text(4, y + 16, lane, "b")
      picture.line(left - 6, y + 12, right, y + 12)
    }
    steps(places, height: Self.top + lanes.count * Self.laneHeight, &picture)
    for bar in bars {
      guard let y = rows[bar.lane] else { continue }
      draw(bar, y, places, left..<right, &picture)
    }
    for (mark, place) in zip(marks, places) {
      guard let y = rows[mark.lane] else { continue }
      let width = Int(Double(mark.text.count) * Drawing.characterWidth) + 10
      let style = mark.kind == .stopped ? "stopbox" : mark.kind == .stale ? "stalebox" : "cell"
      picture.box(place - width / 2, y, width, 24, style)
      picture.text(place, y + 16, mark.text, "", "middle")
      if mark.kind == .stopped { picture.cross(place + width / 2 + 2, y + 2) }
    }
    if before + behind > 0 {
      picture.text(
        4, Self.top + lanes.count * Self.laneHeight + 16,
        "The timeline below has \(before) more before and \(behind) behind.", "dim")
    }
    return picture
  }

  /// The number of each step over its first mark.
  private func steps(_ places: [Int], height: Int, _ picture: inout Drawing) {
    var last: Int?
    for (mark, place) in zip(marks, places) where mark.step != last {
      let label = last == nil ? "step \(mark.step)" : "\(mark.step)"
      picture.text(place, 14, label, "dim", "middle")
      last = mark.step
    }
  }

  private func draw(
    _ bar: Bar, _ y: Int, _ places: [Int], _ width: Range<Int>, _ picture: inout Drawing
  ) {
    /// Where an event would stand among the marks.
    func place(_ event: Int) -> Int {
      guard let next = marks.firstIndex(where: { $0.event >= event }) else {
        return width.upperBound
      }
      if marks[next].event == event || next == 0 { return places[next] }
      return (places[next - 1] + places[next]) / 2
    }
    let start = max(place(bar.start), width.lowerBound)
    let end = bar.end.map(place) ?? width.upperBound
    picture.box(start, y + 2, max(end - start, 4), 20, "cell")
    if let since = bar.staleSince {
      let stale = max(place(since), start)
      picture.box(stale, y + 2, max(end - stale, 4), 20, "stalebox")
    }
  }
}
