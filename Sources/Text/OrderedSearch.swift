extension Array {
  /// How many elements stand in front of the first one that is behind something, in an array whose elements
  /// are in that order; a search by halves. It has a name of its own: as a `count` it would take each
  /// trailing closure that the library's `count(where:)` is meant to have.
  @inlinable
  package func countInFront(of isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
