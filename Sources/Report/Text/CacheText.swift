internal import Text

extension CacheComparison {
  /// The comparison as text: the steps from the fill to the request, and what would have cured it.
  ///
  /// - Parameters:
  ///   - glyphs: the characters to draw with.
  ///   - width: how many characters a line may have.
  func lines(_ glyphs: Glyphs, width: Int = Wrapping.width) -> [String] {
    let cells = [head] + rows(arrow: glyphs.arrow, marker: glyphs.marker).map { $0.cells }
    return ["caches against tables"] + ColumnText.lines(cells, width: width)
      + Wrapping.lines(cure, first: "", next: "", width: width)
  }
}
