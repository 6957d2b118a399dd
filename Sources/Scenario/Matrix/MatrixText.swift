internal import KernelProfiles
internal import Text

/// The matrix for people and for programs.
package struct MatrixText {
  private let releases: [MatrixRow]
  private let cures: [MatrixRow]
  private let ranges: [SplatRange]
  /// The columns that a line may take.
  private let width: Int

  /// - Parameters:
  ///   - matrix: the runs.
  ///   - width: the columns that a line may take.
  package init(_ matrix: Matrix, width: Int) {
    releases = matrix.releases
    cures = matrix.cures
    ranges = matrix.ranges
    self.width = width
  }

  /// Where the reason would get fewer columns than these, it stands below its row.
  private static let leastReason = 24
  /// The columns that a splat's title gets on a terminal that is not wide.
  private static let narrowSplat = 24
  private static let wideTerminal = 130

  /// The lines for people.
  package var lines: [String] {
    var lines: [String] = []
    let header = ["kernel", "faults", "dump", "splat", "lines", "what came with it"]
    let cureHeader = ["cure"] + header.dropFirst().dropLast() + ["what it does"]
    let table = [header] + releases.map(cells)
    let cureTable = [cureHeader] + cures.map(cells)
    var widths = (0..<5).map { column in
      (table + cureTable).map { $0[column].count }.max() ?? 0
    }
    if width < Self.wideTerminal { widths[3] = min(widths[3], Self.narrowSplat) }
    for row in table { write(row, widths, to: &lines) }
    lines.append("")
    lines += verdict.flatMap { $0.wrapped(to: width) }
    lines.append("")
    for row in cureTable { write(row, widths, to: &lines) }
    return lines
  }

  /// A row; the words of its splat and of its reason go on below it where they do not fit.
  private func write(_ cells: [String], _ widths: [Int], to lines: inout [String]) {
    let front = widths.reduce(0) { $0 + $1 + 2 }
    let isBelow = width - front < Self.leastReason
    let splat = cells[3].wrapped(to: widths[3])
    let reason = (cells.last ?? "").wrapped(to: isBelow ? width - 4 : width - front)
    let beside = isBelow ? [] : reason
    for index in 0..<max(splat.count, beside.count) {
      var columns = index == 0 ? Array(cells.prefix(5)) : Array(repeating: "", count: 5)
      columns[3] = index < splat.count ? splat[index] : ""
      let row =
        zip(columns, widths).map { $0.padded(to: $1) } + [index < beside.count ? beside[index] : ""]
      Self.print(row.joined(separator: "  "), to: &lines)
    }
    for words in isBelow ? reason : [] where !words.isEmpty {
      Self.print("    " + words, to: &lines)
    }
  }

  private static func print(_ line: String, to lines: inout [String]) {
    var line = line
    while line.last == " " { line.removeLast() }
    lines.append(line)
  }

  private func cells(_ row: MatrixRow) -> [String] {
    [row.name, "\(row.faults)", row.dump, row.splat, row.change, row.reason]
  }

  /// When each splat came and went.
  private var verdict: [String] {
    if ranges.isEmpty { return ["No release prints a splat."] }
    let own = ranges.filter { $0.isOwn }
    return ranges.flatMap { range in
      // A splat has its name where it could be taken for another one.
      let isOnly = own.count == 1 && range.isOwn
      let isOther = !own.isEmpty && !range.isOwn
      let splat = isOnly ? "the splat" : (isOther ? "another splat, " : "") + "\"\(range.title)\""
      guard let bad = range.bad else {
        return ["No release prints \(isOnly ? "the scenario's splat" : splat)."]
      }
      let first = "First with \(splat): \(bad.name), \(bad.reason)."
      guard let good = range.good else { return [first, "No later release is without it."] }
      return [first, "First without it again: \(good.name), \(good.reason)."]
    }
  }

  /// One JSON document. `first_bad` and what goes with it are about the scenario's own splat, or the
  /// first one where its own kernel prints none.
  package var json: String {
    func value(_ row: MatrixRow, as kind: String) -> JSONValue {
      .object(
        [
          (kind, .string(row.name)), ("faults", .unsigned(UInt64(row.faults))),
          ("dump", .string(row.dump)),
          ("splat", row.splats.first.map { .string($0) } ?? .null),
          ("splats", .array(row.splats.map { .string($0) })),
          ("lines", .unsigned(UInt64(row.lines.count))),
          ("lines_added", .unsigned(UInt64(row.added))),
          ("lines_removed", .unsigned(UInt64(row.removed))), ("reason", .string(row.reason)),
        ] + (kind == "kernel" ? [("changes", .array(row.changes.map { $0.json }))] : []))
    }
    func name(_ row: MatrixRow?) -> JSONValue { row.map { .string($0.name) } ?? .null }
    func commits(_ row: MatrixRow?) -> JSONValue {
      .array(row.map { $0.changes.compactMap { $0.commit }.map { .string($0) } } ?? [])
    }
    let range = ranges.first
    return JSONValue.object([
      ("releases", .array(releases.map { value($0, as: "kernel") })),
      ("cures", .array(cures.map { value($0, as: "cure") })),
      ("first_bad", name(range?.bad)), ("first_bad_commits", commits(range?.bad)),
      ("first_fixed", name(range?.good)), ("first_fixed_commits", commits(range?.good)),
      (
        "splats",
        .array(
          ranges.map {
            .object([
              ("title", .string($0.title)), ("own", .boolean($0.isOwn)),
              ("first_bad", name($0.bad)), ("first_fixed", name($0.good)),
            ])
          })
      ),
      (
        "cured_by",
        .array(range?.bad == nil ? [] : cures.filter { !$0.hasSplat }.map { .string($0.name) })
      ),
    ]).pretty
  }
}
