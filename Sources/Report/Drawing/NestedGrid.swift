internal import Recording
internal import VTdFormats
internal import VTdUnit

/// A nested walk as a grid. A row stands for one address that the first stage uses: its columns are
/// the reads by which the second stage translates it, then comes the first-stage entry itself.
struct NestedGrid {
  struct Cell {
    let step: WalkFact
    /// Its number among the reads, from 1.
    let number: Int
  }

  struct Row {
    /// What is read at the end of the row: a first-stage entry, or the page.
    let title: String
    let level: Int
    /// The reads of the second stage, by its levels.
    var host: [Int: Cell] = [:]
    var entry: Cell?
  }

  private(set) var rows: [Row] = []
  /// Levels of the second stage, the highest first.
  private(set) var columns: [Int] = []
  /// The number of page-table entries that were read.
  private(set) var reads = 0
  /// Whether there is a grid: both stages were walked.
  var isNested: Bool { !rows.isEmpty && !columns.isEmpty }

  /// - Parameter address: what the device sent: the second stage of a nested walk translates others.
  init(_ walk: [WalkFact], address: UInt64) {
    guard
      walk.contains(where: { $0.structure == .secondStageEntry && $0.input != address })
    else { return }
    var pending: [Int: Cell] = [:]
    var level = walk.first { $0.structure == .firstStageEntry }?.level ?? 0
    for step in walk where Self.isPaging(step) {
      reads += 1
      let cell = Cell(step: step, number: reads)
      if step.structure == .secondStageEntry {
        pending[step.level] = cell
        if !columns.contains(step.level) { columns.append(step.level) }
      } else {
        rows.append(
          Row(title: "1st L\(step.level)", level: step.level, host: pending, entry: cell))
        pending = [:]
        level = step.level - 1
      }
    }
    if !pending.isEmpty {
      let isPage = walk.last { $0.structure == .firstStageEntry }.map(Self.isLeaf) ?? false
      rows.append(
        Row(
          title: isPage ? "page" : level == 0 ? "1st top" : "1st L\(level)",
          level: isPage ? 0 : level, host: pending,
          entry: nil))
    }
    columns.sort(by: >)
  }

  private static func isPaging(_ step: WalkFact) -> Bool {
    step.structure == .firstStageEntry || step.structure == .secondStageEntry
  }

  private static func isLeaf(_ step: WalkFact) -> Bool {
    step.level == 1
      || FirstStageEntry(rawValue: step.words.first ?? 0)[flag: .pageSize] && step.level < 4
  }

  /// The grid for a page.
  var element: Element {
    var head: [Element] = [.tag("th", [], "address of")]
    for level in columns { head.append(.tag("th", [], "2nd stage L\(level)")) }
    head.append(.tag("th", [], "1st-stage entry"))
    var body: [Element] = [.tag("tr", [], head)]
    for row in rows {
      let tone = Tone.level(row.level)
      var cells: [Element] = [
        .tag("th", [], [.tag("span", [.style("chip \(tone.style)")], row.title)])
      ]
      for level in columns { cells.append(Self.cell(row.host[level])) }
      cells.append(Self.cell(row.entry))
      body.append(.tag("tr", [], cells))
    }
    return .group([
      .tag("div", [.style("scroll"), .focusable], [.tag("table", [], body)]),
      .tag("p", [.style("dim")], "\(reads) entries of page tables were read, numbered in order."),
    ])
  }

  private static func cell(_ cell: Cell?) -> Element {
    guard let cell else { return .tag("td", [.style("m dim")], "") }
    let isBad = cell.step.failure != nil
    let mark = isBad ? "\u{2717} stops " : ""
    return .tag(
      "td", [.style(isBad ? "m stop" : "m")],
      "\(cell.number). \(mark)\(Words.address(cell.step.address)) \(WalkDrawing.state(cell.step))")
  }
}
