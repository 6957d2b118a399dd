import LogReading
internal import ACPITables
internal import Diagnosis
internal import Glibc
internal import Rebuild
internal import Scenario
internal import ScenarioFormat

/// The table and the snapshot that a rebuilt scenario points to.
struct PlatformReferences {
  /// Where the scenario is written; `-` is standard output.
  let output: String
  private var paths = RebuiltScenario.PlatformFiles()
  /// A table from a text that a scenario cannot point to.
  private var dumped: DMARTable?

  init(output: String) {
    self.output = output
  }

  mutating func add(_ input: PlatformInput, at path: String) {
    switch input {
    case .table(let table, let isReadable, _):
      paths.table = isReadable ? reference(path) : nil
      dumped = isReadable ? nil : table
    case .snapshot: paths.snapshot = reference(path)
    }
  }

  /// The references; a table that was dumped as text is written as YAML beside the scenario.
  func files() throws -> RebuiltScenario.PlatformFiles {
    guard let dumped else { return paths }
    guard output != "-" else {
      StandardError.print(
        "dmar: left out: the DMAR table, which would lie beside the scenario; -o says where")
      return paths
    }
    let beside = Self.withoutExtension(output) + ".dmar.yaml"
    try OutputFile.write(DMARTableFile.text(of: dumped), to: beside)
    var files = paths
    files.table = Self.split(beside).name
    return files
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
