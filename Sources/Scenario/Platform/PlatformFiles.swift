public import ACPITables
public import PCI
public import ScenarioFormat

/// DMAR tables as YAML.
public enum DMARTableFile {
  /// The table in the file at `path`: YAML, or the table itself as firmware has it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place? = nil) throws(InputError)
    -> DMARTable
  {
    let bytes = try Files.bytes(at: path, namedAt: place)
    guard bytes.starts(with: Array("DMAR".utf8)), bytes.contains(0) else {
      return try table(from: String(decoding: bytes, as: UTF8.self), file: path)
    }
    do throws(ACPITableError) {
      return try DMARTable(parsing: bytes)
    } catch {
      throw InputError(at: Place(whole: path), "\(error)")
    }
  }

  /// The table in `text`, which stands in `file`.
  public static func table(from text: String, file: String) throws(InputError) -> DMARTable {
    try DMARTable(reading: try YAMLReader.value(of: text, file: file), as: "the table")
  }

  /// `table` as text that reads back to the same bytes.
  public static func text(of table: DMARTable) -> String { table.written.document() }
}

/// Snapshots of a PCI bus as YAML.
public enum PCISnapshotFile {
  /// The bus in the file at `path`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place? = nil) throws(InputError)
    -> PCITopology
  {
    try topology(from: try Files.text(at: path, namedAt: place), file: path)
  }

  /// The bus in `text`, which stands in `file`.
  public static func topology(from text: String, file: String) throws(InputError) -> PCITopology {
    let root = try YAMLReader.value(of: text, file: file)
    return try PCISnapshot(reading: root, as: "the snapshot").topology
  }

  /// `topology` as text that ``topology(from:file:)`` reads back to the same value.
  public static func text(of topology: PCITopology) -> String {
    PCISnapshot(topology).written.document()
  }
}
