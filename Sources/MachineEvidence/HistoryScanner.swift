import CWordScan
import Text

/// Searches text for the events of a mapping history, about as fast as the text can be read.
///
/// Each event is counted. Only those that touch the pages of the focus are read in full and handed
/// out, so memory does not depend on the length of the history. Every event except flushes holds an
/// equals sign, and the words before the first one show the kind of the event.
public struct HistoryScanner: Sendable {
  /// The longest line in bytes. A longer one is cut here, or skipped where its end is not in the
  /// buffer; the kernel prints none that long.
  static let longestLine = 1 << 16

  /// What was counted so far.
  public private(set) var counts = HistoryCounts()
  /// What the times of the history mean.
  public private(set) var clock = TraceClock.uptime
  /// The lines of PCI Express error reporting: a request that a unit blocks may come back as an
  /// error.
  public private(set) var busErrors: [BusErrorLine] = []
  private static let mostBusErrors = 256
  /// How many blocks of 32 bytes the processor compares at once.
  private static let width = word_scan_width()
  /// The width that this scanner uses; tests make it smaller.
  var width = HistoryScanner.width
  /// The number of the line that the next byte belongs to.
  public private(set) var lineNumber = 1
  private let focus: AddressFocus
  private let file: Int
  /// Which events that name no DMA address are handed out.
  public var interest = HistoryInterest()
  private var isInsideLongLine = false
  /// Whether the time of the first event is known.
  private var hasReadOne = false

  /// A scanner of one file for the events of some pages.
  ///
  /// - Parameters:
  ///   - focus: the pages that matter.
  ///   - file: the index that the places of events get.
  ///   - firstLine: the number of the line that the first byte belongs to.
  public init(_ focus: AddressFocus, file: Int = 0, firstLine: Int = 1) {
    self.focus = focus
    self.file = file
    lineNumber = firstLine
  }

  /// Reads lines from `buffer` and answers how many bytes are done with; the rest is the beginning
  /// of a line that is not whole yet and belongs before the next bytes.
  ///
  /// - Parameters:
  ///   - buffer: the bytes.
  ///   - isLast: whether no more bytes follow, so that the last line needs no newline.
  ///   - emit: gets the events that touch the focus, and answers what else is of interest now.
  public mutating func scan(
    _ buffer: UnsafeRawBufferPointer, isLast: Bool, emit: (MappingEvent) -> HistoryInterest
  ) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    let count = buffer.count
    var at = 0
    var lastEvent: (start: Int, end: Int)?
    var lines = line_scan()
    line_scan_begin(&lines, base.assumingMemoryBound(to: UInt8.self), count, width)
    while at < count {
      let next = line_scan_next(&lines)
      if next.end == count, !isLast { break }
      if isInsideLongLine {
        isInsideLongLine = false
      } else if next.equals == count {
        takeWithout(LineBytes(base + at, min(next.end - at, Self.longestLine)), emit)
      } else if take(
        LineBytes(base + at, min(next.end - at, Self.longestLine)), equals: next.equals - at, emit)
      {
        lastEvent = (at, next.end)
      }
      at = next.end + 1
      lineNumber += next.end < count ? 1 : 0
    }
    if let lastEvent {
      note(LineBytes(base + lastEvent.start, lastEvent.end - lastEvent.start))
    }
    if !isLast, count - at >= Self.longestLine {
      // The end of this line is not in the buffer, and it is too long to wait for: skip it.
      isInsideLongLine = true
      return count
    }
    return min(at, count)
  }

  /// Keeps the time of the latest event.
  private mutating func note(_ line: LineBytes) {
    guard let head = EventReader.read(line, file: file, number: lineNumber)?.head else { return }
    note(head)
  }

  private mutating func note(_ head: EventHead) {
    guard let time = head.time else { return }
    if head.isRelative {
      // The latency form counts from the trace's beginning. A kernel that died printed its last
      // events as it died: if their times are those of the log, the beginning was the boot.
      let isUptime = head.printed.map { $0 >= time && $0 - time < 5_000_000 } ?? false
      clock = isUptime ? .uptime : .own
    }
    counts.first = min(counts.first ?? time, time)
    counts.last = max(counts.last ?? time, time)
  }

  /// Takes a line without an equals sign.
  private mutating func takeWithout(_ line: LineBytes, _ emit: (MappingEvent) -> HistoryInterest) {
    guard line.count >= 16 else { return }
    if line.find("qi_submit: ") != nil || line.find("cache_tag_flush_") != nil {
      takeFlush(line, emit)
    } else if let place = line.find(" [LOST "), let number = line.decimalNumber(at: place + 7),
      line.has(" EVENTS]", at: number.end)
    {
      // `CPU:1 [LOST 1234 EVENTS]`
      counts.lost &+= number.value
    } else {
      takeBusError(line)
    }
  }

  private mutating func takeBusError(_ line: LineBytes) {
    if busErrors.count < Self.mostBusErrors,
      let error = BusErrorReader.read(line, file: file, number: lineNumber)
    {
      busErrors.append(error)
    }
  }

  private mutating func takeFlush(_ line: LineBytes, _ emit: (MappingEvent) -> HistoryInterest) {
    guard line.find("iotlb") != nil else {
      counts.others += 1
      return
    }
    counts.flushes += 1
    guard interest.flushes, let read = EventReader.read(line, file: file, number: lineNumber) else {
      return
    }
    for event in read.events { interest = emit(event) }
  }

  /// Takes a line with an equals sign; returns whether it is an event.
  @inline(__always)
  private mutating func take(
    _ line: LineBytes, equals: Int, _ emit: (MappingEvent) -> HistoryInterest
  ) -> Bool {
    switch line[equals - 1] {
    case UInt8(ascii: "a") where line.has("IOMMU: iova=0x", at: equals - 11):
      return takeTable(line, equals + 1, emit)
    case UInt8(ascii: "r") where line.has(" dir=", at: equals - 4):
      return takeAPI(line, equals + 1, emit)
    default: return takeOther(line, emit)
    }
  }

  /// Takes a line with `map: IOMMU: iova=` or `unmap: …`; `place` is after the equals sign.
  @inline(__always)
  private mutating func takeTable(
    _ line: LineBytes, _ place: Int, _ emit: (MappingEvent) -> HistoryInterest
  ) -> Bool {
    var name = place - 13
    while ASCII.isBlank(line[name]) { name -= 1 }
    guard line[name] == UInt8(ascii: ":"), line.has("map", at: name - 3) else {
      counts.others += 1
      return true
    }
    if line[name - 4] == UInt8(ascii: "n") {
      counts.tableUnmaps += 1
    } else {
      counts.tableMaps += 1
    }
    guard let start = line.wideHexNumber(at: place + 2),
      let end = line.wideHexNumber(at: place + 23)
    else { return emitAll(line, emit) }
    if focus.touches(start, end) || !hasReadOne { return emitAll(line, emit) }
    return true
  }

  @inline(__always)
  private mutating func takeAPI(
    _ line: LineBytes, _ place: Int, _ emit: (MappingEvent) -> HistoryInterest
  ) -> Bool {
    guard let event = DriverEventLine(line, direction: place) else { return false }
    switch event.kind {
    case .map: counts.maps += 1
    case .unmap: counts.unmaps += 1
    case .allocation: counts.allocations += 1
    case .free: counts.frees += 1
    case .other:
      counts.others += 1
      return true
    }
    let matters = event.kind == .unmap ? event.mayEnd(interest.buffers) : nil
    if hasReadOne, (matters ?? event.touches(focus)) == false { return true }
    return emitAll(line, emit)
  }

  /// Takes a line whose first equals sign does not belong to an event: it may stand in a task's
  /// name or a logger's prefix before the event, in a row of the dump, or in any other line.
  private mutating func takeOther(_ line: LineBytes, _ emit: (MappingEvent) -> HistoryInterest)
    -> Bool
  {
    if let place = line.find("IOMMU: iova=0x") { return takeTable(line, place + 12, emit) }
    if let place = line.find(" dir="), line.find("dma_") != nil {
      return takeAPI(line, place + 5, emit)
    }
    if line.find(" D=") != nil, line.find(" idx ") != nil, line.find(" L=") != nil {
      guard EventReader.read(line, file: file, number: lineNumber) != nil else { return false }
      counts.alive += 1
      return emitAll(line, emit)
    }
    if line.find("qi_submit: ") != nil || line.find("cache_tag_flush_") != nil {
      takeFlush(line, emit)
      return true
    }
    takeBusError(line)
    return false
  }

  /// Reads the line and hands out those of its events that touch the focus.
  @inline(never)
  private mutating func emitAll(_ line: LineBytes, _ emit: (MappingEvent) -> HistoryInterest)
    -> Bool
  {
    guard let read = EventReader.read(line, file: file, number: lineNumber) else { return true }
    if !hasReadOne {
      hasReadOne = true
      note(read.head)
    }
    for event in read.events {
      if case .unmapList = event.kind {
        interest = emit(event)
      } else if focus.touches(event.start, event.end) {
        interest = emit(event)
      }
    }
    return true
  }
}
