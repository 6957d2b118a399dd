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
