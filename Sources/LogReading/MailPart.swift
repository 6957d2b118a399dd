import Text

/// Takes the base64 parts of a mail apart: a log that was attached stands in one, as text or packed.
///
/// A part begins at the empty line behind a `Content-Transfer-Encoding: base64` and ends with the
/// first line that is not base64.
struct MailPart: Sendable {
  private enum State: Sendable {
    case outside, header, body
    /// Packed by gzip, which is read here.
    case packed
    /// Packed otherwise.
    case foreign
  }

  /// What a line of a mail gave.
  struct Taken {
    /// Whether the line belongs to a part.
    var isPart: Bool
    /// The lines of text that are whole with it.
    var lines: [[UInt8]] = []
    /// The file that ended with it.
    var attachment: PackedAttachment?
  }

  /// What a packed part may take, and what may come out of it; more is for other tools.
  private static let mostPacked = 1 << 24
  private static let mostUnpacked = 1 << 26

  private var state = State.outside
  private var decoder = Base64.Decoder()
  /// The beginning of a line, or a packed file as far as it has come.
  private var bytes: [UInt8] = []
  /// How many of the bytes have no line end: a line that comes in thousands of pieces is looked through
  /// once.
  private var searched = 0
  private var isFirstLine = false
  /// What the header of the part calls its file.
  private var name = ""

  init() {}

  /// Takes a line of the mail.
  mutating func take(_ line: UnsafeRawBufferPointer) -> Taken {
    switch state {
    case .outside:
      if Self.isHeader(line) { state = .header }
      noteName(line)
      return Taken(isPart: false)
    case .header:
      noteName(line)
      if Self.isBlank(line) {
        state = .body
        (decoder, bytes, isFirstLine) = (Base64.Decoder(), [], true)
        searched = 0
      }
      return Taken(isPart: false)
    case .body, .packed, .foreign:
      if Self.isBlank(line), isFirstLine { return Taken(isPart: true) }
      guard decode(line) else {
        var taken = finish()
        taken.isPart = false
        return taken
      }
      if isFirstLine {
        isFirstLine = false
        if bytes.starts(with: [0x1f, 0x8b]) { state = .packed }
        if PackedAttachment.isPacked(bytes) { state = .foreign }
      }
      if state != .body {
        if bytes.count > Self.mostPacked { bytes = [] }
        return Taken(isPart: true)
      }
      return Taken(isPart: true, lines: wholeLines())
    }
  }

  /// Ends the part and gives what is left of it.
  mutating func finish() -> Taken {
    defer {
      state = .outside
      (bytes, searched) = ([], 0)
      name = ""
    }
    switch state {
    case .outside, .header: return Taken(isPart: false)
    case .body: return Taken(isPart: true, lines: bytes.isEmpty ? [] : wholeLines() + [bytes])
    case .foreign:
      return Taken(
        isPart: true,
        attachment: bytes.isEmpty ? nil : PackedAttachment(name: name, bytes: bytes))
    case .packed: break
    }
    var unpacker = Gunzip(bytes)
    var text: [UInt8] = []
    // A damaged end still leaves what came before it.
    try? unpacker.unpack(atMost: Self.mostUnpacked) { text += $0 }
    if PackedAttachment.isArchive(text) {
      return Taken(isPart: true, attachment: PackedAttachment(name: name, bytes: bytes))
    }
    (bytes, searched) = (text, 0)
    let lines = wholeLines()
    return Taken(isPart: true, lines: bytes.isEmpty ? lines : lines + [bytes])
  }

  /// `Content-Disposition: attachment; filename="dmesg.xz"`, or `name=` in the part's type.
  private mutating func noteName(_ line: UnsafeRawBufferPointer) {
    guard line.count > 5, line.count < 300 else { return }
    if line[0] == UInt8(ascii: "-"), line[1] == UInt8(ascii: "-") { name = "" }
    guard ByteSearch.holds(UInt8(ascii: "="), in: line) else { return }
    let bytes = Array(line)
    guard let place = ByteSearch.find("name=", in: bytes) else { return }
    let rest = bytes[(place + 5)...].drop { $0 == UInt8(ascii: "\"") }
    let text = rest.prefix {
      $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ";") && !ASCII.isWhiteSpace($0)
    }
    if !text.isEmpty { name = String(decoding: text.prefix(120), as: UTF8.self) }
  }

  private mutating func wholeLines() -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = bytes[max(start, searched)...].firstIndex(of: ASCII.newline) {
      lines.append(Array(bytes[start..<end].prefix(LineScanner.longestLine)))
      start = end + 1
    }
    bytes.removeFirst(start)
    if bytes.count > LineScanner.longestLine { bytes = [] }
    searched = bytes.count
    return lines
  }

  /// Adds a line of base64; false for a line that is not base64.
  private mutating func decode(_ line: UnsafeRawBufferPointer) -> Bool {
    guard !Self.isBlank(line) else { return false }
    for byte in line
    where !ASCII.isWhiteSpace(byte) && byte != Base64.padding && Base64.value(of: byte) == nil {
      return false
    }
    for byte in line {
      if let decoded = decoder.take(byte) { bytes.append(decoded) }
    }
    // Padding ends the whole text; another may follow.
    if line.contains(Base64.padding) { decoder = Base64.Decoder() }
    return true
  }

  private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy(ASCII.isWhiteSpace)
  }

  private static func isHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count >= 33, line.count < 80, ASCII.lowercased(line[0]) == UInt8(ascii: "c") else {
      return false
    }
    let bytes = Array(line)
    return ByteSearch.find("content-transfer-encoding:", in: bytes) == 0
      && ByteSearch.contains("base64", in: bytes)
  }
}
