import LogReading
internal import ACPITables
internal import Diagnosis
internal import Glibc
internal import PCI
internal import Rebuild
internal import Scenario
internal import ScenarioFormat

/// The table and the snapshot that a rebuilt scenario points to.
struct PlatformReferences {
  /// Where the scenario is written; `-` is standard output.
  let output: String
  private var paths = PlatformFiles()
  /// A table from a text that a scenario cannot point to.
  private var dumped: DMARTable?
  /// A bus from an archive, which a scenario cannot point into.
  private var packedBus: PCITopology?

  init(output: String) {
    self.output = output
  }

  mutating func add(_ input: PlatformInput, at path: String) {
    switch input {
    case .table(let table, let isReadable, _):
      paths.table = isReadable ? reference(path) : nil
      dumped = isReadable ? nil : table
    case .snapshot(let topology, let isReadable, _):
      paths.snapshot = isReadable ? reference(path) : nil
      packedBus = isReadable ? nil : topology
    }
  }

  /// The references; what a scenario cannot point to is written as YAML beside it.
  func files() throws -> PlatformFiles {
    var files = paths
    if let dumped {
      files.table = try beside(
        "the DMAR table", ".dmar.yaml", DMARTableFile.text(of: dumped))
    }
    if let packedBus {
      files.snapshot = try beside(
        "the bus", ".pci.yaml", PCISnapshotFile.text(of: packedBus))
    }
    return files
  }

  /// Writes a file beside the scenario, and answers its name; nil where it has no place.
  private func beside(_ what: String, _ ending: String, _ text: String) throws -> String? {
    guard output != "-" else {
      StandardError.print(
        "dmar: left out: \(what), which would lie beside the scenario; -o says where")
      return nil
    }
    let path = Self.withoutExtension(output) + ending
    try OutputFile.write(text, to: path)
    return Self.split(path).name
  }

  /// The path as seen from the scenario: its name in the same folder, or the whole path.
  private func reference(_ path: String) -> String {
    let parts = Self.split(path)
    if output != "-", parts.folder == Self.split(output).folder { return parts.name }
    guard let whole = realpath(path, nil) else { return path }
    defer { free(whole) }
    return String(cString: whole)
  }

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  private static func withoutExtension(_ path: String) -> String {
    let (_, name) = split(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path }
    return String(path.dropLast(name[dot...].count))
  }
}
