internal import Text

/// What a cache gave against what the tables say, as a table of a page.
struct CacheSection {
  let comparison: CacheComparison

  var elements: [Element] {
    [
      .tag("h3", [], "Caches against tables"),
      .tag(
        "p", [],
        "The request went by what was remembered. The tables in memory say: \(comparison.tables). "
          + comparison.cure),
      .tag("div", [.style("scroll"), .focusable], [.tag("table", [], rows)]),
    ]
  }

  private var rows: [Element] {
    var rows: [Element] = [.tag("tr", [], comparison.head.map { .tag("th", [], $0) })]
    for row in comparison.rows() {
      rows.append(
        .tag(
          "tr", [],
          [
            .tag("td", [.style("m")], row.step), .tag("td", [.style("m")], row.what),
            .tag("td", [.style(row.isStale ? "m stale" : "m")], row.held),
            .tag("td", [.style("m")], row.tables),
          ]))
    }
    return rows
  }
}
