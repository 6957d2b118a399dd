#if canImport(Glibc)
  import Glibc
#elseif !hasFeature(Embedded)
  import Darwin
#endif

import Text

/// Looks through text for the events of a mapping history, at the speed at which it can be read.
///
/// Each event is counted. Only those that touch the pages of the focus are read in full and handed
/// out, so memory does not depend on the length of the history. Every event but those of the queue
/// holds an equals sign, and the words before its first one tell its kind.
public struct HistoryScanner: Sendable {
  /// Lines are cut here; nothing that a kernel prints comes near.
  static let longestLine = 1 << 16

  /// What was counted so far.
  public private(set) var counts = HistoryCounts()
  /// What the times of the history mean.
  public private(set) var clock = TraceClock.uptime
  /// What PCI Express error reporting said: requests that a unit blocks come back as errors.
  public private(set) var busErrors: [BusErrorLine] = []
  private static let mostBusErrors = 256
  /// The number of the line that the next byte belongs to.
  public private(set) var lineNumber = 1
  private let focus: AddressFocus
  private let file: Int
  /// Whether flushes are handed out: only behind an unmapping they tell something.
  public var wantsFlushes = false
  private var isInsideLongLine = false
  /// Whether the time of the first event is known.
  private var hasReadOne = false

  /// A scanner of one file that keeps what concerns some pages.
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
  ///   - emit: gets the events that touch the focus, and answers whether flushes are wanted.
  public mutating func scan(
    _ buffer: UnsafeRawBufferPointer, isLast: Bool, emit: (MappingEvent) -> Bool
  ) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    let count = buffer.count
    var at = 0
    var lastEvent: (start: Int, end: Int)?
    while at < count {
      let equals =
        memchr(base + at, Int32(UInt8(ascii: "=")), count - at)
        .map { UnsafeRawPointer($0) - base } ?? count
      while let newline = memchr(base + at, Int32(ASCII.newline), equals - at) {
        let end = UnsafeRawPointer(newline) - base
        take(base, at, end, emit)
        at = end + 1
        lineNumber += 1
      }
      let end: Int
      if let newline = memchr(base + equals, Int32(ASCII.newline), count - equals) {
        end = UnsafeRawPointer(newline) - base
      } else if isLast {
        end = count
      } else {
        break
      }
      if isInsideLongLine {
        isInsideLongLine = false
      } else if equals == count {
        take(base, at, end, emit)
      } else if take(
        LineBytes(base + at, min(end - at, Self.longestLine)), equals: equals - at, emit)
      {
        lastEvent = (at, end)
      }
      at = end + 1
      lineNumber += end < count ? 1 : 0
    }
    if let lastEvent {
      note(LineBytes(base + lastEvent.start, lastEvent.end - lastEvent.start))
    }
    if !isLast, count - at >= Self.longestLine {
      // A line without end: it is passed over.
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

  /// A line that holds no equals sign.
  private mutating func take(
    _ base: UnsafeRawPointer, _ start: Int, _ end: Int, _ emit: (MappingEvent) -> Bool
  ) {
    if isInsideLongLine {
      isInsideLongLine = false
      return
    }
    let line = LineBytes(base + start, min(end - start, Self.longestLine))
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

  private mutating func takeFlush(_ line: LineBytes, _ emit: (MappingEvent) -> Bool) {
    guard line.find("iotlb") != nil else {
      counts.others += 1
      return
    }
    counts.flushes += 1
    guard wantsFlushes, let read = EventReader.read(line, file: file, number: lineNumber) else {
      return
    }
    for event in read.events { wantsFlushes = emit(event) }
  }

  /// A line with an equals sign; answers whether it is an event.
  @inline(__always)
  private mutating func take(
    _ line: LineBytes, equals: Int, _ emit: (MappingEvent) -> Bool
  ) -> Bool {
    switch line[equals - 1] {
    case UInt8(ascii: "a") where line.has("IOMMU: iova=0x", at: equals - 11):
      return takeTable(line, equals + 1, emit)
    case UInt8(ascii: "r") where line.has(" dir=", at: equals - 4):
      return takeAPI(line, equals + 1, emit)
    default: return takeOther(line, emit)
    }
  }

  /// `map: IOMMU: iova=` up to here; `place` is behind the equals sign.
  @inline(__always)
  private mutating func takeTable(
    _ line: LineBytes, _ place: Int, _ emit: (MappingEvent) -> Bool
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
    _ line: LineBytes, _ place: Int, _ emit: (MappingEvent) -> Bool
  ) -> Bool {
    // Before the device stands the event's name, which begins with `dma_`.
    var name = place - 6
    while name > 0, !ASCII.isBlank(line[name - 1]) { name -= 1 }
    name -= 1
    while ASCII.isBlank(line[name]) { name -= 1 }
    var start = name
    while start > 0, !ASCII.isBlank(line[start - 1]), line[start - 1] != UInt8(ascii: ":") {
      start -= 1
    }
    guard line[name] == UInt8(ascii: ":"), line.has("dma_", at: start) else { return false }
    let isFailure = line[name - 1] == UInt8(ascii: "r") && line.has("_err", at: name - 4)
    switch line[start + 4] {
    case _ where isFailure:
      counts.others += 1
      return true
    case UInt8(ascii: "m"): counts.maps += 1
    case UInt8(ascii: "u"): counts.unmaps += 1
    case UInt8(ascii: "a"): counts.allocations += 1
    case UInt8(ascii: "f"): counts.frees += 1
    default:
      counts.others += 1
      return true
    }
    // The shortest direction is NONE, the longest BIDIRECTIONAL.
    var word = place + 4
    while word < place + 13, !ASCII.isBlank(line[word]) { word += 1 }
    guard line.has(" dma_addr=", at: word), let address = line.hexNumber(at: word + 10),
      line.has(" size=", at: address.end), let size = line.decimalNumber(at: address.end + 6)
    else { return emitAll(line, emit) }
    let end = address.value &+ max(size.value, 1)
    if focus.touches(address.value, end) || !hasReadOne { return emitAll(line, emit) }
    return true
  }

  /// A line whose first equals sign is not an event's: a task's name, a logger's prefix, a row of
  /// the dump, or a line of something else.
  private mutating func takeOther(_ line: LineBytes, _ emit: (MappingEvent) -> Bool) -> Bool {
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
  private mutating func emitAll(_ line: LineBytes, _ emit: (MappingEvent) -> Bool) -> Bool {
    guard let read = EventReader.read(line, file: file, number: lineNumber) else { return true }
    if !hasReadOne {
      hasReadOne = true
      note(read.head)
    }
    for event in read.events {
      if case .unmapList = event.kind {
        wantsFlushes = emit(event)
      } else if focus.touches(event.start, event.end) {
        wantsFlushes = emit(event)
      }
    }
    return true
  }
}
