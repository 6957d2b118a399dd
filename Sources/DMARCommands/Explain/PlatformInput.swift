import LogReading
internal import ACPITables
internal import Diagnosis
internal import PCI
internal import Scenario
internal import ScenarioFormat

/// A file that is no log: the machine's DMAR table, or a snapshot of its bus.
enum PlatformInput {
  /// The table, and whether `dmar replay` can read the file as it is.
  case table(DMARTable, isReadable: Bool, byteCount: Int)
  case snapshot(PCITopology, byteCount: Int)

  /// Enough to tell a table or a snapshot from a log.
  private static let beginning = 4096

  /// The table or the snapshot in the file at `path`; nil where it is a log.
  ///
  /// - Throws: `ExitCode` after saying what is wrong with a table or a snapshot.
  init?(_ path: String) throws {
    guard let head = HeadOfFile.read(path, Self.beginning) else { return nil }
    if head.starts(with: Array("DMAR".utf8)), head.prefix(8).contains(where: { $0 < 9 }) {
      self = try Self.load(path, isReadable: true)
      return
    }
    guard !head.contains(0) else { return nil }
    let text = String(decoding: head, as: UTF8.self)
    if text.hasPrefix("pci_snapshot:") || text.contains("\npci_snapshot:") {
      let topology = try reportingInputErrors { try PCISnapshotFile.read(path) }
      self = .snapshot(topology, byteCount: head.count)
    } else if path.hasSuffix(".yaml") || path.hasSuffix(".yml"),
      text.contains("host_address_width:")
    {
      self = try Self.load(path, isReadable: true)
    } else if Self.isDump(text) {
      self = try Self.load(path, isReadable: false)
    } else {
      return nil
    }
  }

  /// The output of acpidump or of iasl -d, which ends in a dump of the bytes.
  private static func isDump(_ text: String) -> Bool {
    text.hasPrefix("DMAR @ 0x") || text.contains("\nDMAR @ 0x")
      || text.contains("Signature : \"DMAR\"")
  }

  private static func load(_ path: String, isReadable: Bool) throws -> PlatformInput {
    let file = try TableFile.load(path)
    return .table(file.table, isReadable: isReadable, byteCount: file.bytes.count)
  }

  var byteCount: Int {
    switch self {
    case .table(_, _, let count), .snapshot(_, let count): count
    }
  }

  func give(to collector: inout LogCollector) {
    switch self {
    case .table(let table, _, _): collector.take(table)
    case .snapshot(let topology, _): collector.take(topology)
    }
  }
}
