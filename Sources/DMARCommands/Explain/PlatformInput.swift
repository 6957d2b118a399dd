import LogReading
internal import ACPITables
internal import Diagnosis
internal import PCI
internal import Scenario
internal import ScenarioFormat

/// A file that is not a log: the machine's DMAR table, or a snapshot of its bus.
enum PlatformInput {
  /// The table, and whether `dmar replay` can read the file as it is.
  case table(DMARTable, isReadable: Bool, byteCount: Int)
  /// The bus, and whether `dmar replay` can read the file as it is.
  case snapshot(PCITopology, isReadable: Bool, byteCount: Int)

  /// What a file is that is not a log.
  typealias Kind = PlatformKind

  /// The table or the snapshot in the file at `path`; nil where it is a log.
  ///
  /// - Parameter head: its first bytes, which tell.
  /// - Throws: `ExitCode` after saying what is wrong with a table or a snapshot.
  init?(_ path: String, head: [UInt8]) throws {
    guard let kind = Kind(head: head, path: path) else { return nil }
    switch kind {
    case .snapshot:
      let topology = try reportingInputErrors { try PCISnapshotFile.read(path) }
      self = .snapshot(topology, isReadable: true, byteCount: head.count)
    case .table(let isReadable): self = try Self.load(path, isReadable: isReadable)
    }
  }

  /// The table or the snapshot that a member of an archive holds.
  ///
  /// - Throws: what is wrong with it.
  init(_ kind: Kind, _ content: [UInt8], path: String) throws {
    let text = String(decoding: content, as: UTF8.self)
    switch kind {
    case .snapshot:
      self = .snapshot(
        try PCISnapshotFile.topology(from: text, file: path), isReadable: false,
        byteCount: content.count)
    case .table:
      // A scenario cannot point into an archive: the table is written beside it.
      let table: DMARTable
      if content.contains(0) {
        table = try DMARTable(parsing: content)
      } else if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
        table = try DMARTableFile.table(from: text, file: path)
      } else {
        table = try DMARTable(parsing: try HexDump.table(in: text))
      }
      self = .table(table, isReadable: false, byteCount: content.count)
    }
  }

  private static func load(_ path: String, isReadable: Bool) throws -> PlatformInput {
    let file = try TableFile.load(path)
    return .table(file.table, isReadable: isReadable, byteCount: file.bytes.count)
  }

  var byteCount: Int {
    switch self {
    case .table(_, _, let count), .snapshot(_, _, let count): count
    }
  }

  func give(to collector: inout LogCollector) {
    switch self {
    case .table(let table, _, _): collector.take(table)
    case .snapshot(let topology, _, _): collector.take(topology)
    }
  }
}
