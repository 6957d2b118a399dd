internal import MemoryImages
import Text
internal import VTdFormats

/// What the tables of an image let each device reach.
struct TableReport {
  /// Devices that share tables.
  struct Space {
    var entry: DeviceEntry
    var devices: [DeviceEntry]
    var extent = RangeExtent()
    var leafCount: UInt64 = 0
    var missing = 0
    var isCircular = false
    /// Its tables were not read: those of other devices took longer than any that somebody made.
    var isLeftOut = false
  }

  /// More ways to an address are not listed.
  private static let mostWays = 1 << 16

  private let image: MemoryImage
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
    self.image = image
    self.path = path
    form = image.form
    self.root = root.pageStart
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
    // Every table is read once, but where devices share them.
    var tablesLeft = image.pageLimit &* 16 &+ 4096
    for index in spaces.indices { measure(index, &tablesLeft) }
  }

  /// Reads all of a space, and keeps the facts that its heading shows.
  private mutating func measure(_ index: Int, _ tablesLeft: inout UInt64) {
    guard tablesLeft > 0 else {
      spaces[index].isCircular = true
      spaces[index].isLeftOut = true
      return
    }
    var extent = RangeExtent()
    guard let reader = readRanges(of: spaces[index], { extent.add($0) }) else { return }
    tablesLeft -= min(tablesLeft, reader.tableCount)
    spaces[index].extent = extent
    spaces[index].leafCount = reader.leafCount
    spaces[index].missing = reader.missingCount
    spaces[index].isCircular = reader.isCircular
  }

  /// Reads the ranges of a space, in the order of the device's addresses. An image may have many
  /// millions, so that they are read again rather than kept.
  ///
  /// - Returns: the reader with its counts; nil where no tables translate.
  @discardableResult
  func readRanges(of space: Space, _ body: (MappedRange) -> Void) -> PageTableReader? {
    if space.isLeftOut { return nil }
    let table: UInt64
    let levels: Int
    let stage: PageTableReader.Stage
    switch space.entry.translation {
    case .secondStage(let address, let count): (table, levels, stage) = (address, count, .second)
    case .firstStage(let address, let count): (table, levels, stage) = (address, count, .first)
    case .nested(_, let second, let count): (table, levels, stage) = (second, count, .second)
    case .passThrough, .reserved: return nil
    }
    return PageTableReader.read(image, table: table, levels: levels, stage: stage, body)
  }

  // MARK: For people

  private var heading: String {
    "\(path): \(form.rawValue), \(isScalable ? "scalable" : "legacy") mode, root table at "
      + "0x\(hex(root))"
  }

  /// Prints all of it for people.
  func print(to output: inout Output) {
    output.print(heading)
    output.print("")
    var rows = [["DEVICE", "DOMAIN", "TRANSLATION"]]
    for entry in spaces.flatMap(\.devices).sorted(by: { $0.source < $1.source }) {
      rows.append([entry.name, "\(entry.domain.rawValue)", Self.words(entry)])
    }
    for line in columns(rows) { output.print(line) }
    for space in spaces {
      output.print("")
      print(space, to: &output)
    }
    for flaw in flaws {
      output.print("beware: \(flaw.words) (entry at 0x\(hex(flaw.address)))")
    }
  }

  private func print(_ space: Space, to output: inout Output) {
    let names = space.devices.map(\.name).joined(separator: ", ")
    let title = "domain \(space.entry.domain.rawValue) (\(names))"
    switch space.entry.translation {
    case .passThrough: return output.print("\(title): pass-through, all of memory, read and write")
    case .reserved:
      return output.print("\(title): an encoding that the specification reserves")
    default: break
    }
    output.print(
      "\(title): \(counted(Int(clamping: space.leafCount), "page")) in "
        + "\(counted(Int(clamping: space.extent.count), "range")), " + size(space.extent.size))
    if case .nested = space.entry.translation {
      output.print(
        "  nested: these are the ranges of the second stage, by the guest's addresses")
    }
    if space.extent.count > 0 {
      RangeTable(space.extent).print(to: &output) { readRanges(of: space, $0) }
    }
    if space.missing > 0 {
      output.print(
        "  beware: \(space.missing) tables lie outside the image; their pages are missing")
    }
    if space.isCircular {
      output.print("  beware: the tables lead in circles; not all was read")
    }
  }

  private static func words(_ entry: DeviceEntry) -> String {
    let cache = entry.usesDeviceTLB ? ", with a device TLB" : ""
    switch entry.translation {
    case .secondStage(let table, let levels):
      return "second stage, \(levels) levels, table at 0x\(hex(table))\(cache)"
    case .firstStage(let table, let levels):
      return "first stage, \(levels) levels, table at 0x\(hex(table))\(cache)"
    case .nested(let first, let second, _):
      return "nested, first stage at 0x\(hex(first)), second at 0x\(hex(second))\(cache)"
    case .passThrough: return "pass-through\(cache)"
    case .reserved: return "reserved encoding"
    }
  }

  private func size(_ bytes: UInt64) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
  }

  // MARK: Who reaches an address

  /// Where a device sees an address of memory; the address is its own where nothing translates. One
  /// way more than are listed says that there are further ones.
  private func ways(to address: UInt64) -> [(entry: DeviceEntry, place: UInt64, allows: String)] {
    var ways: [(entry: DeviceEntry, place: UInt64, allows: String)] = []
    func add(_ devices: [DeviceEntry], _ place: UInt64, _ allows: String) {
      for device in devices.prefix(Self.mostWays + 1 - ways.count) {
        ways.append((device, place, allows))
      }
    }
    for space in spaces where ways.count <= Self.mostWays {
      if space.entry.translation == .passThrough { add(space.devices, address, "rw") }
      readRanges(of: space) { range in
        if let place = range.place(of: address) { add(space.devices, place, range.permission) }
      }
    }
    return ways
  }

  func lines(reaching address: UInt64) -> [String] {
    let ways = ways(to: address)
    guard !ways.isEmpty else {
      return [heading, "", "no device can reach 0x\(hex(address))"]
    }
    var rows = [["DEVICE", "DOMAIN", "IOVA", "ALLOWS"]]
    for way in ways.prefix(Self.mostWays) {
      let isIdentity = way.entry.translation == .passThrough
      rows.append([
        way.entry.name, "\(way.entry.domain.rawValue)", "0x\(hex(way.place))",
        way.allows + (isIdentity ? " (pass-through)" : ""),
      ])
    }
    let further = ways.count > Self.mostWays ? ["further ways are not listed"] : []
    return [heading, "", "0x\(hex(address)) can be reached by"] + columns(rows) + further
  }

  func json(reaching address: UInt64) -> String {
    let ways = ways(to: address)
    let further: [(String, JSONValue)] =
      ways.count > Self.mostWays ? [("further_ways", .boolean(true))] : []
    return JSONValue.object(
      head + [
        ("physical", .string("0x\(hex(address))")),
        (
          "reached_by",
          .array(
            ways.prefix(Self.mostWays).map { way in
              .object(
                Self.members(way.entry) + [
                  ("iova", .string("0x\(hex(way.place))")), ("allows", .string(way.allows)),
                ])
            })
        ),
      ] + further
    ).pretty
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

  /// Prints all of it as one document, whose ranges are written as they are read.
  func printJSON(to output: inout Output) {
    output.write("{\n")
    for member in head { output.write("  \(Self.memberText(member, 2)),\n") }
    output.write("  \"domains\": [")
    for (index, space) in spaces.enumerated() {
      output.write(index == 0 ? "\n    {\n" : ",\n    {\n")
      let members: [(String, JSONValue)] = [
        ("domain", .unsigned(UInt64(space.entry.domain.rawValue))),
        ("devices", .array(space.devices.map { .object(Self.members($0)) })),
        ("pages", .unsigned(space.leafCount)),
        ("missing_tables", .count(space.missing)),
        ("circular", .boolean(space.isCircular)),
      ]
      for member in members { output.write("      \(Self.memberText(member, 6)),\n") }
      output.write("      \"ranges\": [")
      if space.extent.count > 0 {
        RangeTable(space.extent).printJSON(to: &output) { readRanges(of: space, $0) }
        output.write("\n      ")
      }
      output.write("]\n    }")
    }
    output.write(spaces.isEmpty ? "],\n" : "\n  ],\n")
    output.write("  \(Self.memberText(("flaws", .array(flaws.map { .string($0.words) })), 2))\n}\n")
  }

  private static func memberText(_ member: (String, JSONValue), _ indent: Int) -> String {
    "\(JSONValue.string(member.0).compact): \(member.1.pretty(indent: indent))"
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
