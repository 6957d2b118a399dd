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

/// The word of `words` that a slip of the keyboard may have made `word` of: at most one edit in
/// three letters away.
package func nearest(to word: String, in words: [String]) -> String? {
  let best = words.map { ($0, editDistance(word, $0)) }.min { $0.1 < $1.1 }
  guard let best, best.1 <= max(1, word.count / 3) else { return nil }
  return best.0
}
