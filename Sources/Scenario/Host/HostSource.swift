public import ACPITables
public import PCI
public import ScenarioFormat
internal import YAMLNodes
internal import YAMLReading

// What this room needs of a host: files, and libyaml. The folder is left out where there is none.

extension ScenarioSource {
  /// The machine's disk, read by libyaml.
  public static let host = ScenarioSource(
    content: { (path, place) throws(InputError) in
      Content(bytes: try Files.bytes(at: path, namedAt: place))
    },
    parse: { (text, budget) throws(YAMLSyntaxError) in
      try LibYAML.document(of: text, budget: &budget)
    },
    isThere: { Files.isThere($0) }, linkTarget: { Files.linkTarget($0) })

  /// Files that are at hand, read by libyaml; the disk is not touched.
  ///
  /// - Parameter bytes: what stands in the file of a path; nil where there is none.
  public static func files(_ bytes: @escaping @Sendable (_ path: String) -> [UInt8]?)
    -> ScenarioSource
  {
    ScenarioSource(
      content: { (path, place) throws(InputError) in
        if let bytes = bytes(path) { return Content(bytes: bytes) }
        guard let place else { throw InputError(.notFound, at: Place(whole: path), "no such file") }
        throw InputError(at: place, "\(path): no such file; a file that is at hand was expected")
      },
      parse: host.parse, isThere: { bytes($0) != nil })
  }

  /// The machine's disk with one more file in it, a text that is not there.
  static func host(with text: String, named name: String) -> ScenarioSource {
    ScenarioSource(
      content: { (path, place) throws(InputError) in
        // No file names the text itself, which has no place to be named at.
        path == name && place == nil
          ? Content(bytes: Array(text.utf8)) : try host.content(path, place)
      },
      parse: host.parse, isThere: host.isThere, linkTarget: host.linkTarget)
  }

  /// The one document of a text that stands alone.
  static func value(of text: String, file: String) throws(InputError) -> YAMLValue {
    var budget = ReadingBudget()
    return try host.value(
      of: Content(bytes: Array(text.utf8)), file: file, budget: &budget)
  }
}

extension ScenarioLoader {
  /// A loader of files, with the command line's changes.
  ///
  /// - Parameters:
  ///   - overrides: changes from the command line, in order.
  ///   - kernelFile: a kernel file that replaces the scenario's own.
  ///   - toleratesMissingLog: whether a log that is not there reads as empty.
  ///   - library: the folder of the scenarios that came with the program; nil for none.
  public init(
    overrides: [Override] = [], kernelFile: String? = nil, toleratesMissingLog: Bool = false,
    library: String? = nil
  ) {
    self.init(
      from: .host, overrides: overrides, kernelFile: kernelFile,
      toleratesMissingLog: toleratesMissingLog, library: library)
  }

  /// Reads a scenario that is not in a file.
  ///
  /// - Parameters:
  ///   - text: the scenario's YAML.
  ///   - name: what places in it are called; files that it names are looked for from there.
  /// - Throws: `InputError` at the first thing that is not as it should be.
  public func load(text: String, named name: String) throws(InputError) -> ScenarioDescription {
    var loader = self
    loader.source = .host(with: text, named: name)
    return try loader.load(name)
  }
}

extension FileCheck {
  /// What kind of file it is that was read, with all that it extends and names.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - library: the folder of the scenarios that came with the program.
  /// - Throws: `InputError` at the first thing that is not as it should be.
  public static func check(_ path: String, library: String? = nil) throws(InputError) -> FileKind {
    try check(path, in: .host, library: library)
  }
}

extension Override {
  /// Reads an argument as it stands on a command line.
  ///
  /// - Parameter argument: `PATH=VALUE`.
  /// - Throws: `InputError` for a path or a value that cannot be read.
  public init(_ argument: String) throws(InputError) {
    try self.init(argument) { (text, file) throws(InputError) in
      try ScenarioSource.value(of: text, file: file)
    }
  }
}

extension DMARTableFile {
  /// The table in the file at `path`: YAML, or the table itself as firmware has it.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place? = nil) throws(InputError)
    -> DMARTable
  {
    try read(path, namedAt: place, from: .host)
  }

  /// The table in `text`, which stands in `file`.
  public static func table(from text: String, file: String) throws(InputError) -> DMARTable {
    try DMARTable(reading: try ScenarioSource.value(of: text, file: file), as: "the table")
  }
}

extension PCISnapshotFile {
  /// The bus in the file at `path`.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - place: where the path was written, for the error.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place? = nil) throws(InputError)
    -> PCITopology
  {
    try read(path, namedAt: place, from: .host)
  }

  /// The bus in `text`, which stands in `file`.
  public static func topology(from text: String, file: String) throws(InputError) -> PCITopology {
    try PCISnapshot(reading: try ScenarioSource.value(of: text, file: file), as: "the snapshot")
      .topology
  }
}
