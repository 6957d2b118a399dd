extension StringProtocol {
  /// The text with blanks behind it up to `width` characters; longer text stays whole.
  package func padded(to width: Int) -> String {
    String(self) + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// The text with blanks, or zeros, before it up to `width` characters; longer text stays whole.
  package func aligned(to width: Int, with filling: Character = " ") -> String {
    String(repeating: filling, count: Swift.max(0, width - count)) + String(self)
  }
}

extension String {
  /// The words of the text in lines of at most `width` characters; a longer word stays whole.
  package func wrapped(to width: Int) -> [String] {
    var lines = [""]
    for word in split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
