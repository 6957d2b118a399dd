internal import MemoryImages
import Text
internal import VTdFormats

/// What the tables of an image let each device reach.
struct TableReport {
  /// Devices that share tables.
  struct Space {
    var entry: DeviceEntry
    var devices: [DeviceEntry]
    var ranges: [MappedRange] = []
    var leafCount: UInt64 = 0
    var missing = 0
    var isCircular = false
  }

  let path: String
  let form: MemoryImage.Form
  let root: UInt64
  let isScalable: Bool
  private(set) var spaces: [Space] = []
  private(set) var flaws: [DeviceTableReader.Flaw]

  var isEmpty: Bool { spaces.isEmpty }

  /// - Parameters:
  ///   - device: a function to which the report is confined.
  ///   - domain: a domain-id to which it is confined.
  init(
    _ image: MemoryImage, path: String, root: UInt64, device: SourceID? = nil,
    domain: DomainID? = nil
  ) {
    let reader = DeviceTableReader(image, root: root)
    self.path = path
    form = image.form
    self.root = root & ~0xfff
    isScalable = reader.isScalable
    flaws = reader.flaws
    var places: [DeviceEntry.Translation: Int] = [:]
    for entry in reader.entries {
      if let device, entry.source != device { continue }
      if let domain, entry.domain != domain { continue }
      if let place = places[entry.translation] {
        spaces[place].devices.append(entry)
      } else {
        places[entry.translation] = spaces.count
        spaces.append(Space(entry: entry, devices: [entry]))
      }
    }
    for index in spaces.indices { read(image, index) }
  }

  private mutating func read(_ image: MemoryImage, _ index: Int) {
    let table: UInt64
    let levels: Int
    let stage: PageTableReader.Stage
    switch spaces[index].entry.translation {
    case .secondStage(let address, let count): (table, levels, stage) = (address, count, .second)
    case .firstStage(let address, let count): (table, levels, stage) = (address, count, .first)
    case .nested(_, let second): (table, levels, stage) = (second, 4, .second)
    case .passThrough, .reserved: return
    }
    var ranges: [MappedRange] = []
    let reader = PageTableReader.read(image, table: table, levels: levels, stage: stage) {
      ranges.append($0)
    }
    spaces[index].ranges = ranges
    spaces[index].leafCount = reader.leafCount
    spaces[index].missing = reader.missingCount
    spaces[index].isCircular = reader.isCircular
  }

  // MARK: For people

  private var heading: String {
    "\(path): \(form.rawValue), \(isScalable ? "scalable" : "legacy") mode, root table at "
      + "0x\(hex(root))"
  }

  var lines: [String] {
    var lines = [heading, ""]
    var rows = [["DEVICE", "DOMAIN", "TRANSLATION"]]
    for entry in spaces.flatMap(\.devices).sorted(by: { $0.source < $1.source }) {
      rows.append([entry.name, "\(entry.domain.rawValue)", Self.words(entry)])
    }
    lines += columns(rows)
    for space in spaces {
      lines.append("")
      lines += self.lines(of: space)
    }
    for flaw in flaws { lines.append("beware: \(flaw.words) (entry at 0x\(hex(flaw.address)))") }
    return lines
  }

  private func lines(of space: Space) -> [String] {
    let names = space.devices.map(\.name).joined(separator: ", ")
    let title = "domain \(space.entry.domain.rawValue) (\(names))"
    switch space.entry.translation {
    case .passThrough: return ["\(title): pass-through, all of memory, read and write"]
    case .reserved: return ["\(title): an encoding that the specification reserves"]
    default: break
    }
    var lines = [
      "\(title): \(space.leafCount) pages in \(space.ranges.count) ranges, "
        + size(space.ranges.reduce(0) { $0 &+ $1.size })
    ]
    if case .nested = space.entry.translation {
      lines.append("  nested: these are the ranges of the second stage, by the guest's addresses")
    }
    var rows = [["  IOVA", "LAST", "MEMORY", "ALLOWS", "PAGES"]]
    for range in space.ranges {
      rows.append([
        "  0x\(hex(range.start))", "0x\(hex(range.last))", "0x\(hex(range.physical))",
        range.permission,
        "\(range.size >> UInt64(Paging.shift(level: range.level))) x \(range.pageSize)",
      ])
    }
    if rows.count > 1 { lines += columns(rows) }
    if space.missing > 0 {
      lines.append(
        "  beware: \(space.missing) tables lie outside the image; their pages are missing")
    }
    if space.isCircular { lines.append("  beware: the tables lead in circles; not all was read") }
    return lines
  }

  private static func words(_ entry: DeviceEntry) -> String {
    let cache = entry.usesDeviceTLB ? ", with a device TLB" : ""
    switch entry.translation {
    case .secondStage(let table, let levels):
      return "second stage, \(levels) levels, table at 0x\(hex(table))\(cache)"
    case .firstStage(let table, let levels):
      return "first stage, \(levels) levels, table at 0x\(hex(table))\(cache)"
    case .nested(let first, let second):
      return "nested, first stage at 0x\(hex(first)), second at 0x\(hex(second))\(cache)"
    case .passThrough: return "pass-through\(cache)"
    case .reserved: return "reserved encoding"
    }
  }

  private func size(_ bytes: UInt64) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }

  // MARK: Who reaches an address

  /// Where a device sees an address of memory; the address is its own where nothing translates.
  private func ways(to address: UInt64) -> [(entry: DeviceEntry, place: UInt64, allows: String)] {
    spaces.flatMap { space -> [(entry: DeviceEntry, place: UInt64, allows: String)] in
      if space.entry.translation == .passThrough {
        return space.devices.map { ($0, address, "rw") }
      }
      return space.ranges.compactMap { range in
        range.place(of: address).map { ($0, range.permission) }
      }.flatMap { way in space.devices.map { ($0, way.0, way.1) } }
    }
  }

  func lines(reaching address: UInt64) -> [String] {
    let ways = ways(to: address)
    guard !ways.isEmpty else {
      return [heading, "", "no device can reach 0x\(hex(address))"]
    }
    var rows = [["DEVICE", "DOMAIN", "IOVA", "ALLOWS"]]
    for way in ways {
      let isIdentity = way.entry.translation == .passThrough
      rows.append([
        way.entry.name, "\(way.entry.domain.rawValue)", "0x\(hex(way.place))",
        way.allows + (isIdentity ? " (pass-through)" : ""),
      ])
    }
    return [heading, "", "0x\(hex(address)) can be reached by"] + columns(rows)
  }

  func json(reaching address: UInt64) -> String {
    JSONValue.object(
      head + [
        ("physical", .string("0x\(hex(address))")),
        (
          "reached_by",
          .array(
            ways(to: address).map { way in
              .object(
                Self.members(way.entry) + [
                  ("iova", .string("0x\(hex(way.place))")), ("allows", .string(way.allows)),
                ])
            })
        ),
      ]
    ).pretty
  }

  // MARK: What differs

  private struct Row: Hashable {
    var device: String
    var range: MappedRange
  }

  private var rows: Set<Row> {
    var rows: Set<Row> = []
    for space in spaces {
      for entry in space.devices {
        for range in space.ranges { rows.insert(Row(device: entry.name, range: range)) }
      }
    }
    return rows
  }

  /// Ranges that one of two images has alone: `-` this one, `+` the other.
  func difference(from other: TableReport) -> [String] {
    let own = rows
    let others = other.rows
    let gone = own.subtracting(others).map { ("-", $0) }
    let new = others.subtracting(own).map { ("+", $0) }
    let all = (gone + new).sorted {
      ($0.1.device, $0.1.range.start, $0.0) < ($1.1.device, $1.1.range.start, $1.0)
    }
    if all.isEmpty { return ["no range differs"] }
    return columns(
      all.map { sign, row in
        [
          sign, row.device, "0x\(hex(row.range.start))", "0x\(hex(row.range.last))",
          "0x\(hex(row.range.physical))", row.range.permission, row.range.pageSize,
        ]
      })
  }

  // MARK: For programs

  private var head: [(String, JSONValue)] {
    [
      ("schema", .string("dmar-tables/1")), ("image", .string(path)),
      ("form", .string(form.rawValue)), ("root", .string("0x\(hex(root))")),
      ("mode", .string(isScalable ? "scalable" : "legacy")),
    ]
  }

  private static func members(_ entry: DeviceEntry) -> [(String, JSONValue)] {
    [
      ("device", .string("\(entry.source)")),
      ("pasid", entry.pasid.map { .unsigned(UInt64($0.rawValue)) } ?? .null),
      ("domain", .unsigned(UInt64(entry.domain.rawValue))),
      ("translation", .string(words(entry))),
    ]
  }

  var json: String {
    JSONValue.object(
      head + [
        (
          "domains",
          .array(
            spaces.map { space in
              .object([
                ("domain", .unsigned(UInt64(space.entry.domain.rawValue))),
                ("devices", .array(space.devices.map { .object(Self.members($0)) })),
                ("pages", .unsigned(space.leafCount)),
                ("missing_tables", .count(space.missing)),
                ("circular", .boolean(space.isCircular)),
                (
                  "ranges",
                  .array(
                    space.ranges.map { range in
                      .object([
                        ("iova", .string("0x\(hex(range.start))")),
                        ("last", .string("0x\(hex(range.last))")),
                        ("physical", .string("0x\(hex(range.physical))")),
                        ("allows", .string(range.permission)),
                        ("page_size", .unsigned(1 << UInt64(Paging.shift(level: range.level)))),
                      ])
                    })
                ),
              ])
            })
        ),
        ("flaws", .array(flaws.map { .string($0.words) })),
      ]
    ).pretty
  }
}

/// Pages that look like a root table.
enum ScanText {
  static func lines(_ candidates: [RootScan.Candidate]) -> [String] {
    candidates.map { "0x\(hex($0.address)): \($0.why)" }
  }

  static func json(_ candidates: [RootScan.Candidate]) -> String {
    JSONValue.object([
      ("schema", .string("dmar-scan/1")),
      (
        "candidates",
        .array(
          candidates.map { candidate in
            .object([
              ("root", .string("0x\(hex(candidate.address))")),
              ("mode", .string(candidate.isScalable ? "scalable" : "legacy")),
              ("buses", .count(candidate.buses)), ("functions", .count(candidate.functions)),
              ("wrong", .count(candidate.wrong)), ("score", .signed(Int64(candidate.score))),
            ])
          })
      ),
    ]).pretty
  }
}
