internal import LinuxIOMMU
internal import Machine
internal import Scenario

/// The driver's debugfs files as a folder of files.
enum DebugfsFolder {
  /// Writes all files; the folder is made if it is missing.
  static func write(_ run: ScenarioRun, to folder: String) throws {
    try Files.makeFolder(folder)
    for file in DebugfsFile.allCases {
      let lines = run.machine.kernel.debugfs(file)
      let text = lines.map { $0 + "\n" }.joined()
      try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(file.rawValue)")
    }
  }
}
