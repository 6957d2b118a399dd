internal import ACPITables
internal import LinuxIOMMU
public import ScenarioFormat

/// Reads a file of any kind that the program knows, and does nothing with it.
public enum FileCheck {
  /// What kind of file it is that was read, with all that it extends and names.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - source: where it is read from.
  ///   - library: the folder of the scenarios that came with the program.
  /// - Throws: `InputError` at the first thing that is not as it should be.
  public static func check(_ path: String, in source: ScenarioSource, library: String? = nil)
    throws(InputError) -> FileKind
  {
    if let bytes = try source.content(path, nil).bytes, DMARTableFile.isTable(bytes) {
      _ = try DMARTableFile.read(path, namedAt: nil, from: source)
      return .table
    }
    var resolver = ExtensionResolver(source, library: library)
    let root = try resolver.load(path)
    let kind = kind(of: root)
    if kind == .scenario {
      _ = try ScenarioLoader(from: source, library: library).load(path)
    } else {
      _ = try kind.read(root)
    }
    return kind
  }

  /// The kind by the keys that only files of that kind have; a scenario if there are none.
  private static func kind(of root: YAMLValue) -> FileKind {
    let telling: [(FileKind, [String])] = [
      (.scenario, ["steps", "machine", "kernel", "expect"]), (.snapshot, ["pci_snapshot"]),
      (.table, ["structures", "host_address_width"]), (.platform, ["memory", "units"]),
      (.kernel, ["release", "profile", "behaviour", "call_sites", "frameless"]),
    ]
    return telling.first { $0.1.contains { root[$0] != nil } }?.0 ?? .scenario
  }
}
