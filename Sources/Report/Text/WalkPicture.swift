public import Recording
internal import Text
internal import VTdFormats
internal import VTdUnit

/// A walk as text of at most 100 columns: the address cut into its slices, the chain of entries, where
/// it stops, and for a nested walk the grid of both stages.
public struct WalkPicture {
  private let walk: [WalkFact]
  private let address: UInt64
  private let end: WalkEnd
  /// The address of an interrupt's message, whose bits choose the entry; nil for a DMA.
  private let message: BitRuler?
  private let glyphs: Glyphs

  /// The picture of a walk.
  ///
  /// - Parameters:
  ///   - walk: the entries in the order in which they were read.
  ///   - address: what the device sent.
  ///   - answer: what the tables say.
  ///   - glyphs: the characters to draw with.
  public init(walk: [WalkFact], address: UInt64, answer: Answer, glyphs: Glyphs) {
    self.walk = walk
    self.address = address
    end = WalkEnd(answer)
    message = nil
    self.glyphs = glyphs
  }

  /// The walk of an interrupt: its message's address, bit by bit, and the entry that it chooses.
  init(_ fact: InterruptFact, glyphs: Glyphs) {
    walk = fact.walk
    address = fact.address
    end = WalkEnd(fact.tables)
    message = BitRuler(message: fact.address)
    self.glyphs = glyphs
  }

  /// The lines, at most 100 columns wide.
  public var lines: [String] {
    var lines: [String] = []
    let ruler = message.map { RulerText($0, glyphs: glyphs).lines } ?? self.ruler
    if !ruler.isEmpty { lines += ruler + [""] }
    lines += chain
    let grid = NestedGrid(walk, address: address)
    if grid.isNested { lines += [""] + self.grid(grid) }
    return lines
  }

  // MARK: The address

  private var ruler: [String] {
    let address = WalkDrawing.ruled(walk, self.address)
    let slices = WalkDrawing.slices(walk, of: address)
    guard var last = slices.last else { return [] }
    var cells: [(bits: String, value: String, name: String)] = []
    for slice in slices {
      cells.append(("\(slice.high):\(slice.low)", "\(slice.value)", "L\(slice.level)"))
    }
    for slice in WalkDrawing.unused(below: last, walk, of: address) {
      cells.append(("\(slice.high):\(slice.low)", "\(slice.value)", "(L\(slice.level))"))
      last = slice
    }
    let offset = address & ((1 &<< UInt64(truncatingIfNeeded: last.low)) &- 1)
    cells.append(("\(last.low - 1):0", "0x\(hex(offset))", "offset"))
    var rows = ["", "", ""]
    for cell in cells {
      let width = max(cell.bits.count, cell.value.count, cell.name.count) + 2
      rows[0] += Self.centred(cell.name, width) + " "
      rows[1] += Self.centred(cell.bits, width) + glyphs.bar
      rows[2] += Self.centred(cell.value, width) + glyphs.bar
    }
    let what = address == self.address ? "address" : "table's address"
    let title = "\(what) \(Words.address(address))  "
    let indent = String(repeating: " ", count: title.count)
    return [
      indent + " " + rows[0], title + glyphs.bar + rows[1], indent + glyphs.bar + rows[2],
    ]
  }

  private static func centred(_ text: String, _ width: Int) -> String {
    let left = max(width - text.count, 0) / 2
    return (String(repeating: " ", count: left) + text).padded(to: width)
  }

  // MARK: The chain

  private var chain: [String] {
    let steps = WalkDrawing.chain(walk)
    var lines: [String] = []
    for (depth, step) in steps.enumerated() {
      let indent =
        depth == 0 ? "" : String(repeating: "  ", count: depth - 1) + glyphs.corner
      let index = step.index.map { "[\($0)]" } ?? ""
      let name = (indent + WalkDrawing.name(step) + index).padded(to: 26)
      let word = step.words.first.map { hex($0, digits: 16) } ?? "no memory there"
      var line = "\(name) at \(Words.address(step.address).padded(to: 14)) \(word)  "
      line += WalkDrawing.state(step).padded(to: 12)
      if let allowed = step.allowed { line += " so far \(allowed)" }
      if step.failure != nil { line += " \(glyphs.cross)" }
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    let depth = max(steps.count - 1, 0)
    let indent = String(repeating: "  ", count: depth)
    if let last = steps.last, let reason = last.failure {
      let missing = last.isMissing ? "; nothing is mapped there" : ""
      lines += Wrapping.lines(
        "\(glyphs.cross) stops: \(Words.describe(reason))\(missing)", first: indent,
        next: indent + "  ")
    } else {
      lines += Wrapping.lines(
        "\(glyphs.corner)\(end.words)", first: indent, next: indent + "  ")
    }
    return lines
  }

  // MARK: Both stages

  private func grid(_ grid: NestedGrid) -> [String] {
    let width = max(12, (Wrapping.width - 10) / (grid.columns.count + 1) - 1)
    var head = "".padded(to: 8)
    for level in grid.columns { head += glyphs.bar + " 2nd L\(level)".padded(to: width) }
    head += glyphs.bar + " 1st-stage entry"
    var lines = [head, String(repeating: glyphs.line, count: min(head.count + 4, Wrapping.width))]
    for row in grid.rows {
      var line = row.title.padded(to: 8)
      for level in grid.columns { line += glyphs.bar + cell(row.host[level]).padded(to: width) }
      line += glyphs.bar + cell(row.entry)
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    lines.append("\(grid.reads) entries of page tables were read, numbered in order")
    return lines
  }

  private func cell(_ cell: NestedGrid.Cell?) -> String {
    guard let cell else { return "" }
    let mark = cell.step.failure == nil ? "" : " \(glyphs.cross)"
    let state = WalkDrawing.state(cell.step)
    return " \(cell.number) \(Words.address(cell.step.address))\(mark)"
      + (state == "not present" ? " none" : "")
  }
}
