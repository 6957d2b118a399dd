/// How many insertions, deletions and replacements lead from one sequence to the other.
package func editDistance<Element: Equatable>(
  _ left: some Collection<Element>, _ right: some Collection<Element>
) -> Int {
  var row = Array(0...right.count)
  for (i, a) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in right.enumerated() {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
      diagonal = above
    }
  }
  return row[right.count]
}

/// As `editDistance`, for texts of which only near ones matter: nil where more than `limit` edits lead
/// from one to the other. It takes time in proportion to the length and to `limit`.
package func editDistance(
  _ left: ArraySlice<UInt8>, _ right: [UInt8], atMost limit: Int
) -> Int? {
  guard limit >= 0, abs(left.count - right.count) <= limit else { return nil }
  // Cells that are further from the diagonal than `limit` are more than `limit` edits away.
  let far = limit + 1
  var row = (0...right.count).map { min($0, far) }
  for (i, byte) in left.enumerated() {
    let first = max(i - limit, 0)
    let last = min(i + limit, right.count - 1)
    guard first <= right.count else { return nil }
    var diagonal = row[first]
    row[first] = first == 0 ? min(i + 1, far) : far
    var nearest = row[first]
    for j in stride(from: first, through: last, by: 1) {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (byte == right[j] ? 0 : 1), far)
      nearest = min(nearest, row[j + 1])
      diagonal = above
    }
    if nearest > limit { return nil }
  }
  return row[right.count] <= limit ? row[right.count] : nil
}

/// The word of `words` that a slip of the keyboard may have made `word` of: at most one edit in
/// three letters away.
package func nearest(to word: String, in words: [String]) -> String? {
  let best = words.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
  guard let best, best.1 <= max(1, word.count / 3) else { return nil }
  return best.0
}
