import PCI
import VTdFormats

/// The lives of the mappings that touch a few pages, put together from events in their order.
public struct MappingHistory: Sendable {
  /// The largest number of lives that are kept; later ones only count in ``forgotten``.
  static let most = 1 << 17

  /// The numbers of events in all files.
  public private(set) var counts = HistoryCounts()
  /// Which clock the events have.
  public private(set) var clock = TraceClock.uptime
  /// The lives of mappings, in the order in which they began.
  public private(set) var lives: [MappingLife] = []
  /// What PCI Express error reporting said beside it.
  public private(set) var busErrors: [BusErrorLine] = []
  /// How many lives were dropped because the history was full.
  public private(set) var forgotten = 0
  /// Lives without an end, by the page of their first byte.
  private var open: [UInt64: [Int]] = [:]
  /// Lives without an end that have several pages.
  private var wide: Set<Int> = []
  /// Lives that ended and whose flush has not been seen.
  private var unflushed: [Int] = []
  /// The pages of memory of the buffers that devices hold, and how many buffers share each mark.
  private var buffers = PageMarks()
  private var bufferCounts = [Int](repeating: 0, count: PageMarks.count)
  /// Lives by each page that they cover or end shortly below, made when all is read.
  private var byPage: [UInt64: [Int]] = [:]

  /// A history without mappings.
  public init() {}

  /// Whether there is no event.
  public var isEmpty: Bool { counts.isEmpty }
  /// Which events a scanner has to hand out in addition to those that touch the focus.
  public var interest: HistoryInterest {
    var interest = HistoryInterest()
    interest.flushes = !unflushed.isEmpty
    interest.buffers = buffers
    return interest
  }

  /// Adds what a scanner counted in one file.
  public mutating func add(_ scanner: HistoryScanner) {
    busErrors += scanner.busErrors
    let counts = scanner.counts
    var sum = self.counts
    sum.tableMaps += counts.tableMaps
    sum.tableUnmaps += counts.tableUnmaps
    sum.maps += counts.maps
    sum.unmaps += counts.unmaps
    sum.allocations += counts.allocations
    sum.frees += counts.frees
    sum.alive += counts.alive
    sum.flushes += counts.flushes
    sum.others += counts.others
    sum.lost &+= counts.lost
    sum.first = [sum.first, counts.first].compactMap { $0 }.min()
    sum.last = [sum.last, counts.last].compactMap { $0 }.max()
    self.counts = sum
    if scanner.clock == .own { clock = .own }
  }

  /// Takes what a whole text holds.
  ///
  /// - Parameters:
  ///   - bytes: the text, to its end.
  ///   - scanner: what reads it: it knows the addresses of interest, the file and the line.
  public mutating func take(_ bytes: [UInt8], by scanner: HistoryScanner) {
    var scanner = scanner
    scanner.interest = interest
    _ = bytes.withUnsafeBytes { bytes in
      scanner.scan(bytes, isLast: true) { event in
        take(event)
        return interest
      }
    }
    add(scanner)
  }

  /// Takes the next event.
  public mutating func take(_ event: MappingEvent) {
    switch event.kind {
    case .tableMap: begin(event, .tables)
    case .map: begin(event, .driver)
    case .allocate: begin(event, .allocation)
    case .alive: beginFromDump(event)
    case .tableUnmap: endTables(event)
    case .unmap, .free: endDriver(event)
    case .unmapList(let physical): endList(event, physical)
    case .flush: flush(event)
    }
  }

  private mutating func append(_ life: MappingLife) -> Int? {
    guard lives.count < Self.most else {
      forgotten += 1
      return nil
    }
    lives.append(life)
    return lives.count - 1
  }

  private static func life(_ event: MappingEvent, _ origin: MappingLife.Origin) -> MappingLife {
    MappingLife(
      origin: origin, start: event.start, end: event.end, device: event.device, name: event.name,
      direction: event.direction, physical: event.physical)
  }

  private mutating func begin(_ event: MappingEvent, _ origin: MappingLife.Origin) {
    var life = Self.life(event, origin)
    life.mapped = event.moment
    if origin != .tables { life.tables = openTables(under: event) }
    guard let index = append(life) else { return }
    if let tables = life.tables { lives[tables].isOfDriver = true }
    open[event.start.page, default: []].append(index)
    if life.pageCount > 1 { wide.insert(index) }
    countBuffer(life, by: 1)
  }

  /// Keeps account of the buffers that the list of an unmapping may name.
  private mutating func countBuffer(_ life: MappingLife, by step: Int) {
    guard life.origin == .driver, let physical = life.physical else { return }
    let index = PageMarks.index(physical)
    bufferCounts[index] += step
    buffers[index] = bufferCounts[index] > 0
  }

  /// The entries that were written for a driver's mapping: the latest at the same page.
  private func openTables(under event: MappingEvent) -> Int? {
    open[event.start.page]?.last { index in
      lives[index].origin == .tables && lives[index].covers(page: event.start.page)
        && !lives[index].isOfDriver
    }
  }

  private mutating func beginFromDump(_ event: MappingEvent) {
    // The trace may already have shown the beginning of this mapping.
    let known = open[event.start.page]?.contains { index in
      lives[index].device == event.device && lives[index].start == event.start
    }
    if known == true { return }
    if let index = append(Self.life(event, .dump)) {
      lives[index].mapped = nil
      open[event.start.page, default: []].append(index)
      if lives[index].pageCount > 1 { wide.insert(index) }
      lives[index].row = event.moment
    }
  }

  private mutating func close(_ index: Int, _ moment: MappingEvent.Moment) {
    lives[index].unmapped = moment
    countBuffer(lives[index], by: -1)
    wide.remove(index)
    open[lives[index].start.page]?.removeAll { $0 == index }
    if open[lives[index].start.page]?.isEmpty == true { open[lives[index].start.page] = nil }
    if lives[index].origin == .tables, unflushed.count < 4096 { unflushed.append(index) }
  }

  private mutating func endTables(_ event: MappingEvent) {
    // Most mappings are unmapped as a whole; where only a part is, the rest stays mapped.
    let same = open[event.start.page]?.last { index in
      lives[index].origin == .tables && lives[index].start == event.start
        && lives[index].end <= event.end
    }
    if let same {
      close(same, event.moment)
      if lives[same].end == event.end { return }
    }
    let candidates =
      event.end &- event.start <= 4096
      ? (open[event.start.page] ?? []) + wide.filter { lives[$0].origin == .tables }
      : Array(open.values.joined())
    let others = Set(candidates).filter { index in
      lives[index].origin == .tables && lives[index].start < event.end
        && event.start < lives[index].end
    }.sorted()
    for index in others { cut(index, event) }
    if same == nil, others.isEmpty {
      var life = Self.life(event, .tables)
      life.unmapped = event.moment
      if let index = append(life), unflushed.count < 4096 { unflushed.append(index) }
    }
  }

  /// Ends the part of a life that an unmapping covers; what lies below and above goes on.
  private mutating func cut(_ index: Int, _ event: MappingEvent) {
    let whole = lives[index]
    if whole.start < event.start {
      var below = whole
      below.end = event.start
      reopen(below)
    }
    if event.end < whole.end {
      var above = whole
      above.start = event.end
      reopen(above)
    }
    close(index, event.moment)
    lives[index].start = max(whole.start, event.start)
    lives[index].end = min(whole.end, event.end)
  }

  private mutating func reopen(_ part: MappingLife) {
    guard let index = append(part) else { return }
    open[part.start.page, default: []].append(index)
    if part.pageCount > 1 { wide.insert(index) }
  }

  private mutating func endDriver(_ event: MappingEvent) {
    let found = open[event.start.page]?.last { index in
      lives[index].origin != .tables && lives[index].name == event.name
        && lives[index].start == event.start
    }
    guard let found else {
      var life = Self.life(event, event.kind == .free ? .allocation : .driver)
      life.unmapped = event.moment
      _ = append(life)
      return
    }
    if lives[found].size != event.end &- event.start {
      lives[found].freedSize = event.end &- event.start
    }
    close(found, event.moment)
  }

  /// Ends the mappings of a scatter list, whose unmapping names physical addresses only.
  private mutating func endList(_ event: MappingEvent, _ physical: [UInt64]) {
    guard !physical.isEmpty, !open.isEmpty else { return }
    let ended = open.values.joined().filter { index in
      lives[index].origin == .driver && lives[index].name == event.name
        && lives[index].physical.map(physical.contains) == true
    }.sorted()
    for index in ended { close(index, event.moment) }
  }

  private mutating func flush(_ event: MappingEvent) {
    unflushed.removeAll { index in
      guard lives[index].start < event.end, event.start < lives[index].end else { return false }
      lives[index].flushed = event.moment
      return true
    }
  }

  // MARK: Asking

  /// Puts the lives in an order that can be asked. Call it when all is read.
  public mutating func finish(_ focus: AddressFocus) {
    byPage = [:]
    for (index, life) in lives.enumerated() {
      let last = (life.end &- 1).page
      for page in focus.pages(from: life.start.page, reaching: last) {
        byPage[page, default: []].append(index)
      }
    }
  }

  /// The lives that cover the page of `address`, in the order of their beginnings.
  public func lives(at address: UInt64) -> [MappingLife] {
    (byPage[address.page] ?? []).map { lives[$0] }.filter { $0.covers(page: address.page) }
  }

  /// The lives that end shortly below the page of `address`.
  public func lives(below address: UInt64) -> [MappingLife] {
    (byPage[address.page] ?? []).map { lives[$0] }.filter {
      !$0.covers(page: address.page) && $0.end > $0.start
    }
  }

  /// When a mapping ended: when its driver unmapped it, or when its page-table entries were
  /// removed, if that was earlier; nil while it is mapped.
  public func end(of life: MappingLife) -> MappingEvent.Moment? {
    let entries = life.tables.flatMap { lives[$0].unmapped }
    guard let own = life.unmapped else { return entries }
    guard let entries, let first = entries.time, let second = own.time, first < second else {
      return own
    }
    return entries
  }

  /// The first IOTLB flush after the end of a mapping; nil where the history shows none.
  public func flush(after life: MappingLife) -> MappingEvent.Moment? {
    life.flushed ?? life.tables.flatMap { lives[$0].flushed }
  }
}
