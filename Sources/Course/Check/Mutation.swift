public import ScenarioFormat
internal import VTdFormats

/// A solution that is made wrong in one place. The exercise's check has to reject every mutation;
/// one that passes shows that the goal is not strict enough.
public struct Mutation: Sendable {
  /// What was changed: the key's path with the old and the new value.
  public let text: String
  /// The solution with the change.
  public let root: YAMLValue

  /// All mutations of a solution: each number that is not in the start is changed in its lowest bit
  /// and, from 0x1000 on (an address or an entry), also in bit 12, which is one page.
  ///
  /// - Parameters:
  ///   - solution: the solution.
  ///   - start: what the exercise started from.
  ///   - loose: paths of keys whose numbers change in their highest set bit only, since the machine
  ///     ignores the low ones.
  public static func all(of solution: YAMLValue, from start: YAMLValue, loose: [String] = [])
    -> [Mutation]
  {
    var mutations: [Mutation] = []
    for place in ValueDistance.added(start, solution) {
      var index = 0
      guard let (old, path) = scalar(place, of: solution, "", &index),
        let number = SeededExpression.number(old)
      else { continue }
      for value in changed(number, isLoose: loose.contains(path)) {
        let new = "0x" + hex(value)
        var index = 0
        mutations.append(
          Mutation(
            text: "\(path): \(old) is \(new)",
            root: replacing(place, of: solution, by: new, &index)))
      }
    }
    return mutations
  }

  private static func changed(_ number: UInt64, isLoose: Bool) -> [UInt64] {
    if isLoose {
      return [number == 0 ? 0x1000 : number ^ (1 << UInt64(63 - number.leadingZeroBitCount))]
    }
    return number < 0x1000 ? [number ^ 1] : [number ^ 1, number ^ 0x1000]
  }

  /// The scalar with this index, counted through the whole document, and the path of its key.
  private static func scalar(
    _ place: Int, of value: YAMLValue, _ path: String, _ index: inout Int
  ) -> (String, String)? {
    switch value.content {
    case .scalar(let text):
      defer { index += 1 }
      return index == place ? (text, path) : nil
    case .sequence(let elements):
      for element in elements {
        if let found = scalar(place, of: element, path, &index) { return found }
      }
    case .mapping(let entries):
      for entry in entries {
        let below = path.isEmpty ? entry.key : "\(path).\(entry.key)"
        if let found = scalar(place, of: entry.value, below, &index) { return found }
      }
    }
    return nil
  }

  private static func replacing(
    _ place: Int, of value: YAMLValue, by text: String, _ index: inout Int
  ) -> YAMLValue {
    var changed = value
    switch value.content {
    case .scalar:
      if index == place { changed.content = .scalar(text) }
      index += 1
    case .sequence(let elements):
      var new: [YAMLValue] = []
      for element in elements { new.append(replacing(place, of: element, by: text, &index)) }
      changed.content = .sequence(new)
    case .mapping(let entries):
      var new: [YAMLValue.Entry] = []
      for var entry in entries {
        entry.value = replacing(place, of: entry.value, by: text, &index)
        new.append(entry)
      }
      changed.content = .mapping(new)
    }
    return changed
  }
}
