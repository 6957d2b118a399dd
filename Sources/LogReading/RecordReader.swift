import KernelLog
import Text
import VTdFormats

/// Puts clean lines together to records and reads them.
struct RecordReader: Sendable {
  private var cleaner = LineCleaner()
  private var splats = SplatCollector()
  private var stumbles = StumbleCollector()
  private var waiting: [CleanLine] = []
  /// Where in the first waiting line reading goes on; a record may end inside a line.
  private var resume = 0
  /// Whether rows of `iommu_regset` are being read.
  private var isInRegisters = false
  private var tree = BusTreeReader()
  private var rows: MachineRowReader
  private var part = MailPart()
  private var words = WordLines()
  /// Lines that are a kernel's by their prefix.
  private(set) var kernelLines = 0
  /// Whether `^M` stood at the end of a line.
  private var hasCarriageReturns = false
  /// The boot that speaks, by the journal's marks.
  private var boot: String?
  /// Whether the lines of a mail's subject are being read.
  private var isInSubject = false
  private var lastNumber = 0
  private var sequence = 0

  /// How many lines behind something of ours are all read.
  private static let surroundings = LogReader.longestRecord
  /// The same inside a lock report, whose lines are plain.
  private static let reportLength = 100
  /// Whether the banner of a boot was read, whose lines are all worth a look.
  private var isBooting = false

  /// - Parameter path: where the log comes from; what a file of sysfs tells lies in its path alone.
  init(path: String = "") {
    rows = path.isEmpty ? MachineRowReader() : MachineRowReader(path: path)
  }

  /// Takes a line and answers how many of the lines behind it are worth looking at.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, number: Int, isCut: Bool, _ emit: (LogEvent) -> Void
  ) -> Int {
    let attachment = part.take(bytes)
    var attention = 0
    for line in attachment.lines {
      // All of an attachment stands on the lines of the mail that it was packed into.
      attention = max(attention, take(line, number, emit))
    }
    if let packed = attachment.attachment {
      emit(LogEvent(kind: .attachment(packed), lines: number...number))
    }
    if attachment.isPart { return Self.reportLength }
    var gathered: [(line: [UInt8], number: Int)] = []
    let taken = words.take(bytes, number: number) { gathered.append(($0, $1)) }
    for line in gathered { attention = max(attention, take(line.line, line.number, emit)) }
    if case .kept = taken {
      lastNumber = number
      return Self.reportLength
    }
    let escaped = EscapedLines.read(bytes)
    for line in escaped { attention = max(attention, take(line, number, emit)) }
    if !escaped.isEmpty {
      lastNumber = number
      return attention
    }
    let line = cleaner.clean(bytes, number: number, isCut: isCut)
    let jump = number - lastNumber
    lastNumber = number
    return max(attention, take(line, after: max(jump, 1), emit))
  }

  /// Takes a line that was put together here.
  private mutating func take(
    _ line: [UInt8], _ number: Int, _ emit: (LogEvent) -> Void
  ) -> Int {
    let clean = line.withUnsafeBytes { cleaner.clean($0, number: number, isCut: false) }
    return take(clean, after: 1, emit)
  }

  /// Reads what is left of a log whose words stand one on a line.
  private mutating func endWords(_ emit: (LogEvent) -> Void) {
    var gathered: [(line: [UInt8], number: Int)] = []
    words.finish { gathered.append(($0, $1)) }
    for line in gathered { _ = take(line.line, line.number, emit) }
  }

  private mutating func take(
    _ line: CleanLine, after jump: Int, _ emit: (LogEvent) -> Void
  ) -> Int {
    var line = line
    if line.isOfKernel { kernelLines += 1 }
    noteBoot(line, emit)
    noteSubject(line.bytes)
    if isInSubject { line.repairs.append(.mailSubject) }
    if line.repairs.contains(.removedCarriageReturn) { hasCarriageReturns = true }
    sequence += jump
    line.sequence = sequence
    line.isTelling = Self.isTelling(line)
    waiting.append(line)
    var found = 0
    while waiting.count > LogReader.longestRecord { found += readFirst(emit) }
    if isBooting {
      isBooting = false
      return LineScanner.attentiveStart
    }
    // Enough lines to complete a record, and to see what stands around it.
    if splats.isCollecting || stumbles.isCollecting { return Self.reportLength }
    return found > 0 || line.isTelling ? Self.surroundings : 0
  }

  /// Says where another boot begins; the first one is told by nothing.
  private mutating func noteBoot(_ line: CleanLine, _ emit: (LogEvent) -> Void) {
    guard let boot = line.boot, boot != self.boot else { return }
    if self.boot != nil {
      // What was said before belongs to the boot before.
      flush(emit)
      emit(LogEvent(kind: .fact(.boot(boot)), lines: line.number...line.number))
    }
    self.boot = boot
  }

  /// A subject begins with its name and goes on in lines that are indented.
  private mutating func noteSubject(_ bytes: [UInt8]) {
    if ByteSearch.hasPrefix("Subject:", in: bytes) {
      isInSubject = true
    } else if isInSubject {
      isInSubject = bytes.first.map(ASCII.isBlank) ?? false
    }
  }

  private static func isTelling(_ line: CleanLine) -> Bool {
    line.bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      return TraceEvent.findBeside(base, 0, bytes.count).position != nil
    }
  }

  mutating func flush(_ emit: (LogEvent) -> Void) {
    endWords(emit)
    while !waiting.isEmpty { _ = readFirst(emit) }
  }

  mutating func finish(_ emit: (LogEvent) -> Void) {
    let rest = part.finish()
    if let packed = rest.attachment {
      emit(LogEvent(kind: .attachment(packed), lines: lastNumber...lastNumber))
    }
    for line in rest.lines { _ = take(line, lastNumber, emit) }
    flush(emit)
    while let splat = splats.finish() { emit(event(splat)) }
    if let ended = stumbles.finish() { emit(Self.event(ended)) }
  }

  private static func event(_ ended: (stumble: KernelStumble, time: LogTime?)) -> LogEvent {
    LogEvent(kind: .fact(.stumble(ended.stumble)), lines: ended.stumble.lines, time: ended.time)
  }

  /// The messages that begin on `line`; a further line may hold their rest.
  private func messages(_ line: CleanLine, _ joined: inout LazyText) -> [LogEvent] {
    // Every message holds a telling word, on this line or on those that it was broken into.
    guard waiting.prefix(3).contains(where: { $0.isTelling }) else { return [] }
    let candidates = KernelMessageReader.candidates(line.bodyBytes)
    guard !candidates.isEmpty else { return [] }
    let text = joined.text(of: waiting).bytes
    var events: [LogEvent] = []
    for candidate in candidates {
      guard let message = KernelMessageReader.read(text, candidate, body: line.body),
        !events.contains(where: { $0.kind == .fact(.message(message)) || Self.isSame($0, message) })
      else { continue }
      events.append(
        LogEvent(
          kind: .fact(.message(message)), lines: line.number...line.number, time: line.time))
    }
    return events
  }

  private static func isSame(_ event: LogEvent, _ message: KernelMessage) -> Bool {
    if case .fact(.message(let other)) = event.kind { return other.kind == message.kind }
    return false
  }

  private func event(_ splat: LockSplat) -> LogEvent {
    LogEvent(
      kind: .fact(.lockSplat(splat)), lines: splat.lines,
      repairs: hasCarriageReturns ? [.removedCarriageReturn] : [])
  }

  /// Reads everything that begins in the first waiting line; answers how many events that were.
  private mutating func readFirst(_ emit: (LogEvent) -> Void) -> Int {
    guard let line = waiting.first else { return 0 }
    if resume == 0, let splat = splats.observe(line) { emit(event(splat)) }
    if resume == 0, let ended = stumbles.observe(line) { emit(Self.event(ended)) }
    var count = 0
    var joined = LazyText()
    if resume == 0, readOtherSystem(line, &joined, emit) {
      return 1
    }
    if resume == 0 {
      for kind in XenDump.read(line) {
        emit(LogEvent(kind: kind, lines: line.number...line.number, time: line.time))
        count += 1
      }
      for event in messages(line, &joined) {
        emit(event)
        count += 1
      }
      for fact in rows.read(line) {
        emit(LogEvent(kind: .fact(fact), lines: line.number...line.number, time: line.time))
        count += 1
      }
    }
    var places = Self.places(line)
    if resume > 0 { places.removeAll { $0 < resume } }
    // A line with nothing on it begins no record, though the next line does.
    if line.bodyBytes.allSatisfy(TextCursor.isBlank) { places = [] }
    var taken = resume
    resume = 0
    if !places.isEmpty {
      let text = joined.text(of: waiting)
      for place in places where place >= taken {
        guard var event = read(text, at: place, isBody: place <= line.body, line) else { continue }
        event.event.time = TimeInFront(line.bytes).time(
          before: place, beside: line.time, isBody: place <= line.body)
        emit(event.event)
        if case .fact(.kernelVersion) = event.event.kind { isBooting = true }
        if event.event.kind.comesWithOthers { count += 1 }
        taken = event.end
        if taken >= line.bytes.count {
          drop(to: taken, in: text)
          return count
        }
      }
    }
    waiting.removeFirst()
    return count
  }

  /// Removes the lines that a record ended behind, and remembers where its last line goes on.
  private mutating func drop(to end: Int, in text: JoinedText) {
    let last = text.line(at: end)
    resume = 0
    if last > 0 {
      let inside = end - text.starts[last]
      let line = waiting[last]
      if inside > 0 { resume = min(line.body + inside, line.bytes.count) }
      // Lines inside a record do not begin another, but a report may run through them.
      for skipped in waiting[1..<min(last + (resume >= line.bytes.count ? 1 : 0), waiting.count)] {
        _ = splats.observe(skipped)
        _ = stumbles.observe(skipped)
      }
    }
    let isDone = last == 0 || resume >= waiting[last].bytes.count
    waiting.removeFirst(isDone ? last + 1 : last)
    if isDone { resume = 0 }
  }

  /// Where in a line a message may begin: at its body, at each of the driver's tags, at each fault
  /// and each status. Several records may stand on one line.
  private static func places(_ line: CleanLine) -> [Int] {
    var places = [line.body]
    // Two letters in a row tell of most lines that they hold none.
    guard
      ByteSearch.holds(ByteSearch.Pair("d", "m"), or: ByteSearch.Pair("r", "-"), in: line.bytes)
        || ByteSearch.holds(
          ByteSearch.Pair("d", "l"), or: ByteSearch.Pair("g", " "), in: line.bytes)
    else { return places }
    let words: [StaticString] = ["DMAR", "[DMA", "INTR-", "handling fault"]
    line.bytes.withUnsafeBufferPointer { bytes in
      var at = line.body + 1
      while at + 1 < bytes.count, places.count < mostPlaces {
        if mayBegin(bytes[at]), isSecondByte(bytes[at + 1]),
          words.contains(where: { ByteSearch.hasWord($0, in: line.bytes, at: at) })
        {
          places.append(at)
        }
        at += 1
      }
    }
    return places
  }

  /// Whether one of these words begins with the byte.
  private static func mayBegin(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "D"), UInt8(ascii: "d"), UInt8(ascii: "["), UInt8(ascii: "I"),
      UInt8(ascii: "i"), UInt8(ascii: "H"), UInt8(ascii: "h"):
      true
    default: false
    }
  }

  /// Whether one of these words may have the byte behind its first: most others have not.
  private static func isSecondByte(_ byte: UInt8) -> Bool {
    switch ASCII.lowercased(byte) {
    case UInt8(ascii: "m"), UInt8(ascii: "d"), UInt8(ascii: "n"), UInt8(ascii: "a"): true
    default: false
    }
  }

  /// A line without end may hold any number of records; nobody prints as many.
  private static let mostPlaces = 64

  /// Reads a record of a system other than Linux that begins on `line`, and drops its lines.
  private mutating func readOtherSystem(
    _ line: CleanLine, _ joined: inout LazyText, _ emit: (LogEvent) -> Void
  ) -> Bool {
    // Each record holds a telling word, on this line or on those that it was broken into.
    guard waiting.contains(where: { $0.isTelling }) else { return false }
    let candidates = OtherSystemReader.candidates(line.bytes)
    guard !candidates.isEmpty else { return false }
    let text = joined.text(of: waiting)
    for candidate in candidates {
      guard let found = OtherSystemReader.read(text.bytes, candidate) else { continue }
      let last = text.lastLine(before: found.end)
      emit(
        LogEvent(
          kind: .fault(found.observation), lines: line.number...text.numbers[last], time: line.time,
          repairs: line.repairs + found.repairs))
      waiting.removeFirst(last + 1)
      return true
    }
    return false
  }

  private mutating func read(
    _ text: JoinedText, at place: Int, isBody: Bool, _ line: CleanLine
  ) -> (event: LogEvent, end: Int)? {
    var cursor = TextCursor(text.bytes, at: place)
    let tag = DriverTag.take(&cursor)
    var repairs = line.repairs
    if let fault = readFault(text, cursor, tag: tag, line) {
      return fault
    }
    guard let kind = kind(&cursor, tag: tag, isBody: isBody, line) else { return nil }
    if tag == .misspelt { repairs.append(.misspelt("DMAR :")) }
    let last = text.lastLine(before: cursor.at)
    if last > 0 { repairs.append(.joinedLines(last + 1)) }
    if cursor.slips > 0 { repairs.append(.misspelt(text.excerpt(place, cursor.at))) }
    let event = LogEvent(
      kind: kind, lines: line.number...text.numbers[last], time: line.time, repairs: repairs)
    return (event, cursor.at)
  }

  private func readFault(
    _ text: JoinedText, _ cursor: TextCursor, tag: DriverTag, _ line: CleanLine
  ) -> (event: LogEvent, end: Int)? {
    guard let next = cursor.next,
      next == UInt8(ascii: "[") || next == UInt8(ascii: "I") || next == UInt8(ascii: "D")
    else { return nil }
    guard var result = FaultReader.read(text.bytes, at: cursor.at) else { return nil }
    var distance = 0
    if result.observation.reason == nil {
      let elsewhere = reasonLine()
      distance = elsewhere.distance
      if let bytes = elsewhere.bytes,
        let other = FaultReader.read(text.bytes, at: cursor.at, reasonLine: bytes)
      {
        result = other
      }
    }
    var repairs = line.repairs
    var last = text.lastLine(before: result.end)
    let isElsewhere =
      last == 0 && distance > 0 && result.observation.reason != nil
      && ByteSearch.find("reason", in: Array(text.bytes[cursor.at..<result.end])) == nil
    if isElsewhere {
      last = distance
      if distance > 1 { repairs.append(.skippedForeignLines(distance - 1)) }
    }
    let isPair =
      result.observation.generation.map { $0 <= .f3 } ?? (result.observation.system == .xen)
    if last > 0, !(isPair && last == 1), !isElsewhere { repairs.append(.joinedLines(last + 1)) }
    for index in 1..<max(last + 1, 1) where index < waiting.count {
      for repair in waiting[index].repairs where !repairs.contains(repair) {
        repairs.append(repair)
      }
    }
    if tag == .none, !isPair { repairs.append(.lostPrefix) }
    if tag == .misspelt { repairs.append(.misspelt("DMAR :")) }
    repairs += result.repairs
    let event = LogEvent(
      kind: .fault(result.observation), lines: line.number...text.numbers[last], time: line.time,
      repairs: repairs)
    return (event, result.end)
  }

  /// In kernels before 4.7 the reason is on a line of its own, and others may get between.
  private func reasonLine() -> (bytes: [UInt8]?, distance: Int) {
    for (distance, line) in waiting.enumerated().dropFirst().prefix(6) {
      guard line.sequence == waiting[distance - 1].sequence + 1 else { break }
      let body = Array(line.bodyBytes)
      if ByteSearch.contains("[DMA ", in: body) || ByteSearch.contains("INTR-REMAP: Req", in: body)
      {
        break
      }
      if ByteSearch.contains("[fault reason", in: body)
        || ByteSearch.contains("DMAR: reason", in: body)
      {
        let start =
          ByteSearch.find("DMAR:[fault", in: body) ?? ByteSearch.find("INTR-REMAP:[fault", in: body)
          ?? ByteSearch.find("DMAR: reason", in: body)
        guard let start else { return (nil, 0) }
        // Its words may go on in the next line.
        var reason = Array(body[start...])
        if distance + 1 < waiting.count, !waiting[distance + 1].startsMessage,
          waiting[distance + 1].sequence == line.sequence + 1
        {
          reason.append(TextCursor.join)
          reason += waiting[distance + 1].bodyBytes
        }
        return (reason, distance)
      }
    }
    return (nil, 0)
  }

  private mutating func kind(
    _ cursor: inout TextCursor, tag: DriverTag, isBody: Bool, _ line: CleanLine
  ) -> LogEvent.Kind? {
    if let status = StatusForms.readStatus(&cursor) { return .status(status) }
    guard isBody || tag != .none else { return nil }
    if let found = DriverForms.read(&cursor, isTagged: tag != .none) {
      return LogEvent.Kind(found.line, wording: DumpForms.wording(of: found))
    }
    if isBody, let row = debugfs(&cursor) { return .fact(.debugfs(row)) }
    if tag != .none {
      let note = cursor.restOfLine()
      guard tag != .misspelt, !note.isEmpty, isBody else { return nil }
      _ = cursor.takeRestOfLine()
      return .fact(XenTable.read(note) ?? .dmarNote(String(note.prefix(240))))
    }
    if isBody {
      let functions = tree.read(line.bodyBytes)
      if !functions.isEmpty { return .fact(.busTree(functions)) }
    }
    return FactReader.read(&cursor)
  }

  private mutating func debugfs(_ cursor: inout TextCursor) -> DebugfsRow? {
    if let row = DebugfsReader.read(&cursor) {
      if case .registers = row { isInRegisters = true } else { isInRegisters = false }
      return row
    }
    guard isInRegisters else { return nil }
    return DebugfsReader.register(&cursor)
  }
}

extension LogEvent.Kind {
  /// Whether such lines stand together, so that more of them are to be expected behind it. What
  /// drivers say of their devices goes on for ever.
  fileprivate var comesWithOthers: Bool {
    switch self {
    case .fact(.driverMessage), .fact(.deviceNote), .note(.device): false
    default: true
    }
  }
}
