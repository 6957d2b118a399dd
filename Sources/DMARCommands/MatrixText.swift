internal import KernelLog
internal import KernelProfiles
internal import LinuxIOMMU
import Text

/// The matrix for people and for programs.
enum MatrixText {
  static func write(
    _ releases: [MatrixRow], _ cures: [MatrixRow], _ range: SplatRange, to output: inout Output
  ) {
    let header = ["kernel", "faults", "dump", "splat", "lines", "what came with it"]
    let table = releases.map(cells)
    let cureTable = cures.map(cells)
    let widths = (0..<5).map { column in
      ([header] + table + cureTable).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var text = zip(cells, widths)
        .map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
      if let last = cells.last, !last.isEmpty { text += "  \(last)" }
      while text.last == " " { text.removeLast() }
      return text
    }
    output.print(line(header))
    for row in table { output.print(line(row)) }
    output.print("")
    for sentence in verdict(releases, range) { output.print(sentence) }
    output.print("")
    output.print(line(["cure"] + header.dropFirst().dropLast() + ["what it does"]))
    for row in cureTable { output.print(line(row)) }
  }

  private static func cells(_ row: MatrixRow) -> [String] {
    [row.name, "\(row.faults)", row.dump, row.splat, row.change, row.reason]
  }

  /// What the matrix says of `range`.
  private static func verdict(_ releases: [MatrixRow], _ range: SplatRange) -> [String] {
    guard let bad = range.bad else {
      return [
        releases.contains(where: \.hasSplat)
          ? "No release prints the scenario's splat." : "No release prints a splat."
      ]
    }
    var sentences = ["First with the splat: \(releases[bad].name), \(releases[bad].reason)."]
    if let good = range.good {
      sentences.append("First without it again: \(releases[good].name), \(releases[good].reason).")
    } else {
      sentences.append("No later release is without it.")
    }
    return sentences
  }

  static func json(
    _ releases: [MatrixRow], _ cures: [MatrixRow], _ range: SplatRange
  ) -> String {
    func value(_ row: MatrixRow, as kind: String) -> JSONValue {
      .object(
        [
          (kind, .string(row.name)), ("faults", .unsigned(UInt64(row.faults))),
          ("dump", .string(row.dump)),
          ("splat", row.hasSplat ? .string(row.splat) : .null),
          ("lines", .unsigned(UInt64(row.lines.count))),
          ("lines_added", .unsigned(UInt64(row.added))),
          ("lines_removed", .unsigned(UInt64(row.removed))), ("reason", .string(row.reason)),
        ] + (kind == "kernel" ? [("changes", .array(row.changes.map(\.json)))] : []))
    }
    func commits(_ index: Int?) -> JSONValue {
      .array(index.map { releases[$0].changes.compactMap(\.commit).map { .string($0) } } ?? [])
    }
    return JSONValue.object([
      ("releases", .array(releases.map { value($0, as: "kernel") })),
      ("cures", .array(cures.map { value($0, as: "cure") })),
      ("first_bad", range.bad.map { .string(releases[$0].name) } ?? .null),
      ("first_bad_commits", commits(range.bad)),
      ("first_fixed", range.good.map { .string(releases[$0].name) } ?? .null),
      ("first_fixed_commits", commits(range.good)),
      (
        "cured_by",
        .array(range.bad == nil ? [] : cures.filter { !$0.hasSplat }.map { .string($0.name) })
      ),
    ]).pretty
  }
}
