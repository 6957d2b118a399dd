#if hasFeature(Embedded)
  // What the standard library's `_StringProcessing` has for every other build. It looks at characters;
  // this looks at bytes, which is the same for the plain text that is searched for.

  extension StringProtocol {
    /// Where `text` stands first; nil where it does not.
    package func firstRange(of text: String) -> Range<Index>? {
      let wanted = Array(text.utf8)
      var start = utf8.startIndex
      while true {
        if utf8[start...].starts(with: wanted) {
          return start..<utf8.index(start, offsetBy: wanted.count)
        }
        if start == utf8.endIndex { return nil }
        utf8.formIndex(after: &start)
      }
    }

    /// Whether `text` stands somewhere in it.
    package func contains(_ text: String) -> Bool { firstRange(of: text) != nil }
  }
#endif
