internal import ACPITables
public import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// Reads scenario files: text, `extends`, overrides, values, and the files that they name.
public struct ScenarioLoader: Sendable {
  /// Changes from the command line, in order.
  public var overrides: [Override]
  /// A kernel file that replaces the scenario's own.
  public var kernelFile: String?

  /// A log file that a scenario expects and that is not there yet reads as empty.
  public var toleratesMissingLog: Bool

  /// The folder of the scenarios that came with the program, which others may extend by
  /// `Configs/...` from any folder; nil for none.
  public var library: String?

  /// Where files are read from.
  var source: ScenarioSource

  /// A loader with the command line's changes.
  ///
  /// - Parameters:
  ///   - source: where files are read from.
  ///   - overrides: changes from the command line, in order.
  ///   - kernelFile: a kernel file that replaces the scenario's own.
  ///   - toleratesMissingLog: whether a log that is not there reads as empty.
  ///   - library: the folder of the scenarios that came with the program; nil for none.
  public init(
    from source: ScenarioSource, overrides: [Override] = [], kernelFile: String? = nil,
    toleratesMissingLog: Bool = false, library: String? = nil
  ) {
    self.source = source
    self.library = library
    self.overrides = overrides
    self.kernelFile = kernelFile
    self.toleratesMissingLog = toleratesMissingLog
  }

  /// Reads a scenario from a file.
  ///
  /// - Throws: `InputError` at the first thing that is not as it should be.
  public func load(_ path: String) throws(InputError) -> ScenarioDescription {
    try tree(of: path).scenario()
  }

  /// A scenario's file with all that it extends, and with the changes of this loader.
  ///
  /// - Throws: `InputError` where a file cannot be read.
  public func tree(of path: String) throws(InputError) -> ScenarioTree {
    var resolver = ExtensionResolver(source, library: library)
    var root = try resolver.load(path)
    if let kernelFile { root = try replaceKernel(of: root, by: kernelFile, &resolver) }
    for override in overrides { root = try override.applied(to: root) }
    return ScenarioTree(root: root, read: resolver.files, loader: self)
  }

  private func replaceKernel(
    of root: YAMLValue, by path: String, _ resolver: inout ExtensionResolver
  ) throws(InputError) -> YAMLValue {
    let kernel = try resolver.load(path)
    guard var entries = root.entries else { return root }
    entries.removeAll { $0.key == "kernel" }
    entries.append(YAMLValue.Entry(key: "kernel", keyPlace: kernel.place, value: kernel))
    return YAMLValue(.mapping(entries), at: root.place)
  }

  /// Fills in what is in the files that the scenario names.
  fileprivate func readFiles(of scenario: inout ScenarioDescription) throws(InputError) {
    if let file = scenario.machine.snapshotFile {
      scenario.machine.snapshot = try PCISnapshotFile.read(
        resolved(file), namedAt: file.place, from: source)
    }
    if let file = scenario.machine.tableFile {
      scenario.machine.table = try table(file, of: scenario.machine.units)
    }
    if let file = scenario.expectation.logFile {
      scenario.expectation.log = try log(file)
    }
  }

  /// The table, each unit of which the scenario has to describe.
  private func table(
    _ file: FileName, of units: [UnitDescription]
  ) throws(InputError) -> DMARTable {
    let table = try DMARTableFile.read(resolved(file), namedAt: file.place, from: source)
    for unit in table.units
    where !units.contains(where: { $0.hardware.registerBase.rawValue == unit.registerBase }) {
      throw InputError(
        at: file.place,
        "the table has a unit at 0x\(hex(unit.registerBase)); a unit with that base "
          + "was expected under units")
    }
    return table
  }

  /// The path as seen from where the program runs.
  fileprivate func resolved(_ file: FileName) -> String {
    source.locate(file.path, from: file.place, library: library)
  }

  private func log(_ file: FileName) throws(InputError) -> Expectation.Log {
    let path = resolved(file)
    do throws(InputError) {
      // Split the bytes, not the characters: Swift takes CR LF as one character, which is not "\n".
      var lines = try source.text(at: path, namedAt: file.place).utf8
        .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .map { String(Substring($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0)) }
      if lines.last == "" { lines.removeLast() }
      return Expectation.Log(path: path, lines: lines)
    } catch {
      guard toleratesMissingLog, !source.isThere(path) else { throw error }
      return Expectation.Log(path: path, lines: [])
    }
  }
}

/// A scenario as its files have it: read once, it becomes many scenarios that differ in some keys.
public struct ScenarioTree: Sendable {
  /// What the file says, with what it extends.
  public let root: YAMLValue
  /// The files of YAML that it was read from.
  fileprivate let read: [String]
  fileprivate let loader: ScenarioLoader

  /// The scenario with some more changes.
  ///
  /// - Throws: `InputError` at the first thing that is not as it should be.
  public func scenario(with overrides: [Override] = []) throws(InputError) -> ScenarioDescription {
    var root = root
    for override in overrides { root = try override.applied(to: root) }
    var scenario = try ScenarioDescription(reading: root, as: "the scenario")
    try loader.readFiles(of: &scenario)
    return scenario
  }

  /// The files that a scenario of this tree was read from: the scenario's own, those that it extends, and
  /// its table, its bus and its log where those are files.
  public func files(of scenario: ScenarioDescription) -> [String] {
    let named = [
      scenario.machine.snapshotFile, scenario.machine.tableFile, scenario.expectation.logFile,
    ]
    return read + named.compactMap { file in file.map { loader.resolved($0) } }
  }

  /// The tree with another root, such as one with some values filled in.
  ///
  /// - Throws: what the change throws.
  public func changed(_ body: (YAMLValue) throws(InputError) -> YAMLValue) throws(InputError)
    -> ScenarioTree
  {
    ScenarioTree(root: try body(root), read: read, loader: loader)
  }
}
