extension Array {
  /// How many elements stand in front of the first one that is behind something, in an array whose elements
  /// are in that order.
  func count(upTo isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
