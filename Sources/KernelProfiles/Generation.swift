/// Behaviour that grew from release to release: a case has what those before it have, in the order in
/// which they are declared.
public protocol Generation: CaseIterable, Comparable {}

extension Generation {
  public static func < (left: Self, right: Self) -> Bool {
    let places = (allCases.firstIndex(of: left), allCases.firstIndex(of: right))
    guard let one = places.0, let other = places.1 else { return false }
    return one < other
  }
}
