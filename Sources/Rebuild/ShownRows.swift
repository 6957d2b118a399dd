internal import Diagnosis
internal import LogReading
internal import PCI

/// Rows of debugfs files as the log shows them last before its first fault: what it shows later came
/// about by what happened since.
struct ShownRows {
  /// A file, or what stands below one of its headings.
  private enum Heading: Hashable {
    case root(unit: String)
    case pages(PCIAddress, table: UInt64)
    case interrupts(unit: String)
    case registers(unit: String)
    /// Rows without a heading, as a search for a device's gives them.
    case none
  }

  private(set) var rows: [Noted<DebugfsRow>] = []

  init(_ all: [Noted<DebugfsRow>], before fault: LogPlace?) {
    let early = all.filter { row in
      fault.map { row.place.file != $0.file || row.place.line < $0.line } ?? true
    }
    // In a log that shows its files only behind a fault, the first time is the nearest.
    let isEarly = !early.isEmpty
    var stretches = Stretches()
    for row in isEarly ? early : all { stretches.take(row, replacing: isEarly) }
    rows = stretches.rows
  }

  /// The rows below each heading.
  private struct Stretches {
    private var order: [Heading] = []
    private var found: [Heading: [Noted<DebugfsRow>]] = [:]
    private var current = Heading.none
    private var isKept = true

    mutating func take(_ row: Noted<DebugfsRow>, replacing: Bool) {
      if let heading = Self.heading(row.value) {
        current = heading
        isKept = found[heading] == nil || replacing
        if found[heading] == nil { order.append(heading) }
        if isKept { found[heading] = [] }
      } else if found[current] == nil {
        order.append(current)
        found[current] = []
      }
      if isKept { found[current]?.append(row) }
    }

    var rows: [Noted<DebugfsRow>] { order.flatMap { found[$0] ?? [] } }

    private static func heading(_ row: DebugfsRow) -> Heading? {
      switch row {
      case .rootTable(let unit, _): .root(unit: unit)
      case .domain(let device, let table): .pages(device, table: table)
      case .interrupts(let unit): .interrupts(unit: unit)
      case .registers(let unit, _): .registers(unit: unit)
      case .context, .page, .register, .interruptTable, .interruptEntry: nil
      }
    }
  }
}
