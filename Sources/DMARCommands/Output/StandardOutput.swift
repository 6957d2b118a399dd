internal import Glibc
internal import Text

/// Messages; results go to standard output.
enum StandardError {
  /// Prints one line. Line ends and control characters in it are shown escaped: they come from names
  /// and from inputs.
  static func print(_ line: String) {
    write(PrintableText.oneLine(line) + "\n")
  }

  /// Prints several lines of the program's own.
  ///
  /// A message that cannot be written is lost: there is no other place to say so.
  static func write(_ text: String) {
    _ = Descriptor.write(Array(PrintableText.lines(text).utf8), to: STDERR_FILENO)
  }
}

/// Results on standard output. Text is gathered and written in large pieces.
///
/// Whoever prints has to `flush()` at the end, which says whether all of it was written.
struct Output {
  private var buffer: [UInt8] = []
  private let descriptor: Int32
  /// errno of the first write that failed; what comes behind it is dropped.
  private var failure: Int32 = 0
  private static let size = 1 << 16

  init(to descriptor: Int32 = STDOUT_FILENO) {
    self.descriptor = descriptor
  }

  /// Prints a text and a line end. Control characters other than line ends and tabs are escaped.
  mutating func print(_ text: String) {
    write(PrintableText.lines(text) + "\n")
  }

  /// Prints a text that has its control characters (colours) from this program alone.
  mutating func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.size { send() }
  }

  /// Prints bytes of the program's own behind what was gathered: a large piece, which is not copied.
  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    send()
    if failure == 0 { failure = Descriptor.write(bytes, to: descriptor) }
  }

  /// Whether a write failed, so that nothing more needs to be made.
  var hasFailed: Bool { failure != 0 }

  /// Writes what was gathered.
  ///
  /// - Throws: where a write failed, now or before. A reader that went away is not a failure: there is
  ///   nobody left to tell.
  mutating func flush() throws(OutputError) {
    send()
    if failure != 0, failure != EPIPE {
      throw .cannotWrite(
        descriptor == STDOUT_FILENO ? "standard output" : "standard error", failure)
    }
  }

  private mutating func send() {
    if failure == 0, !buffer.isEmpty { failure = Descriptor.write(buffer, to: descriptor) }
    buffer.removeAll(keepingCapacity: true)
  }
}
