internal import Text

extension CacheComparison {
  /// The comparison as text: the steps from the fill to the request, and what would have cured it.
  ///
  /// - Parameters:
  ///   - glyphs: the characters to draw with.
  ///   - width: how many characters a line may have.
  func lines(_ glyphs: Glyphs, width: Int = Wrapping.width) -> [String] {
    var cells = [head]
    for row in rows(arrow: glyphs.arrow) {
      let mark = row.isStale ? " \(glyphs.marker) STALE" : ""
      cells.append([row.step, row.what, row.held + mark, row.tables])
    }
    return ["caches against tables"] + ColumnText.lines(cells, width: width)
      + Wrapping.lines(cure, first: "", next: "", width: width)
  }
}
