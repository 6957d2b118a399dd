internal import Text

/// What was expected and what came, where the two differ.
struct MismatchSection {
  private let mismatches: [(sentence: String, difference: [String])]

  init(_ mismatches: [(sentence: String, difference: [String])]) { self.mismatches = mismatches }

  var elements: [Element] {
    var parts: [Element] = []
    for mismatch in mismatches {
      parts.append(.tag("p", [.style("bad")], "\u{2717} " + mismatch.sentence))
      if !mismatch.difference.isEmpty {
        let lines = mismatch.difference.prefix(400).joined(separator: "\n")
        parts.append(.tag("pre", [.style("log"), .focusable], lines))
      }
    }
    return parts
  }
}
