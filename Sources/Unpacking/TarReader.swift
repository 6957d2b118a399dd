/// The members of a tar, as its bytes come.
struct TarReader {
  private enum State {
    case header([UInt8])
    /// Inside a member: the bytes that are left of it, and those that pad its last block.
    case body(left: Int, padding: Int, purpose: TarHeader.Kind)
    case padding(Int)
    case end
    case damaged
  }

  /// In bytes; a tar with a longer name counts as damaged.
  private static let longestName = 1 << 16

  private let path: String
  private let depth: Int
  private var state = State.header([])
  /// The member being read; none or one.
  private var member: [Layer] = []
  /// The bytes so far of a long name (GNU) or an extended header (POSIX).
  private var notes: [UInt8] = []
  /// The name for the next member, from a long name or an extended header before it.
  private var nextName: String?

  init(path: String, depth: Int) {
    self.path = path
    self.depth = depth
  }

  mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ budget: inout UnpackingBudget, _ sink: Layer.Sink
  ) throws(UnpackingFailure) {
    var rest = bytes
    while !rest.isEmpty, budget.failure == nil {
      switch state {
      case .header(var block):
        let part = rest.prefix(TarHeader.blockSize - block.count)
        block += part
        rest = UnsafeRawBufferPointer(rebasing: rest[(rest.startIndex + part.count)...])
        state = .header(block)
        if block.count == TarHeader.blockSize { try begin(block, &budget) }
      case .body(let left, let padding, let purpose):
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(left))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        switch purpose {
        case .file: if !member.isEmpty { member[0].take(part, &budget, sink) }
        case .longName, .extendedHeader: if notes.count < Self.longestName { notes += part }
        case .other: break
        }
        state = .body(left: left - part.count, padding: padding, purpose: purpose)
        if left == part.count { end(padding, purpose, &budget, sink) }
      case .padding(let count):
        let skipped = min(count, rest.count)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(skipped))
        state = count == skipped ? .header([]) : .padding(count - skipped)
      case .end, .damaged: return
      }
    }
  }

  private mutating func begin(
    _ block: [UInt8], _ budget: inout UnpackingBudget
  ) throws(UnpackingFailure) {
    if block.allSatisfy({ $0 == 0 }) {
      state = .end
      return
    }
    guard let header = TarHeader(block) else {
      state = .damaged
      throw .damaged(.tar)
    }
    budget.countMember()
    let purpose = header.kind
    notes = []
    if purpose == .file {
      member = [Layer(path: "\(path)/\(Self.plain(nextName ?? header.name))", depth: depth + 1)]
    }
    if purpose == .file || purpose == .other { nextName = nil }
    let padding = (TarHeader.blockSize - header.size % TarHeader.blockSize) % TarHeader.blockSize
    state =
      header.size == 0
      ? .header([]) : .body(left: header.size, padding: padding, purpose: purpose)
    // An empty file has no body, so it ends here.
    if header.size == 0 { member = [] }
  }

  private mutating func end(
    _ padding: Int, _ purpose: TarHeader.Kind, _ budget: inout UnpackingBudget, _ sink: Layer.Sink
  ) {
    switch purpose {
    case .file:
      if !member.isEmpty { member[0].finish(&budget, sink) }
      member = []
    case .longName: nextName = TarHeader.text(notes)
    case .extendedHeader: nextName = TarHeader.path(inExtendedHeader: notes) ?? nextName
    case .other: break
    }
    state = padding == 0 ? .header([]) : .padding(padding)
  }

  /// `./var/log/dmesg` is `var/log/dmesg`.
  private static func plain(_ name: String) -> Substring {
    var name = name[...]
    while name.hasPrefix("./") { name = name.dropFirst(2) }
    return name
  }

  mutating func finish(
    _ budget: inout UnpackingBudget, _ sink: Layer.Sink
  ) throws(UnpackingFailure) {
    if !member.isEmpty { member[0].finish(&budget, sink) }
    member = []
    switch state {
    case .body: throw .truncated(.tar)
    // A tar whose end marks were cut off is whole.
    case .header(let block) where !block.isEmpty: throw .truncated(.tar)
    default: break
    }
  }
}
