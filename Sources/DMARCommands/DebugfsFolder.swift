internal import LinuxIOMMU
internal import Machine
internal import Scenario
internal import ScenarioFormat

/// The driver's debugfs files as a folder of files.
enum DebugfsFolder {
  /// Writes all files; the folder is made if it is missing.
  ///
  /// - Throws: `OutputError` where a folder or a file cannot be made or written.
  static func write(_ run: ScenarioRun, to folder: String) throws {
    try OutputFile.makeFolder(folder)
    for entry in run.machine.kernel.debugfsEntries {
      let text = entry.lines.map { $0 + "\n" }.joined()
      if let slash = entry.path.lastIndex(of: "/") {
        try OutputFile.makeFolder("\(folder)/\(entry.path[..<slash])")
      }
      try OutputFile.write(text, to: "\(folder)/\(entry.path)")
    }
  }
}
