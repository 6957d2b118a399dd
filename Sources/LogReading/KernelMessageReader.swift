import KernelLog
import PCI
import Text
import VTdFormats

/// Finds the messages of `KernelMessageForms` in lines.
struct KernelMessageReader: Sendable {
  private enum Piece: Sendable {
    case words([UInt8])
    case decimal, hexadecimal, device, guestDevice, word, anything
  }

  private struct Form: Sendable {
    var kind: KernelMessage.Kind
    /// What the form begins with; case counts.
    var anchor: [UInt8]
    var pieces: [Piece]
  }

  /// Longer lines hold no message of a kernel.
  private static let longestLine = 2048

  private static let forms: [Form] = KernelMessageForms.rows.map { row in
    var pieces = Self.pieces(Array(row.form.utf8))
    var anchor: [UInt8] = []
    if case .words(let words) = pieces.first {
      // A wrapped line may end inside the words: the first of them finds the place.
      anchor = Array(words.prefix(Self.anchorLength))
      pieces[0] = .words(words)
    }
    return Form(kind: row.kind, anchor: anchor, pieces: pieces)
  }

  /// As many bytes of a form have to stand on its first line.
  private static let anchorLength = 8

  /// For each pair of bytes the forms that begin with it; nearly all are empty.
  private static let starts: [UInt16: [Int]] = {
    var starts: [UInt16: [Int]] = [:]
    for (index, form) in forms.enumerated() where form.anchor.count >= 4 {
      starts[UInt16(form.anchor[0]) << 8 | UInt16(form.anchor[1]), default: []].append(index)
    }
    return starts
  }()

  /// One bit for each first byte that a form begins with.
  private static let firstBytes: [Bool] = {
    var bytes = [Bool](repeating: false, count: 256)
    for form in forms { if let first = form.anchor.first { bytes[Int(first)] = true } }
    return bytes
  }()

  /// Where in `line` a form may begin, with the forms; nil where none does.
  static func candidates(_ line: ArraySlice<UInt8>) -> [(place: Int, form: Int)] {
    guard line.count >= 8, line.count <= longestLine else { return [] }
    var found: [(place: Int, form: Int)] = []
    var at = line.startIndex
    while at + 4 <= line.endIndex {
      if firstBytes[Int(line[at])],
        let forms = starts[UInt16(line[at]) << 8 | UInt16(line[at + 1])]
      {
        for form in forms where line[at...].starts(with: Self.forms[form].anchor) {
          found.append((at, form))
        }
      }
      at += 1
    }
    return found
  }

  /// Reads the message that begins at `place` of `text`, whose body begins at `body`.
  static func read(
    _ text: [UInt8], _ candidate: (place: Int, form: Int), body: Int
  ) -> KernelMessage? {
    let form = forms[candidate.form]
    var cursor = TextCursor(text, at: candidate.place)
    var message = KernelMessage(kind: form.kind)
    for (index, piece) in form.pieces.enumerated() {
      guard take(piece, before: form.pieces.dropFirst(index + 1).first, &cursor, &message) else {
        return nil
      }
    }
    var line = TextCursor(text, at: body)
    message.text = String(line.restOfLine().prefix(240))
    let speaker = speaker(&line)
    message.driver = speaker.driver
    if message.device == nil { message.device = speaker.device }
    return message
  }

  private static func take(
    _ piece: Piece, before next: Piece?, _ cursor: inout TextCursor,
    _ message: inout KernelMessage
  ) -> Bool {
    switch piece {
    case .words(let words): return cursor.take(words)
    case .decimal:
      guard let number = cursor.decimalNumber() else { return false }
      message.numbers.append(UInt64(max(number, 0)))
    case .hexadecimal:
      guard let number = cursor.hexNumber(acrossJoins: true) else { return false }
      message.numbers.append(number.value)
    case .device:
      cursor.skipBlanks()
      if let address = cursor.pciAddress() {
        message.device = address
      } else if let source = cursor.sourceID() {
        message.device = PCIAddress(sourceID: source)
      } else {
        return false
      }
    case .guestDevice:
      // QEMU writes bus, device and function alike: `00:04:00`.
      let parts = cursor.word().split(separator: ":").map { $0.filter { $0.isHexDigit } }
      guard parts.count == 3, let bus = UInt8(parts[0], radix: 16),
        let device = UInt8(parts[1], radix: 16), let function = UInt8(parts[2], radix: 16)
      else { return false }
      message.device = PCIAddress(bus: bus, device: device, function: function)
    case .word:
      var word = cursor.word()
      let end = cursor.at
      var marks = 0
      while let last = word.last, ",:;)".contains(last) {
        word.removeLast()
        marks += 1
      }
      guard !word.isEmpty else { return false }
      message.words.append(word)
      // Marks behind the word are the form's own where its next words begin with one.
      if case .words(let words)? = next, let first = words.first, marks > 0,
        ",:;)".utf8.contains(first)
      {
        cursor.advance(to: end - marks)
      }
    case .anything:
      let rest = cursor.restOfLine()
      guard case .words(let words)? = next else {
        message.words.append(rest)
        _ = cursor.takeRestOfLine()
        return true
      }
      let bytes = Array(rest.utf8)
      guard let place = place(of: words, in: bytes) else { return false }
      message.words.append(String(decoding: bytes[..<place], as: UTF8.self))
      cursor.advance(to: cursor.at + place)
    }
    return true
  }

  private static func place(of words: [UInt8], in bytes: [UInt8]) -> Int? {
    guard bytes.count >= words.count else { return nil }
    return (0...bytes.count - words.count).first { bytes[$0...].starts(with: words) }
  }

  /// `driver ssss:bb:dd.f: ` at a line's beginning.
  private static func speaker(
    _ cursor: inout TextCursor
  ) -> (driver: String, device: PCIAddress?) {
    let driver = cursor.word()
    guard !driver.isEmpty, driver.utf8.count <= 40 else { return ("", nil) }
    if driver.last == ":" { return (String(driver.dropLast()), nil) }
    guard cursor.next == ASCII.space, let address = cursor.pciAddress() else { return ("", nil) }
    return (driver, address)
  }

  private static func pieces(_ form: [UInt8]) -> [Piece] {
    var pieces: [Piece] = []
    var words: [UInt8] = []
    var at = 0
    while at < form.count {
      if form[at] == UInt8(ascii: "%"), at + 1 < form.count, let hole = hole(form[at + 1]) {
        if !words.isEmpty { pieces.append(.words(words)) }
        words = []
        pieces.append(hole)
        at += 2
      } else {
        words.append(form[at])
        at += 1
      }
    }
    if !words.isEmpty { pieces.append(.words(words)) }
    return pieces
  }

  private static func hole(_ letter: UInt8) -> Piece? {
    switch letter {
    case UInt8(ascii: "d"): .decimal
    case UInt8(ascii: "x"): .hexadecimal
    case UInt8(ascii: "p"): .device
    case UInt8(ascii: "g"): .guestDevice
    case UInt8(ascii: "s"): .word
    case UInt8(ascii: "*"): .anything
    default: nil
    }
  }
}
