public import ScenarioFormat

/// How far two YAML values are from each other, for exercises with a budget.
public enum ValueDistance {
  /// The number of scalars that were changed, added or removed.
  ///
  /// Scalars are compared in the order in which they stand, each with the key above it; a change is
  /// counted once.
  public static func between(_ start: YAMLValue, _ answer: YAMLValue) -> Int {
    let old = scalars(of: start)
    let new = scalars(of: answer)
    // The longest common subsequence, row by row.
    var row = [Int](repeating: 0, count: new.count + 1)
    for scalar in old {
      var diagonal = 0
      for (index, other) in new.enumerated() {
        let above = row[index + 1]
        row[index + 1] = scalar == other ? diagonal + 1 : max(above, row[index])
        diagonal = above
      }
    }
    let common = row.last ?? 0
    return max(old.count, new.count) - common
  }

  private static func scalars(of value: YAMLValue, key: String = "") -> [String] {
    switch value.content {
    case .scalar(let text): ["\(key)=\(text)"]
    case .sequence(let elements): elements.flatMap { scalars(of: $0, key: key) }
    case .mapping(let entries): entries.flatMap { scalars(of: $0.value, key: $0.key) }
    }
  }
}
