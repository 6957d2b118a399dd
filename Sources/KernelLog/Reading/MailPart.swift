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
  /// Digits that do not make three bytes yet.
  private var digits: UInt32 = 0
  private var digitCount = 0
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
        (digits, digitCount, bytes, isFirstLine) = (0, 0, [], true)
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
    while let end = bytes[start...].firstIndex(of: 0x0a) {
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
    for byte in line {
      switch byte {
      case 0x0d, 0x20, 0x09, 0x3d: continue
      default:
        guard let digit = Self.digit(byte) else { return false }
        digits = digits << 6 | UInt32(digit)
        digitCount += 1
        if digitCount == 4 { emit(3) }
      }
    }
    // Padding ends the whole text.
    if line.contains(0x3d), digitCount > 1 {
      let left = digitCount
      digits <<= UInt32(6 * (4 - left))
      emit(left - 1)
    }
    return true
  }

  private mutating func emit(_ count: Int) {
    for index in 0..<count {
      bytes.append(UInt8(truncatingIfNeeded: digits >> UInt32(16 - 8 * index)))
    }
    (digits, digitCount) = (0, 0)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x41...0x5a: byte - 0x41
    case 0x61...0x7a: byte - 0x61 + 26
    case 0x30...0x39: byte - 0x30 + 52
    case 0x2b: 62
    case 0x2f: 63
    default: nil
    }
  }

  private static func isBlank(_ line: UnsafeRawBufferPointer) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
  }

  private static func isHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count >= 33, line.count < 80, line[0] | 0x20 == 0x63 else { return false }
    let bytes = Array(line)
    return ByteSearch.find("content-transfer-encoding:", in: bytes) == 0
      && ByteSearch.contains("base64", in: bytes)
  }
}
