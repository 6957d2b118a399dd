internal import Text

/// The members of a zip, as its bytes come: by the headers in front of them, so that a zip need not
/// be a file with an end to look at (APPNOTE.TXT 6.3, sections 4.3 and 4.4).
struct ZipReader {
  private enum State {
    case header([UInt8])
    /// Inside a member of known length: its bytes go to the member's layer, or are skipped.
    case stored(left: Int)
    case deflated(ZlibStream, hasDescriptor: Bool)
    /// After a member whose lengths follow its data: the data descriptor up to the next header.
    case descriptor([UInt8])
    case end
  }

  private enum Signature {
    static let member = PackedSignature.zip
    static let directory: [[UInt8]] = [
      [0x50, 0x4b, 0x01, 0x02], [0x50, 0x4b, 0x05, 0x06], [0x50, 0x4b, 0x06, 0x06],
    ]
  }

  /// The fixed part of a member's header.
  private static let headerLength = 30
  private static let mostBytes = 1 << 50
  /// In bytes: a signature and a checksum of 4 each, and two lengths of 8 each.
  private static let longestDescriptor = 24

  private let path: String
  private let depth: Int
  private var state = State.header([])
  private var member: [Layer] = []
  private let scratch = Scratch()

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
      case .header(var head):
        let wanted = Self.length(of: head) - head.count
        head += rest.prefix(wanted)
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(wanted))
        state = .header(head)
        if head.count == Self.length(of: head) { try begin(head, &budget, sink) }
      case .stored(let left):
        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(left))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
        if !member.isEmpty { member[0].take(part, &budget, sink) }
        state = .stored(left: left - part.count)
        if left == part.count { end(hasDescriptor: false, &budget, sink) }
      case .deflated(let stream, let hasDescriptor):
        let step: StreamStep
        do throws(UnpackingFailure) {
          step = try stream.step(rest, into: scratch.bytes)
        } catch {
          step = StreamStep(failure: error)
        }
        budget.spend(step.produced)
        if !member.isEmpty { member[0].take(scratch.first(step.produced), &budget, sink) }
        guard step.failure == nil else {
          end(hasDescriptor: false, &budget, sink)
          throw .damaged(.zip)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step.consumed))
        if step.isEnd {
          end(hasDescriptor: hasDescriptor, &budget, sink)
        } else if step.consumed == 0, step.produced == 0 {
          throw .damaged(.zip)
        }
      case .descriptor(var seen):
        seen.append(rest[rest.startIndex])
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        state = .descriptor(seen)
        if seen.count >= 4 {
          let last = Array(seen.suffix(4))
          if last == Signature.member {
            state = .header(last)
          } else if Signature.directory.contains(last) {
            state = .end
          } else if seen.count > Self.longestDescriptor + 4 {
            throw .damaged(.zip)
          }
        }
      case .end: return
      }
    }
  }

  /// How many bytes of the header are needed next: its length as far as `head` shows it.
  private static func length(of head: [UInt8]) -> Int {
    // The central directory follows the members and is not read: its signature is enough.
    guard head.count >= 4, !Signature.directory.contains(Array(head.prefix(4))) else { return 4 }
    guard head.count >= headerLength else { return headerLength }
    return headerLength + word(head, 26) + word(head, 28)
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> Int {
    Int(bytes[at]) | Int(bytes[at + 1]) << 8
  }

  private static func long(_ bytes: [UInt8], _ at: Int) -> Int {
    word(bytes, at) | word(bytes, at + 2) << 16
  }

  private mutating func begin(
    _ head: [UInt8], _ budget: inout UnpackingBudget, _ sink: Layer.Sink
  ) throws(UnpackingFailure) {
    if Signature.directory.contains(Array(head.prefix(4))) {
      state = .end
      return
    }
    guard head.starts(with: Signature.member) else { throw .damaged(.zip) }
    guard head.count >= Self.headerLength else { return }
    budget.countMember()
    let flags = Self.word(head, 6)
    let hasDescriptor = flags & 0x8 != 0
    let nameEnd = Self.headerLength + Self.word(head, 26)
    let name = String(decoding: head[Self.headerLength..<nameEnd], as: UTF8.self)
    let size = Self.packedSize(head, nameEnd)
    let path = "\(self.path)/\(name)"
    let isKnown = !hasDescriptor || size > 0
    guard size <= Self.mostBytes else { throw .damaged(.zip) }
    guard flags & 0x1 == 0 else {
      sink(.failure(path: path, .encrypted))
      guard isKnown else { throw .encrypted }
      pass(over: size)
      return
    }
    member = name.hasSuffix("/") ? [] : [Layer(path: path, depth: depth + 1)]
    switch Self.word(head, 8) {
    case 8: state = .deflated(ZlibStream(.bare), hasDescriptor: hasDescriptor)
    // 0 is stored; 12, 93 and 95 are bzip2, zstd and xz, which the member's layer recognises.
    case 0, 12, 93, 95:
      guard isKnown else { throw .method(Self.word(head, 8)) }
      state = size == 0 ? .header([]) : .stored(left: size)
      if size == 0 { member = [] }
    case let method:
      member = []
      sink(.failure(path: path, .method(method)))
      guard isKnown else { throw .method(method) }
      pass(over: size)
    }
  }

  private mutating func pass(over size: Int) {
    member = []
    state = size == 0 ? .header([]) : .stored(left: size)
  }

  /// The member's packed length in bytes; zip64 puts it in the extra field if 32 bits are too few.
  private static func packedSize(_ head: [UInt8], _ extraStart: Int) -> Int {
    let size = long(head, 18)
    guard size == 0xffff_ffff else { return size }
    var at = extraStart
    while at + 4 <= head.count {
      let length = word(head, at + 2)
      // The unpacked length comes before the packed one.
      if word(head, at) == 1, length >= 16, at + 20 <= head.count {
        return long(head, at + 12) | (long(head, at + 16) & 0x7fff_ffff) << 32
      }
      at += 4 + length
    }
    return size
  }

  private mutating func end(
    hasDescriptor: Bool, _ budget: inout UnpackingBudget, _ sink: Layer.Sink
  ) {
    if !member.isEmpty { member[0].finish(&budget, sink) }
    member = []
    state = hasDescriptor ? .descriptor([]) : .header([])
  }

  mutating func finish(
    _ budget: inout UnpackingBudget, _ sink: Layer.Sink
  ) throws(UnpackingFailure) {
    if !member.isEmpty { member[0].finish(&budget, sink) }
    member = []
    if case .end = state { return }
    throw .truncated(.zip)
  }
}
