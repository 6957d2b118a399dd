import KernelLog
import PCI
import Text
import VTdFormats

/// Reads the fault records that systems other than Linux print.
enum OtherSystemReader {
  private enum Piece: Sendable {
    case words([UInt8])
    case hole(Hole)
  }

  private enum Hole: String, Sendable {
    case bus, dev, fn, seg, sid, why, addr, high, frame, index
    case decimalBus = "Bus"
    case decimalDevice = "Dev"
    case decimalFunction = "Fn"
    case decimalReason = "Why"
    case read, write, rw, words
    case ignored = "_"
    case anything = "..."
  }

  private struct Form: Sendable {
    var system: OtherSystem
    var access: FaultLine.Access?
    var anchor: [UInt8]
    var pieces: [Piece]
  }

  /// What the holes of a form held.
  private struct Values {
    var segment: UInt16?
    var bus: UInt64 = 0
    var device: UInt64 = 0
    var function: UInt64 = 0
    var source: SourceID?
    var reason: UInt64?
    var address: UInt64 = 0
    var high: UInt64 = 0
    var index: UInt64?
    var access: FaultLine.Access?
    var text = ""
  }

  /// Where a form begins in a line.
  struct Candidate {
    fileprivate var form: Int
    var place: Int
  }

  /// As many bytes of a form have to stand on its first line.
  private static let anchorLength = 12
  /// What `{...}` may hold.
  private static let longestGap = 240

  private static let forms: [Form] = OtherSystemForms.rows.map { row in
    let pieces = pieces(row.form)
    var anchor: [UInt8] = []
    if case .words(let words)? = pieces.first { anchor = Array(words.prefix(anchorLength)) }
    return Form(system: row.system, access: row.access, anchor: anchor, pieces: pieces)
  }

  /// For each byte the forms that begin with it.
  private static let starts: [[Int]] = {
    var starts = [[Int]](repeating: [], count: 256)
    for (index, form) in forms.enumerated() {
      if let first = form.anchor.first { starts[Int(first)].append(index) }
    }
    return starts
  }()

  /// For each byte whether a form begins with it.
  private static let isStart = starts.map { !$0.isEmpty }

  /// Where in the line forms begin. A form begins with a word.
  static func candidates(_ line: [UInt8]) -> [Candidate] {
    var found: [Candidate] = []
    var isWordStart = true
    line.withUnsafeBufferPointer { bytes in
      isStart.withUnsafeBufferPointer { isStart in
        for at in 0..<min(bytes.count, 512) {
          let byte = bytes[at]
          if isWordStart, isStart[Int(byte)] {
            for index in starts[Int(byte)] where bytes[at...].starts(with: forms[index].anchor) {
              found.append(Candidate(form: index, place: at))
            }
          }
          isWordStart = !ASCII.isLetter(byte) && !ASCII.isDigit(byte)
        }
      }
    }
    return found
  }

  /// Reads the record that begins at a candidate of `text`'s first line.
  static func read(_ text: [UInt8], _ candidate: Candidate) -> FaultReader.Result? {
    let form = forms[candidate.form]
    var cursor = TextCursor(text, at: candidate.place)
    var values = Values()
    values.access = form.access
    for (index, piece) in form.pieces.enumerated() {
      switch piece {
      case .words(let words): guard cursor.take(words) else { return nil }
      case .hole(.anything):
        guard case .words(let next)? = form.pieces.dropFirst(index + 1).first,
          skip(to: next, &cursor)
        else { return nil }
      case .hole(let hole): guard take(hole, &cursor, &values) else { return nil }
      }
    }
    return result(form.system, values, end: cursor.at)
  }

  private static func result(
    _ system: OtherSystem, _ values: Values, end: Int
  ) -> FaultReader.Result? {
    guard values.bus <= 0xff, values.device <= 0x1f, values.function <= 7,
      values.reason ?? 0 <= 0xff
    else { return nil }
    let source =
      values.source
      ?? SourceID(
        bus: UInt8(values.bus), device: UInt8(values.device), function: UInt8(values.function))
    let reason = values.reason.map(UInt8.init) ?? reason(of: values.text)
    var repairs: [Repair] = []
    let request: FaultLine.Request
    if let index = values.index {
      request = .interrupt(index: UInt16(truncatingIfNeeded: index))
    } else if let reason, FaultReasonTable.isInterruptReason(reason) {
      // Bits 63:48 of the record, which such printers show as an address.
      request = .interrupt(index: UInt16(truncatingIfNeeded: values.address >> 48))
    } else {
      if values.access == nil { repairs.append(.accessNotPrinted) }
      let access = values.access ?? (reason == FaultReason.writeRefused ? .write : .read)
      request = .dma(
        access: access, pasid: nil,
        address: IOVA(rawValue: values.high << 32 | values.address))
    }
    if reason == nil { repairs.append(.missingReason) }
    let observation = FaultObservation(
      request: request, source: source, segment: values.segment, reason: reason,
      reasonText: values.text, system: system)
    return FaultReader.Result(observation: observation, repairs: repairs, end: end)
  }

  private static func reason(of text: String) -> UInt8? {
    let text = text.lowercased()
    return OtherSystemForms.illumosReasons.first { row in
      row.words.allSatisfy { text.contains($0) }
    }?.reason
  }

  private static func take(
    _ hole: Hole, _ cursor: inout TextCursor, _ values: inout Values
  ) -> Bool {
    switch hole {
    case .bus, .dev, .fn, .seg, .sid, .why, .addr, .high, .frame, .index:
      guard let number = cursor.hexNumber()?.value else { return false }
      note(number, hole, &values)
    case .decimalBus, .decimalDevice, .decimalFunction, .decimalReason, .read, .write:
      guard let number = cursor.decimalNumber(maximumDigits: 3) else { return false }
      note(UInt64(number), hole, &values)
    case .rw:
      if cursor.take("read") {
        values.access = .read
      } else if cursor.take("write") {
        values.access = .write
      } else {
        return false
      }
    case .words: values.text = cursor.takeWordsOfNextLine()
    case .ignored:
      // A number where digits stand here, and a word otherwise.
      if cursor.next.map(ASCII.isDigit) == true { return cursor.hexNumber() != nil }
      return !cursor.word().isEmpty
    case .anything: break
    }
    return true
  }

  private static func note(_ number: UInt64, _ hole: Hole, _ values: inout Values) {
    switch hole {
    case .bus, .decimalBus: values.bus = number
    case .dev, .decimalDevice: values.device = number
    case .fn, .decimalFunction: values.function = number
    case .seg: values.segment = UInt16(truncatingIfNeeded: number)
    case .sid: values.source = SourceID(rawValue: UInt16(truncatingIfNeeded: number))
    case .why, .decimalReason: values.reason = number
    case .addr: values.address = number
    case .high: values.high = number
    case .frame: values.address = UInt64(page: number)
    case .index: values.index = number
    case .read: values.access = number == 0 ? .write : .read
    case .write: values.access = number == 0 ? .read : .write
    case .rw, .words, .ignored, .anything: break
    }
  }

  /// Goes on to `words`, which have to come soon.
  private static func skip(to words: [UInt8], _ cursor: inout TextCursor) -> Bool {
    var trial = cursor
    let last = min(cursor.text.count, cursor.at + longestGap)
    var at = cursor.at
    while at < last {
      trial.advance(to: at)
      // `pci0:` and not `pcib2:`: where the words end in a letter, no other follows.
      if cursor.text[at] == words.first, trial.take(words),
        !(words.last.map(ASCII.isLetter) == true && trial.next.map(ASCII.isLetter) == true)
      {
        cursor.advance(to: at)
        return true
      }
      at += 1
    }
    return false
  }

  private static func pieces(_ form: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = form[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      if open > rest.startIndex { pieces.append(.words(Array(rest[..<open].utf8))) }
      if let hole = Hole(rawValue: String(rest[rest.index(after: open)..<close])) {
        pieces.append(.hole(hole))
      }
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { pieces.append(.words(Array(rest.utf8))) }
    return pieces
  }
}

extension FaultReason {
  /// The reason of which it is known that the access was a write.
  fileprivate static let writeRefused: UInt8 = 5
}

extension TextCursor {
  /// The words of this line, or of the next where this one is at its end.
  fileprivate mutating func takeWordsOfNextLine() -> String {
    skipBlanks()
    return takeRestOfLine()
  }
}
