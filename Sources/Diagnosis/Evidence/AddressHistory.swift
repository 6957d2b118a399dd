import KernelLog
import LogReading
import MachineEvidence
import PCI
import Text
import VTdFormats

/// The life of one DMA address: each mapping of its page from beginning to end, and the faults.
public struct AddressHistory: Sendable {
  private let address: UInt64?
  private let contents: LogContents
  private let lives: [MappingLife]

  /// Collects what a log holds on the page of one address.
  ///
  /// - Parameters:
  ///   - address: the address whose page is asked about.
  ///   - contents: what the log holds.
  public init(of address: UInt64, in contents: LogContents) {
    self.address = address
    self.contents = contents
    lives = contents.history.lives(at: address)
  }

  /// The address of a fault; empty where the fault has none.
  init(of fault: FaultGroup, in contents: LogContents) {
    address = fault.address
    self.contents = contents
    lives = fault.address.map { contents.history.lives(at: $0) } ?? []
  }

  /// A happening at the address: its time in microseconds, and its place for the order of equals.
  private struct Row {
    var time: UInt64?
    var place: LogPlace
    var what: String
    var detail: String
  }

  /// A line for each happening, in the order of time.
  public var lines: [String] {
    guard let address else { return [] }
    var lines = ["history of the page of 0x\(hex(address))"]
    let rows = lives.flatMap(happenings) + faults
    if rows.isEmpty {
      lines.append(
        contents.history.isEmpty
          ? "  no mapping history was given (traces of iommu:*, dma:*, the dump of dma-api)"
          : contents.history.counts.mappings == 1
            ? "  nothing: the one recorded mapping does not cover it"
            : "  nothing: none of \(contents.history.counts.mappings) recorded mappings covers it")
      return lines
    }
    let sorted = rows.enumerated().sorted { left, right in
      guard let first = left.element.time, let second = right.element.time, first != second else {
        return left.offset < right.offset
      }
      return first < second
    }.map { $0.element }
    var table: [[String]] = []
    for row in sorted {
      table.append([
        row.time.map { HistoryWords.seconds($0) + " s" } ?? "-", row.what, row.detail,
        place(row.place),
      ])
    }
    let widths = (0..<3).map { column in table.map { $0[column].count }.max() ?? 0 }
    for row in table {
      var line = "  " + row[0].aligned(to: widths[0])
      for column in 1..<3 { line += "  " + row[column].padded(to: widths[column]) }
      lines.append(PrintableText.oneLine(line + "  " + row[3]))
    }
    return lines
  }

  private func place(_ place: LogPlace) -> String {
    guard contents.namesFiles, contents.files.indices.contains(place.file) else {
      return "line \(place.line)"
    }
    return "\(contents.files[place.file]):\(place.line)"
  }

  private func happenings(_ life: MappingLife) -> [Row] {
    let whose =
      life.origin == .tables
      ? (life.isOfDriver ? "entries" : "entries, no device named")
      : "for \(HistoryWords.owner(life))"
    let direction = life.direction.map { ", \($0.words)" } ?? ""
    let what = "\(HistoryWords.range(life)) \(whose)\(direction)"
    var rows: [Row] = []
    func add(_ moment: MappingEvent.Moment?, _ verb: String, _ detail: String) {
      guard let moment else { return }
      let task = moment.task.isEmpty ? "" : ", by \(moment.task)"
      rows.append(
        Row(
          time: moment.time, place: HistoryWords.place(moment), what: verb, detail: detail + task))
    }
    add(life.mapped, life.origin == .allocation ? "allocated" : "mapped", what)
    add(life.row, "alive", what + " (driver \(life.name))")
    let size = life.freedSize.map { " with the wrong size, \($0) bytes" } ?? ""
    add(life.unmapped, life.origin == .allocation ? "freed" : "unmapped", what + size)
    add(life.flushed, "flushed", "the unit's cache forgets it")
    return rows
  }

  private var faults: [Row] {
    guard let address else { return [] }
    return contents.faults.filter { $0.address.map { $0.page == address.page } ?? false }
      .flatMap { group in
        group.sightings.map { sighting in
          Row(
            time: contents.history.clock == .uptime ? sighting.time?.uptime : nil,
            place: sighting.place, what: "fault", detail: ExplanationText.title([group]))
        }
      }
  }

  /// One document.
  public var json: String {
    JSONValue.object([
      ("schema", .string("dmar-history/1")),
      ("address", .text(address.map { "0x\(hex($0))" })), ("lives", value),
    ]).pretty
  }

  /// The lives for programs.
  var value: JSONValue {
    .array(
      lives.map { life in
        .object([
          ("start", .string("0x\(hex(life.start))")),
          ("last", .string("0x\(hex(life.end &- 1))")), ("device", .text(life.device?.description)),
          ("name", .text(life.name.isEmpty ? nil : life.name)),
          ("direction", .text(life.direction?.words)),
          ("physical", .text(life.physical.map { "0x\(hex($0))" })),
          ("mapped", moment(life.mapped)), ("unmapped", moment(life.unmapped)),
          ("flushed", moment(life.flushed)), ("alive", moment(life.row)),
          ("freed_size", life.freedSize.map(JSONValue.unsigned) ?? .null),
        ])
      })
  }

  private func moment(_ moment: MappingEvent.Moment?) -> JSONValue {
    guard let moment else { return .null }
    var members: [(String, JSONValue)] = [
      ("line", .count(moment.line)), ("time_us", moment.time.map(JSONValue.unsigned) ?? .null),
      ("task", .text(moment.task.isEmpty ? nil : moment.task)),
    ]
    if contents.files.indices.contains(moment.file) {
      members.insert(("file", .string(contents.files[moment.file])), at: 0)
    }
    return .object(members)
  }
}
