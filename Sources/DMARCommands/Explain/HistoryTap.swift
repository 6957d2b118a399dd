internal import Glibc
internal import MachineEvidence

/// Keeps the text of inputs that cannot be read a second time, a pipe or a file in an archive, as far
/// as it holds events of a mapping history.
struct HistoryTap {
  /// The text of one input.
  struct Kept {
    var path: String
    var bytes: [UInt8]
    /// The number of its first line.
    var firstLine: Int
  }

  /// How many bytes of text are kept; of a longer history the latest ones.
  private static let most = 64 << 20
  /// A text is searched in pieces of this many bytes.
  private static let piece = 1 << 20

  private(set) var kept: [Kept] = []
  private var size = 0
  private var path = ""
  private var waiting: [UInt8] = []
  private var line = 1
  /// The inputs whose text was handed in here.
  private(set) var seen: Set<String> = []

  mutating func take(_ path: String, _ bytes: UnsafeRawBufferPointer) {
    if path != self.path {
      end()
      self.path = path
      line = 1
      seen.insert(path)
    }
    waiting += bytes
    if waiting.count >= Self.piece { look(isLast: false) }
  }

  /// Ends the present input.
  mutating func end() {
    look(isLast: true)
    waiting = []
  }

  private mutating func look(isLast: Bool) {
    guard !waiting.isEmpty else { return }
    var scanner = HistoryScanner(AddressFocus([UInt64]()))
    let done = waiting.withUnsafeBytes {
      scanner.scan($0, isLast: isLast) { _ in HistoryInterest() }
    }
    if !scanner.counts.isEmpty || !scanner.busErrors.isEmpty {
      kept.append(Kept(path: path, bytes: Array(waiting[..<done]), firstLine: line))
      size += done
      while size > Self.most, kept.count > 1 { size -= kept.removeFirst().bytes.count }
    }
    line += scanner.lineNumber - 1
    waiting.removeFirst(done)
  }
}
