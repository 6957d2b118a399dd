public import ScenarioFormat

/// How far two YAML values are from each other, for exercises with a budget.
public enum ValueDistance {
  /// The number of scalars that were changed, added or removed.
  ///
  /// Scalars are compared in the order in which they stand, each with the keys above it; a change is
  /// counted once.
  public static func between(_ start: YAMLValue, _ answer: YAMLValue) -> Int {
    let old = scalars(of: start)
    let new = scalars(of: answer)
    return between(old, new)
  }

  /// The number of words that were changed, added or removed.
  static func between(_ old: [String], _ new: [String]) -> Int {
    let kept = common(old, new)
    return max(old.count - kept.old.count, new.count - kept.new.count)
  }

  /// The paths of the keys whose scalars were changed, added or removed, such as
  /// `kernel.behaviour.klist_add`; elements of lists have the path of the list.
  public static func changedKeys(_ start: YAMLValue, _ answer: YAMLValue) -> [String] {
    let old = scalars(of: start)
    let new = scalars(of: answer)
    let kept = common(old, new)
    var keys: [String] = []
    for index in old.indices where !kept.old.contains(index) { keys.append(key(of: old[index])) }
    for index in new.indices where !kept.new.contains(index) { keys.append(key(of: new[index])) }
    return keys
  }

  /// The indices, among all scalars of the answer in order, of those that are not in the start.
  static func added(_ start: YAMLValue, _ answer: YAMLValue) -> [Int] {
    let new = scalars(of: answer)
    let kept = common(scalars(of: start), new)
    return new.indices.filter { !kept.new.contains($0) }
  }

  private static func key(of scalar: String) -> String {
    String(scalar.prefix { $0 != "=" })
  }

  /// A longest common subsequence of two lists, as its indices in each.
  static func common(_ old: [String], _ new: [String]) -> (old: Set<Int>, new: Set<Int>) {
    // A common beginning and a common end need no table, which keeps the table small.
    var head = 0
    while head < old.count, head < new.count, old[head] == new[head] { head += 1 }
    var tail = 0
    while tail < old.count - head, tail < new.count - head,
      old[old.count - 1 - tail] == new[new.count - 1 - tail]
    {
      tail += 1
    }
    var result = (old: Set(0..<head), new: Set(0..<head))
    for place in 0..<tail {
      result.old.insert(old.count - 1 - place)
      result.new.insert(new.count - 1 - place)
    }
    let rows = old.count - head - tail
    let columns = new.count - head - tail
    if rows == 0 || columns == 0 { return result }
    var lengths = [[Int]](repeating: [Int](repeating: 0, count: columns + 1), count: rows + 1)
    for row in stride(from: rows - 1, through: 0, by: -1) {
      for column in stride(from: columns - 1, through: 0, by: -1) {
        lengths[row][column] =
          old[head + row] == new[head + column]
          ? lengths[row + 1][column + 1] + 1
          : max(lengths[row + 1][column], lengths[row][column + 1])
      }
    }
    var (row, column) = (0, 0)
    while row < rows, column < columns {
      if old[head + row] == new[head + column] {
        result.old.insert(head + row)
        result.new.insert(head + column)
        row += 1
        column += 1
      } else if lengths[row + 1][column] >= lengths[row][column + 1] {
        row += 1
      } else {
        column += 1
      }
    }
    return result
  }

  /// Each scalar with the keys above it.
  private static func scalars(of value: YAMLValue, below path: String = "") -> [String] {
    switch value.content {
    case .scalar(let text): return ["\(path)=\(text)"]
    case .sequence(let elements):
      var all: [String] = []
      for element in elements { all += scalars(of: element, below: path) }
      return all
    case .mapping(let entries):
      var all: [String] = []
      for entry in entries {
        all += scalars(of: entry.value, below: path.isEmpty ? entry.key : "\(path).\(entry.key)")
      }
      return all
    }
  }
}
