/// The index of a stored stack trace; equal traces are stored once.
struct TraceID: Hashable {
  let rawValue: UInt32
}

/// What the validator tells a trace source when it needs a stack trace.
public struct TraceRequest: Sendable {
  /// Whose stack is asked for.
  public let context: LockdepContext
  /// The validator's own functions on the stack, innermost first, as the kernel calls them,
  /// inlined or not. The kernel's saved trace leaves out the three innermost real frames, which
  /// is for the source to do: it knows what the compiler inlined.
  public var callChain: [LockdepFunction] { path.innermostFirst }

  let path: CallPath
}

/// Gives the current stack, innermost frame first, ready to print.
public typealias TraceSource = (TraceRequest) -> [LockdepFrame]

/// The stack traces of usages and dependencies (`save_trace`).
struct TraceStore {
  /// Longs of `struct lock_trace` before its entries.
  private static let header = 3

  private struct Entry {
    var first: Int
    var count: Int
  }

  private var frames: [LockdepFrame] = []
  private var entries: [Entry] = []
  /// Hash of the frames -> index; traces of one hash stand at the next free keys.
  private var index = KeyTable()

  /// Words used, as MAX_STACK_TRACE_ENTRIES counts them.
  var words: Int { frames.count + entries.count * Self.header }
  var count: Int { entries.count }

  subscript(id: TraceID) -> [LockdepFrame] {
    guard entries.indices.contains(Int(id.rawValue)) else { return [] }
    let entry = entries[Int(id.rawValue)]
    return Array(frames[entry.first..<entry.first + entry.count])
  }

  /// Nil: the table is full.
  mutating func save(_ trace: [LockdepFrame], limit: Int) -> TraceID? {
    guard words + Self.header < limit else { return nil }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for frame in trace { hash = (hash ^ frame.rawValue) &* 0x9e37_79b9_7f4a_7c15 }
    while let known = index.find(hash) {
      if isEqual(entries[Int(known)], trace) { return TraceID(rawValue: known) }
      hash &+= 1
    }
    let id = UInt32(entries.count)
    entries.append(Entry(first: frames.count, count: trace.count))
    frames += trace
    index.insert(hash, id)
    return TraceID(rawValue: id)
  }

  private func isEqual(_ entry: Entry, _ trace: [LockdepFrame]) -> Bool {
    guard entry.count == trace.count else { return false }
    for index in 0..<entry.count where frames[entry.first + index] != trace[index] {
      return false
    }
    return true
  }

  func deallocate() {
    index.deallocate()
  }
}
