internal import KernelLog
internal import Lockdep
internal import LogReading
internal import Recording
internal import Text

/// A part of a line of the log, and the place on the page that it links to.
struct LinePart: Equatable {
  var text: String
  /// The id of an element; nil where it leads nowhere.
  var place: String?
}

/// Where the parts of the kernel's lines lead: the line of a fault to the request's way, to its walk and
/// to the entry where it stops, a line of the dump to the entry that it prints, a line of a lock report
/// to what it tells of the locks.
struct LinePlaces {
  private let record: RunRecord
  private let subjects: [Int: LineSubject]
  /// The section that shows a request, by the request's event; nil where the page shows none.
  private let section: (Int) -> RequestSection?
  private let tree: TableTree
  private let locks: LockSection
  /// The part of a lock report to which the next lines belong.
  private var part = ReportPart.report

  private enum ReportPart {
    case report, orders
    case stack(String)
  }

  /// - Parameters:
  ///   - record: the run.
  ///   - tree: the page's tables.
  ///   - locks: what the page says of locks.
  ///   - section: the section that shows a request, or one of its kind; nil where none does.
  init(
    _ record: RunRecord, tree: TableTree, locks: LockSection,
    section: @escaping (Int) -> RequestSection?
  ) {
    self.record = record
    subjects = LineSubject.all(of: record)
    (self.tree, self.locks, self.section) = (tree, locks, section)
  }

  /// The parts of a line's text, which may hold several lines.
  mutating func parts(of event: RunEvent, _ text: String) -> [LinePart] {
    switch subjects[event.id] {
    case .lockReport(let number): return [LinePart(text: text, place: place(text, of: number))]
    case .request(let request): return parts(text, of: request)
    case nil: return [LinePart(text: text, place: nil)]
    }
  }

  // MARK: Faults

  private func parts(_ text: String, of request: Int) -> [LinePart] {
    let section = section(request)
    let bytes = Array(text.utf8)
    if let place = Self.address(in: bytes) {
      let walk = record.walk(of: request)
      let end = section?.stop ?? walk.last.flatMap { tree.place(of: $0) }
      func part(_ range: Range<Int>, _ place: String?) -> LinePart {
        LinePart(text: String(decoding: bytes[range], as: UTF8.self), place: place)
      }
      return [
        part(0..<place.lowerBound, section?.way),
        part(place, section?.walk ?? end),
        part(place.upperBound..<bytes.count, end),
      ]
    }
    guard let line = Self.dumped(bytes) else {
      return [LinePart(text: text, place: section?.way)]
    }
    let entry = line.entry(of: record.walk(of: request)).flatMap { tree.place(of: $0) }
    return [LinePart(text: text, place: entry ?? section?.walk)]
  }

  /// Where a fault's line has its address, or its index.
  private static func address(in bytes: [UInt8]) -> Range<Int>? {
    var cursor = TextCursor(bytes)
    _ = DriverTag.take(&cursor)
    return FaultForms.read(&cursor)?.place
  }

  /// A line of the dump.
  private static func dumped(_ bytes: [UInt8]) -> DumpLine? {
    var cursor = TextCursor(bytes)
    let isTagged = DriverTag.take(&cursor) != .none
    guard case .dump(let line) = DriverForms.read(&cursor, isTagged: isTagged)?.line else {
      return nil
    }
    return line
  }

  /// The entry that a line of a dump is about; nil for any other line.
  func entry(of event: RunEvent, _ text: String) -> UInt64? {
    guard case .request(let request) = subjects[event.id] else { return nil }
    return Self.dumped(Array(text.utf8))?.entry(of: record.walk(of: request))?.address
  }

  /// The request whose fault, or whose tables, a line prints; nil for any other line.
  func request(of event: RunEvent, _ text: String) -> Int? {
    guard case .request(let request) = subjects[event.id] else { return nil }
    let bytes = Array(text.utf8)
    return Self.address(in: bytes) != nil || Self.dumped(bytes) != nil ? request : nil
  }

  // MARK: Locks

  private mutating func place(_ text: String, of number: Int) -> String? {
    let line = text.drop { $0 == "\n" }
    if line.hasPrefix("-> #") {
      part = .orders
    } else if let found = SplatLines.read(line) {
      switch found.line {
      case .registered: part = .stack(found.values.first ?? "")
      case .existingChain: part = .orders
      default: part = .report
      }
    } else if let place = locks.place(ofClassIn: line) {
      // The line of a lock that is taken or held.
      part = .report
      return place
    } else if !line.hasPrefix(" ") {
      part = .report
    }
    switch part {
    case .report: return locks.place(ofReport: number)
    case .orders: return locks.placeOfOrders ?? locks.place(ofReport: number)
    case .stack(let usage):
      return locks.place(ofStack: usage, report: number) ?? locks.place(ofReport: number)
    }
  }
}
