import Text

/// Takes the base64 parts of a mail apart: a log that was attached stands in one, as text or packed.
///
/// A part begins at the empty line behind a `Content-Transfer-Encoding: base64` and ends with the
/// first line that is no base64.
struct MailPart: Sendable {
  private enum State: Sendable { case outside, header, body, packed }

  /// What a packed part may take, and what may come out of it; more is for other tools.
  private static let mostPacked = 1 << 24
  private static let mostUnpacked = 1 << 26

  private var state = State.outside
  private var decoder = Base64.Decoder()
  /// The beginning of a line, or a packed file as far as it has come.
  private var bytes: [UInt8] = []
  private var isFirstLine = false

  init() {}

  var isInside: Bool { state == .body || state == .packed }

  /// Takes a line of the mail. Answers whether it belongs to a part, and the lines of text that are
  /// whole with it.
  mutating func take(_ line: UnsafeRawBufferPointer) -> (isPart: Bool, lines: [[UInt8]]) {
    switch state {
    case .outside:
      if Self.isHeader(line) { state = .header }
      return (false, [])
    case .header:
      if Self.isBlank(line) {
        state = .body
        (decoder, bytes, isFirstLine) = (Base64.Decoder(), [], true)
      }
      return (false, [])
    case .body, .packed:
      if Self.isBlank(line), isFirstLine { return (true, []) }
      guard decode(line) else { return (false, finish()) }
      if isFirstLine {
        isFirstLine = false
        if bytes.starts(with: [0x1f, 0x8b]) { state = .packed }
      }
      if state == .packed {
        if bytes.count > Self.mostPacked { bytes = [] }
        return (true, [])
      }
      return (true, wholeLines())
    }
  }

  /// Ends the part and gives what is left of it.
  mutating func finish() -> [[UInt8]] {
    defer {
      state = .outside
      bytes = []
    }
    guard state == .packed else { return bytes.isEmpty ? [] : wholeLines() + [bytes] }
    var unpacker = Gunzip(bytes)
    var text: [UInt8] = []
    // A damaged end still leaves what came before it.
    try? unpacker.unpack { if text.count < Self.mostUnpacked { text += $0 } }
    bytes = text
    let lines = wholeLines()
    return bytes.isEmpty ? lines : lines + [bytes]
  }

  private mutating func wholeLines() -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: ASCII.newline) {
      lines.append(Array(bytes[start..<end].prefix(LineScanner.longestLine)))
      start = end + 1
    }
    bytes.removeFirst(start)
    if bytes.count > LineScanner.longestLine { bytes = [] }
    return lines
  }

  /// Adds a line of base64; false where it is none.
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
