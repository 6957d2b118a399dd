import LogReading

/// Explains the faults of a log while it grows, in time in proportion to their number.
///
/// What rules ask of many faults at once is worked out anew when the log has grown by an eighth, or has
/// told of the machine; new faults are added in between.
public struct FollowedFaults: Sendable {
  private var index: FaultIndex?
  /// What the index was made from.
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
      // The only holder changes it in place.
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

  /// As long as so few events have come, the index is made anew for each.
  private static let fewEvents = 16
}
