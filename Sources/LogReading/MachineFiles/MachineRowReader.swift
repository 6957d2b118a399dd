import PCI
import Text

/// Reads rows of the machine's own files wherever they stand: in a file of their own, below a command
/// or a heading, or behind a path, as `grep` prints them.
struct MachineRowReader: Sendable {
  /// The file whose lines follow, by the input's own path or by a heading.
  private var file: MachineFile?
  /// The group whose rows follow, where a heading names it.
  private var group: Int?
  private var listing = ListingReader()
  private var latency = LatencyReader()

  init() {}

  /// - Parameter path: where the text comes from.
  init(path: String) {
    file = MachineFile(path: path)
    switch file {
    case .reservedRegions(let group), .group(let group): self.group = group
    case .unit, .groupType, .member, nil: break
    }
  }

  /// The rows that a line is.
  mutating func read(_ line: CleanLine) -> [LogFact] {
    let bytes = line.bytes
    guard let first = bytes.firstIndex(where: { !ASCII.isBlank($0) }) else {
      // A file of sysfs has one line; what stands behind an empty one is something else.
      if !bytes.isEmpty || line.repairs.isEmpty { listing.end() }
      return []
    }
    if let file = MissingFileReader.read(bytes, first) { return [.machineRow(.missing(file))] }
    if line.isTelling {
      if let rows = telling(bytes, first) { return rows.map(LogFact.machineRow) }
    }
    if let file, let row = file.row(Self.text(bytes, first)) {
      if case .unit = file { self.file = nil }
      if case .groupType = file { self.file = nil }
      if case .group = file { self.file = nil }
      return [.machineRow(row)]
    }
    let row =
      reservedRegion(bytes, first) ?? ResourceReader.read(bytes, first).map(MachineRow.resource)
      ?? latency.read(bytes, first).map(MachineRow.latency)
    if let row { return [.machineRow(row)] }
    return listing.read(bytes, first)
  }

  /// A line that holds a word of ours: a path, a heading, a row of `/proc/interrupts`.
  private mutating func telling(_ bytes: [UInt8], _ first: Int) -> [MachineRow]? {
    if let row = InterruptReader.read(bytes) { return [.interrupt(row)] }
    latency.note(bytes)
    if let found = MachineFile.find(in: bytes) {
      file = found.file
      switch found.file {
      case .member(let address, let group): return [.groupMember(address, group: group)]
      case .reservedRegions(let group), .group(let group): self.group = group
      case .unit, .groupType: break
      }
      var rest = found.end
      while rest < bytes.count, bytes[rest] == UInt8(ascii: ":") || ASCII.isBlank(bytes[rest]) {
        rest += 1
      }
      if let row = found.file.row(Self.text(bytes, rest)) {
        file = nil
        return [row]
      }
      return reservedRegion(bytes, rest).map { [$0] } ?? []
    }
    return groupHeading(bytes, first)
  }

  /// `IOMMU Group 12:`, alone or with a function behind it, as a widely used script prints it.
  private mutating func groupHeading(_ bytes: [UInt8], _ first: Int) -> [MachineRow]? {
    guard ByteSearch.find("iommu group ", in: bytes, from: first) == first else { return nil }
    var cursor = ByteCursor(bytes, at: first + 12)
    guard let number = cursor.decimal(), number.digits < 7 else { return nil }
    group = Int(number.value)
    _ = cursor.take(":")
    cursor.skipBlanks()
    guard let address = ListingReader.address(bytes, cursor.position) else { return [] }
    return [.groupMember(address.address, group: Int(number.value))]
  }

  /// `0x00000000fee00000 0x00000000feefffff msi`
  private func reservedRegion(_ bytes: [UInt8], _ start: Int) -> MachineRow? {
    var cursor = ByteCursor(bytes, at: start)
    guard cursor.take(word: "0x"), let first = cursor.hexadecimal(digits: 16...16),
      cursor.take(" "), cursor.take(word: "0x"), let last = cursor.hexadecimal(digits: 16...16),
      cursor.take(" "), last >= first,
      let kind = ReservedRegion.Kind(rawValue: Self.text(bytes, cursor.position))
    else { return nil }
    return .reservedRegion(ReservedRegion(group: group, start: first, end: last, kind: kind))
  }

  /// The rest of a line without the blanks at its end; a value is short.
  private static func text(_ bytes: [UInt8], _ start: Int) -> String {
    var end = bytes.count
    while end > start, ASCII.isWhiteSpace(bytes[end - 1]) { end -= 1 }
    return String(decoding: bytes[min(start, end)..<end].prefix(64), as: UTF8.self)
  }
}
