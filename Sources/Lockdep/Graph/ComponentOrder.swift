/// A topological order of the classes, kept up to date edge by edge.
///
/// It answers "can there be a path from a to b?" with no search when the answer is no, which it
/// nearly always is. A search for the report's path runs only when the answer may be yes, so what
/// is reported is exactly what the kernel's search finds.
struct ComponentOrder {
  func deallocate() {}

  mutating func add(_ classIndex: UInt32) {}
}

extension Graph {
  /// An edge was added: the order must have `from` before `to`.
  mutating func connectOrder(_ from: UInt32, _ to: UInt32) {}

  /// False: no path of any kind leads from `from` to `to`.
  func mayReach(from: UInt32, to: UInt32) -> Bool { true }
}
