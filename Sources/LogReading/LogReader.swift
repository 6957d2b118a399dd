import Text

/// Reads a kernel log in whatever state it arrives and says what stands in it.
///
/// Bytes go in as they come; events come out in the order of the lines. Memory does not depend on
/// the length of the log. The reader never fails: what it cannot read is not an event.
public struct LogReader: Sendable {
  /// How many lines one record may be spread over.
  static let longestRecord = 8

  private var scanner = LineScanner()
  private var records: RecordReader
  /// The beginning of a line whose end has not come yet.
  private var carry: [UInt8] = []

  /// Lines seen so far.
  public var lineCount: Int { scanner.lineNumber - (sawBytes && lastByteWasNewline ? 1 : 0) }
  /// Lines so far that a kernel's log has by their prefix, of those that were looked at.
  public var kernelLineCount: Int { records.kernelLines }
  /// Bytes seen so far that no text has: control characters other than white space and escape.
  private var binaryBytes = 0
  /// How many bytes were read.
  public private(set) var byteCount = 0
  /// Whether the input does not begin as text does: a twentieth of its first 64 KiB are not characters.
  /// Packed and encrypted data, whose bytes are all equally frequent, have a tenth.
  public var isBinary: Bool { isHexDump || binaryBytes * 20 > min(byteCount, 1 << 16) }
  /// Whether the input is a dump of another file's bytes. Beside the numbers it has pieces of that file's
  /// text, in which no record stands whole, so that nothing is read of them.
  private var isHexDump = false
  private var sawBytes = false
  private var lastByteWasNewline = false

  /// A reader that was given nothing yet.
  ///
  /// - Parameter path: where the log comes from; the files of sysfs hold values that only their
  ///   paths explain.
  public init(path: String = "") { records = RecordReader(path: path) }

  /// Reads the next bytes. Events of the last lines may come only with the next call or with
  /// `flush`, because a record may go on in the lines behind it.
  public mutating func read(_ bytes: UnsafeRawBufferPointer, emit: (LogEvent) -> Void) {
    if bytes.isEmpty { return }
    note(bytes)
    if isHexDump { return }
    if carry.isEmpty {
      let done = scan(bytes, isLast: false, emit)
      carry.append(contentsOf: bytes[done...])
    } else {
      carry.append(contentsOf: bytes)
      let whole = carry
      let done = whole.withUnsafeBytes { scan($0, isLast: false, emit) }
      carry.removeFirst(done)
    }
  }

  /// Reads what is in `buffer` and answers how many bytes are done with; the caller puts the rest
  /// before the next bytes. This is `read` without a copy, for files.
  public mutating func consume(
    _ buffer: UnsafeRawBufferPointer, newBytes: Int, isLast: Bool, emit: (LogEvent) -> Void
  ) -> Int {
    note(UnsafeRawBufferPointer(rebasing: buffer.suffix(newBytes)))
    if isHexDump { return buffer.count }
    return scan(buffer, isLast: isLast, emit)
  }

  /// Hands out what is waiting for further lines, as when a live log has gone quiet.
  public mutating func flush(emit: (LogEvent) -> Void) {
    records.flush(emit)
  }

  /// Ends the log.
  public mutating func finish(emit: (LogEvent) -> Void) {
    let rest = carry
    carry = []
    _ = rest.withUnsafeBytes { scan($0, isLast: true, emit) }
    records.finish(emit)
  }

  private mutating func scan(
    _ bytes: UnsafeRawBufferPointer, isLast: Bool, _ emit: (LogEvent) -> Void
  ) -> Int {
    var records = self.records
    self.records = RecordReader()
    defer { self.records = records }
    return scanner.scan(bytes, isLast: isLast) { line, number, isCut in
      records.take(line, number: number, isCut: isCut, emit)
    }
  }

  /// `hexdump -C` begins with the offset 00000000 and two blanks, xxd with it and a colon, od with seven
  /// zeros and a blank.
  private static func beginsAsHexDump(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let zeros = bytes.prefix(8).prefix { $0 == UInt8(ascii: "0") }.count
    let behind = bytes.dropFirst(zeros).prefix(2)
    return zeros == 7 && behind.first == ASCII.space
      || zeros == 8 && (behind.elementsEqual("  ".utf8) || behind.elementsEqual(": ".utf8))
  }

  private mutating func note(_ bytes: UnsafeRawBufferPointer) {
    guard let last = bytes.last else { return }
    if byteCount == 0 { isHexDump = Self.beginsAsHexDump(bytes) }
    sawBytes = true
    lastByteWasNewline = last == ASCII.newline
    // The beginning tells what kind of file it is.
    if byteCount < 1 << 16 {
      for byte in bytes.prefix(1 << 16)
      where byte < ASCII.space && !(0x08...0x0d).contains(byte) && byte != ASCII.escape {
        binaryBytes += 1
      }
    }
    byteCount += bytes.count
  }
}
