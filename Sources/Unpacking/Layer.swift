/// One level of nesting: the input itself, the unpacked contents of a stream, or a member of an
/// archive. Its first bytes show what it is, and whether it has to be unpacked in its turn.
struct Layer {
  typealias Sink = (UnpackedPiece) -> Void

  private enum State {
    case undecided([UInt8])
    /// The bytes are not packed and go straight to the caller.
    case leaf
    case stream(PackedKind, StreamDecoder, Progress)
    case utf16(UTF16Reader)
    case tar(TarReader)
    case zip(ZipReader)
    /// The layer was read to its end or failed; further bytes are ignored.
    case over
  }

  /// How far a stream has come.
  private struct Progress {
    /// The number of complete streams so far; another may follow.
    var whole = 0
    var isInside = false
    var isTrailing = false
  }

  let path: String
  private let depth: Int
  private var state = State.undecided([])
  /// The layer that takes this layer's unpacked bytes; none or one. It is an array because a struct
  /// cannot store a value of its own type directly.
  private var inner: [Layer] = []
  private var scratch: Scratch?

  init(path: String, depth: Int) {
    self.path = path
    self.depth = depth
  }

  mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ budget: inout UnpackingBudget, _ sink: Sink
  ) {
    guard !bytes.isEmpty, budget.failure == nil else { return }
    do throws(UnpackingFailure) {
      switch state {
      case .undecided(var head):
        head += bytes
        state = .undecided(head)
        if head.count >= PackedKind.headLength { decide(head, &budget, sink) }
      case .leaf:
        budget.read += bytes.count
        sink(.bytes(bytes))
      case .stream(let kind, let decoder, let progress):
        try unpack(bytes, kind, decoder, progress, &budget, sink)
      case .utf16(var reader):
        state = .over
        reader.take(bytes) { inner[0].take($0, &budget, sink) }
        state = .utf16(reader)
      case .tar(var reader):
        state = .over
        try reader.take(bytes, &budget, sink)
        state = .tar(reader)
      case .zip(var reader):
        state = .over
        try reader.take(bytes, &budget, sink)
        state = .zip(reader)
      case .over: break
      }
    } catch {
      fail(error, &budget, sink)
    }
  }

  private mutating func decide(
    _ head: [UInt8], _ budget: inout UnpackingBudget, _ sink: Sink
  ) {
    let kind = PackedKind(head: head)
    if kind != nil, depth >= budget.limits.layers {
      state = .over
      sink(.failure(path: path, .tooDeep(limit: budget.limits.layers)))
      return
    }
    switch kind {
    case nil:
      state = .leaf
      sink(.begin(path: path))
    case .tar: state = .tar(TarReader(path: path, depth: depth))
    case .zip: state = .zip(ZipReader(path: path, depth: depth))
    case .utf16:
      state = .utf16(UTF16Reader())
      inner = [Layer(path: path, depth: depth + 1)]
    case let kind?:
      guard let decoder = StreamDecoder(kind) else { return }
      state = .stream(kind, decoder, Progress())
      inner = [Layer(path: path, depth: depth + 1)]
    }
    head.withUnsafeBytes { take($0, &budget, sink) }
  }

  private mutating func unpack(
    _ bytes: UnsafeRawBufferPointer, _ kind: PackedKind, _ decoder: StreamDecoder,
    _ before: Progress, _ budget: inout UnpackingBudget, _ sink: Sink
  ) throws(UnpackingFailure) {
    let scratch = self.scratch ?? Scratch()
    self.scratch = scratch
    var progress = before
    var rest = bytes
    defer {
      if case .stream = state { state = .stream(kind, decoder, progress) }
    }
    // When the output buffer is full, the decoder may have more output without any more input.
    var mayHoldMore = true
    while !rest.isEmpty || mayHoldMore, !progress.isTrailing, budget.failure == nil {
      let step = try decoder.step(rest, into: scratch.bytes)
      budget.spend(step.produced)
      inner[0].take(scratch.first(step.produced), &budget, sink)
      if let failure = step.failure {
        // Bytes after a complete stream that do not begin another one are padding, not damage.
        guard progress.whole > 0, !progress.isInside, step.produced == 0, case .damaged = failure
        else { throw failure }
        progress.isTrailing = true
        return
      }
      if step.consumed > 0 { progress.isInside = true }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(step.consumed))
      mayHoldMore = step.produced == scratch.bytes.count
      if step.isEnd, step.consumed > 0 || step.produced > 0 {
        progress.whole += 1
        progress.isInside = false
        mayHoldMore = false
        decoder.restart()
      } else if step.consumed == 0, step.produced == 0 {
        return
      }
    }
  }

  private mutating func fail(
    _ failure: UnpackingFailure, _ budget: inout UnpackingBudget, _ sink: Sink
  ) {
    // The bytes that were unpacked before the failure are good, so the reader gets them.
    if !inner.isEmpty { inner[0].finish(&budget, sink) }
    (state, inner) = (.over, [])
    sink(.failure(path: path, failure))
  }

  mutating func finish(_ budget: inout UnpackingBudget, _ sink: Sink) {
    if case .undecided(let head) = state { decide(head, &budget, sink) }
    let last = state
    state = .over
    do throws(UnpackingFailure) {
      switch last {
      case .leaf: sink(.end)
      case .stream(let kind, _, let progress):
        if !inner.isEmpty { inner[0].finish(&budget, sink) }
        inner = []
        if progress.isInside || progress.whole == 0 { throw .truncated(kind) }
      case .utf16:
        if !inner.isEmpty { inner[0].finish(&budget, sink) }
        inner = []
      case .tar(var reader): try reader.finish(&budget, sink)
      case .zip(var reader): try reader.finish(&budget, sink)
      case .undecided, .over: break
      }
    } catch {
      if budget.failure == nil { sink(.failure(path: path, error)) }
    }
  }
}

/// The buffer into which a decoder writes before the bytes are handed on.
final class Scratch {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)

  deinit { bytes.deallocate() }

  func first(_ count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[..<count])
  }
}
