import LogReading
internal import Unpacking

/// Packed files that came with a mail. They are read when the mail is over, each as a file of its own.
struct Attachments {
  /// How deep mails may be nested in each other.
  private static let deepest = 3
  /// The total size of the attachments in bytes; mail servers accept less.
  private static let mostBytes = 64 << 20

  private let depth: Int
  private let allowance: UnfoldingAllowance
  private var waiting: [(path: String, bytes: [UInt8])] = []
  private var size = 0

  /// - Parameters:
  ///   - depth: how many mails the text came with, one in the other.
  ///   - allowance: what may come out of them.
  init(depth: Int, allowance: UnfoldingAllowance) {
    self.depth = depth
    self.allowance = allowance
  }

  /// Keeps an attachment for later; false for any other event.
  mutating func take(_ event: LogEvent, of path: String) -> Bool {
    guard case .attachment(let attachment) = event.kind else { return false }
    guard depth < Self.deepest, attachment.bytes.count <= Self.mostBytes &- size else {
      return true
    }
    size &+= attachment.bytes.count
    let number = "attachment at line \(event.lines.lowerBound)"
    let name = attachment.name.isEmpty ? number : attachment.name
    waiting.append((path: "\(path)/\(name)", bytes: attachment.bytes))
    return true
  }

  /// Reads what was kept.
  mutating func read(_ sink: (EvidencePiece) -> Void) {
    let all = waiting
    waiting = []
    size = 0
    for attachment in all {
      var unpacker = Unpacker(path: attachment.path, limits: allowance.limits)
      var reader = MemberReader(input: "", depth: depth + 1, allowance: allowance)
      attachment.bytes.withUnsafeBytes { bytes in
        unpacker.take(bytes) { reader.take($0, sink) }
      }
      // Attachments in it pay from what is left.
      allowance.bytes -= unpacker.unfolded
      unpacker.finish { reader.take($0, sink) }
    }
  }
}
