/// The index of a stored stack trace; equal traces are stored once.
public struct TraceID: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// What the validator tells a trace source when it needs a stack trace.
public struct TraceRequest: Sendable {
  public let context: Context
  /// The validator's own functions on the stack, innermost first, as the kernel calls them,
  /// inlined or not. The kernel's saved trace leaves out the three innermost real frames, which
  /// is for the source to do: it knows what the compiler inlined.
  public let callChain: [LockdepFunction]
}

/// Gives the current stack, innermost frame first, ready to print.
public typealias TraceSource = (TraceRequest) -> [Frame]

/// The stack traces of usages and dependencies (`save_trace`).
struct TraceStore {
  /// Longs of `struct lock_trace` before its entries.
  private static let header = 3
  private var traces: [[Frame]] = []
  private var known: [[Frame]: TraceID] = [:]
  /// Words used, as MAX_STACK_TRACE_ENTRIES counts them.
  private(set) var words = 0

  var count: Int { traces.count }

  subscript(id: TraceID) -> [Frame] {
    traces.indices.contains(Int(id.rawValue)) ? traces[Int(id.rawValue)] : []
  }

  /// Nil: the table is full.
  mutating func save(_ frames: [Frame], limit: Int) -> TraceID? {
    guard words + Self.header < limit else { return nil }
    if let id = known[frames] { return id }
    let id = TraceID(rawValue: UInt32(traces.count))
    traces.append(frames)
    known[frames] = id
    words += Self.header + frames.count
    return id
  }
}
