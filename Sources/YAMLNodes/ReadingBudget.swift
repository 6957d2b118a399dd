/// How many values may still be read: one budget for all files of a run.
///
/// A file of a few lines can stand for more values than any memory holds: aliases repeat aliases, and
/// files extend files that extend files. So everything that makes values pays here first, and reading
/// ends when the budget is spent.
public struct ReadingBudget: Hashable, Sendable {
  /// More values than any scenario with all its files has.
  public static let limit = 1_000_000
  /// What opening a file costs beside its values: it takes as long as reading about so many.
  public static let fileCost = 100
  /// How deep values may stand in each other. Scenarios need about ten levels.
  public static let depthLimit = 200

  /// The values that may still be read.
  public private(set) var remaining: Int

  public init(_ remaining: Int = Self.limit) {
    self.remaining = remaining
  }

  /// Pays for `count` values.
  ///
  /// - Returns: whether the budget held that many. If it did not, it is empty from now on.
  public mutating func spend(_ count: Int = 1) -> Bool {
    remaining = count < remaining ? remaining - count : 0
    return remaining > 0
  }

  /// What is said to a file that goes beyond the budget.
  public static let message =
    "more than \(limit) values once aliases are followed; fewer were expected"
  /// What is said to a file that goes beyond `depthLimit`.
  public static let depthMessage =
    "values stand in each other, or files extend each other, more than \(depthLimit) deep;"
    + " fewer levels were expected"
}
