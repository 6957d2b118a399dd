/// Behaviour that grew from release to release: a case has what those before it have, in the order in
/// which they are declared.
public protocol Generation: CaseIterable, Comparable {}

extension Generation {
  /// The one of two that is declared first is the older one.
  public static func < (left: Self, right: Self) -> Bool {
    if left == right { return false }
    for older in allCases where older == left || older == right { return older == left }
    return false
  }
}
