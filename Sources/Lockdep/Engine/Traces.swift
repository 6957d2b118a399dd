/// The index of a stored stack trace; equal traces are stored once.
struct TraceID: Hashable {
  let rawValue: UInt32
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

  private struct Entry {
    var first: Int
    var count: Int
    /// The trace with the same hash before it.
    var next: UInt32
  }

  private var frames: [Frame] = []
  private var entries: [Entry] = []
  /// Hash of the frames -> the latest trace with it.
  private var hashes: [UInt64: UInt32] = [:]

  /// Words used, as MAX_STACK_TRACE_ENTRIES counts them.
  var words: Int { frames.count + entries.count * Self.header }
  var count: Int { entries.count }

  subscript(id: TraceID) -> [Frame] {
    guard entries.indices.contains(Int(id.rawValue)) else { return [] }
    let entry = entries[Int(id.rawValue)]
    return Array(frames[entry.first..<entry.first + entry.count])
  }

  /// Nil: the table is full.
  mutating func save(_ trace: [Frame], limit: Int) -> TraceID? {
    guard words + Self.header < limit else { return nil }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for frame in trace { hash = (hash ^ frame.rawValue) &* 0x9e37_79b9_7f4a_7c15 }
    let latest = hashes[hash]
    var candidate = latest
    while let index = candidate, index != noIndex {
      let entry = entries[Int(index)]
      if frames[entry.first..<entry.first + entry.count].elementsEqual(trace) {
        return TraceID(rawValue: index)
      }
      candidate = entry.next
    }
    let index = UInt32(entries.count)
    entries.append(Entry(first: frames.count, count: trace.count, next: latest ?? noIndex))
    frames += trace
    hashes[hash] = index
    return TraceID(rawValue: index)
  }
}
