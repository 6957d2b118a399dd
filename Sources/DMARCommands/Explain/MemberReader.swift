import LogReading
import Text
internal import ACPITables
internal import Scenario
internal import ScenarioFormat
internal import Unpacking

/// Reads the files that come out of an archive or a stream: logs as they come, a table or a snapshot
/// when it is whole.
struct MemberReader {
  private enum State {
    case head([UInt8])
    case log(LogReader, hasSpoken: Bool)
    case platform(PlatformInput.Kind, [UInt8])
    case skipped
  }

  /// After this many bytes a file that does not look like text is skipped.
  private static let mostBinary = 1 << 16
  /// The greatest size in bytes of a table or a snapshot.
  private static let mostPlatform = 1 << 24

  /// What the command line calls the input.
  private let input: String
  private let allowance: UnfoldingAllowance
  private var path = ""
  /// Bytes of all files so far.
  private var byteCount = 0
  private var state = State.skipped
  private var head: [UInt8] = []
  private var attachments: Attachments

  /// - Parameters:
  ///   - input: what the command line calls the input.
  ///   - depth: how many mails the input came with, one in the other.
  ///   - allowance: what may come out of the input.
  init(input: String, depth: Int = 0, allowance: UnfoldingAllowance) {
    self.input = input
    self.allowance = allowance
    attachments = Attachments(depth: depth, allowance: allowance)
  }

  /// Whether the input held more events than allowed, so that no more of it is read.
  var isOver: Bool { allowance.isOver }

  /// Whether the file of this name is not text, and the rest of it is not looked at.
  func hasPassedOver(_ name: String) -> Bool {
    if case .skipped = state { return path == name }
    return false
  }

  mutating func take(_ piece: UnpackedPiece, _ sink: (EvidencePiece) -> Void) {
    switch piece {
    case .begin(let path):
      self.path = path
      head = []
      state = .head([])
    case .bytes(let bytes): take(bytes, sink)
    case .end: end(sink)
    // Once reading has stopped, an input that ends early is no failure of its own.
    case .failure where isOver: break
    case .failure(let path, let failure):
      sink(.unread(UnreadInput(path: path, words: "\(failure)", weight: .missing)))
    }
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer, _ sink: (EvidencePiece) -> Void) {
    if isOver { return }
    byteCount &+= bytes.count
    sink(.bytes(bytes.count))
    sink(.text(path: path, bytes))
    switch state {
    case .head(var head):
      state = .skipped
      head += bytes
      if head.count >= PlatformKind.headLength { decide(head, sink) } else { state = .head(head) }
    case .log(var reader, let hasSpoken):
      state = .skipped
      read(bytes, &reader, hasSpoken, sink)
    case .platform(let kind, var content):
      state = .skipped
      content += bytes
      if content.count <= Self.mostPlatform { state = .platform(kind, content) }
    case .skipped: break
    }
  }

  private mutating func decide(_ head: [UInt8], _ sink: (EvidencePiece) -> Void) {
    self.head = Array(head.prefix(64))
    if let kind = PlatformInput.Kind(head: head, path: path) {
      state = .platform(kind, head)
    } else {
      var reader = LogReader(path: path)
      head.withUnsafeBytes { read($0, &reader, false, sink) }
    }
  }

  private mutating func read(
    _ bytes: UnsafeRawBufferPointer, _ reader: inout LogReader, _ hasSpoken: Bool,
    _ sink: (EvidencePiece) -> Void
  ) {
    var hasSpoken = hasSpoken
    reader.read(bytes) { speak($0, &hasSpoken, sink) }
    let isNoText = reader.isBinary && !hasSpoken && reader.byteCount > Self.mostBinary
    if isNoText {
      end(reader, hasSpoken, sink)
    } else {
      state = .log(reader, hasSpoken: hasSpoken)
    }
  }

  private mutating func speak(
    _ event: LogEvent, _ hasSpoken: inout Bool, _ sink: (EvidencePiece) -> Void
  ) {
    if attachments.take(event, of: path) || isOver { return }
    allowance.countEvent()
    if isOver { return tellLimit(sink) }
    if !hasSpoken { sink(.file(path)) }
    hasSpoken = true
    sink(.event(event))
  }

  private func tellLimit(_ sink: (EvidencePiece) -> Void) {
    let words =
      "more than \(allowance.eventLimit) lines that tell something come out of it; only the first "
      + "\(byteCount >> 10) KiB were read; unpack it first, and give the files that matter"
    sink(.unread(UnreadInput(path: path, words: words, weight: .missing)))
  }

  private mutating func end(_ sink: (EvidencePiece) -> Void) {
    if case .head(let head) = state { decide(head, sink) }
    let last = state
    state = .skipped
    switch last {
    case .log(var reader, var hasSpoken):
      reader.finish { speak($0, &hasSpoken, sink) }
      end(reader, hasSpoken, sink)
      attachments.read(sink)
    case .platform(let kind, let content):
      do {
        sink(.platform(try PlatformInput(kind, content, path: path), path: path))
      } catch {
        sink(.unread(UnreadInput(path: path, words: "\(error)", weight: .missing)))
      }
    case .head, .skipped: break
    }
  }

  private func end(_ reader: LogReader, _ hasSpoken: Bool, _ sink: (EvidencePiece) -> Void) {
    // An empty file among others means nothing; as the only input it is a log without any line.
    let isLog = reader.kernelLineCount > 0 || reader.byteCount == 0 && path == input
    if isLog {
      if !hasSpoken { sink(.file(path)) }
      sink(.log)
    } else if !hasSpoken, Self.isNoText(reader, head) {
      sink(
        .unread(
          UnreadInput(
            path: path, words: Self.words(head), weight: path == input ? .missing : .aside)))
    }
  }

  /// Whether a file is not text, by its bytes or by a known signature at its beginning.
  static func isNoText(_ reader: LogReader, _ head: some Collection<UInt8>) -> Bool {
    reader.isBinary || InputKind(head: head) != nil
  }

  /// `binary: a PNG picture; type the lines off`
  static func words(_ head: some Collection<UInt8>) -> String {
    guard let kind = InputKind(head: head) else { return "binary, of no kind that is known here" }
    return "binary: \(kind.name)" + (kind.advice.isEmpty ? "" : "; \(kind.advice)")
  }
}
