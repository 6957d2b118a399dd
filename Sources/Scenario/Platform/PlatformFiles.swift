public import ACPITables
public import PCI
public import ScenarioFormat
internal import YAMLNodes

/// DMAR tables as YAML.
public enum DMARTableFile {
  /// The table in a file: YAML, or the table itself as firmware has it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  ///   - source: where it is read from.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place?, from source: ScenarioSource)
    throws(InputError) -> DMARTable
  {
    let content = try source.content(path, place)
    guard let bytes = content.bytes, isTable(bytes) else {
      var budget = ReadingBudget()
      return try DMARTable(
        reading: try source.value(of: content, file: path, budget: &budget), as: "the table")
    }
    do throws(ACPITableError) {
      return try DMARTable(parsing: bytes)
    } catch {
      throw InputError(at: Place(whole: path), "\(error)")
    }
  }

  /// Whether bytes are a table as firmware has it.
  static func isTable(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: Array("DMAR".utf8)) && bytes.contains(0)
  }

  /// `table` as text that reads back to the same bytes.
  public static func text(of table: DMARTable) -> String { table.written.document() }
}

/// Snapshots of a PCI bus as YAML.
public enum PCISnapshotFile {
  /// The bus in a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  ///   - source: where it is read from.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place?, from source: ScenarioSource)
    throws(InputError) -> PCITopology
  {
    var budget = ReadingBudget()
    let root = try source.value(
      of: try source.content(path, place), file: path, budget: &budget)
    return try PCISnapshot(reading: root, as: "the snapshot").topology
  }

  /// `topology` as text that ``topology(from:file:)`` reads back to the same value.
  public static func text(of topology: PCITopology) -> String {
    PCISnapshot(topology).written.document()
  }
}
