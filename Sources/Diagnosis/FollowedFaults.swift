import LogReading

/// Explains the faults of a log while it grows, in time in proportion to their number.
///
/// The index of what rules ask about many faults is built anew when the log has grown by an eighth,
/// or when new boot lines or functions appeared; in between, new faults are added to it.
public struct FollowedFaults: Sendable {
  private var index: FaultIndex?
  /// The numbers of events and of facts about the machine when the index was built.
  private var base = (events: 0, facts: 0)
  /// How many of the log's faults it has.
  private var known = 0

  /// Nothing read yet.
  public init() {}

  /// Explains some of the faults of what is known.
  ///
  /// - Parameters:
  ///   - indices: indices into the log's faults.
  ///   - contents: the log so far; each time the same one, and grown.
  public mutating func explain(
    _ indices: [Int], _ contents: LogContents
  ) -> [Explanation.Fault] {
    guard !indices.isEmpty else { return [] }
    let facts = contents.boot.count &+ contents.functions.count
    var index: FaultIndex
    if let present = self.index, facts == base.facts,
      contents.eventCount - base.events <= max(base.events / 8, Self.fewEvents)
    {
      index = present
      // With one reference only, Swift changes the index in place instead of copying it.
      self.index = nil
      for fault in contents.faults[known...] { index.add(fault) }
    } else {
      index = FaultIndex(contents)
      base = (contents.eventCount, facts)
    }
    known = contents.faults.count
    let faults = Explanation.explain(indices.map { contents.faults[$0] }, contents, index)
    self.index = index
    return faults
  }

  /// Up to this many new events are always added; only new facts about the machine rebuild the
  /// index earlier.
  private static let fewEvents = 16
}
