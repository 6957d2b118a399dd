internal import ACPITables
internal import ArgumentParser
internal import Scenario
internal import ScenarioFormat

/// `dmar acpi`: a DMAR table, printed, checked, and built.
struct ACPICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acpi", abstract: "Print, check or build an ACPI DMAR table.",
    discussion: """
      FILE is a table as firmware has it, or a text (a log, the output of acpidump or hexdump) with \
      a hex dump of one, or YAML. Without FILE it is this machine's own, \(TableFile.hostPath).

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate]))
      """)

  @Argument(help: ArgumentHelp("The table.", valueName: "file"))
  var file: String?

  @Flag(help: "Print the table as YAML, which --build reads.")
  var yaml = false

  @Flag(help: "Print the table as a hex dump.")
  var hexdump = false

  @Flag(help: "Print only what is wrong with the table; exit 65 if anything is.")
  var check = false

  @Option(help: ArgumentHelp("Build the table that this YAML file describes.", valueName: "yaml"))
  var build: String?

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where to write the built table.", valueName: "file"))
  var output: String?

  @Option(
    name: .customLong("pci"),
    help: ArgumentHelp(
      "A snapshot of the PCI bus to check the device scopes against.", valueName: "file"))
  var snapshot: String?

  @Option(
    help: ArgumentHelp(
      "A boot log whose BIOS-e820 lines say what memory firmware reserves.", valueName: "log"))
  var memoryMap: String?

  func validate() throws {
    if build != nil {
      guard file == nil, !yaml, !hexdump, !check else {
        throw ValidationError("--build makes a table, so there is none to print")
      }
      guard output != nil else { throw ValidationError("--build needs -o FILE") }
    } else if output != nil {
      throw ValidationError("-o is the table that --build makes; it goes with --build alone")
    }
    if [yaml, hexdump, check].filter({ $0 }).count > 1 {
      throw ValidationError("--yaml, --hexdump and --check exclude each other")
    }
  }

  func run() throws {
    if let build, let output {
      let table = try reportingInputErrors { try DMARTableFile.read(build) }
      try OutputFile.check(output, isNoneOf: [build])
      try OutputFile.write(table.bytes, to: output)
      return
    }
    let loaded = try TableFile.load(file ?? TableFile.hostPath)
    let topology = try snapshot.map { path in
      try reportingInputErrors { try PCISnapshotFile.read(path) }
    }
    let reserved = try memoryMap.map { path in
      MemoryMap.reserved(in: try reportingInputErrors { try Files.text(at: path) })
    }
    let findings = try loaded.reporting {
      try DMARTable.findings(
        in: loaded.bytes,
        against: TableSurroundings(topology: topology, reservedMemory: reserved))
    }
    var output = Output()
    if yaml {
      Self.print(DMARTableFile.text(of: loaded.table), to: &output)
    } else if hexdump {
      Self.print(HexDump.text(loaded.bytes), to: &output)
    } else {
      if !check {
        Self.print(
          try loaded.reporting { try DMARTable.disassembly(of: loaded.bytes) }, to: &output)
        if !findings.isEmpty { output.print("") }
      }
      for finding in findings { output.print("\(finding)") }
    }
    try output.flush()
    if check && !findings.isEmpty { throw ExitStatus.badInput.code }
  }

  private static func print(_ text: String, to output: inout Output) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      output.print(String(line))
    }
  }
}

/// A table from a file.
struct TableFile {
  /// Where Linux shows this machine's own.
  static let hostPath = "/sys/firmware/acpi/tables/DMAR"

  let path: String
  let bytes: [UInt8]
  let table: DMARTable

  /// Reads the table at `path`: its bytes, the first dump of one in a text, or YAML by its name.
  ///
  /// - Throws: `ExitCode` after saying what is wrong.
  static func load(_ path: String) throws -> TableFile {
    if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
      let table = try reportingInputErrors { try DMARTableFile.read(path) }
      return TableFile(path: path, bytes: table.bytes, table: table)
    }
    let content = try reportingInputErrors { try Files.bytes(at: path) }
    return try reporting(path) {
      // A text has no byte below 9. A table always has one, since the upper bytes of its length are
      // 0.
      let isText = !content.starts(with: Array("DMAR".utf8)) || !content.contains { $0 < 9 }
      let bytes =
        isText && !content.contains(0)
        ? try HexDump.table(in: String(decoding: content, as: UTF8.self)) : content
      return TableFile(path: path, bytes: bytes, table: try DMARTable(parsing: bytes))
    }
  }

  func reporting<Result>(_ body: () throws -> Result) throws -> Result {
    try Self.reporting(path, body)
  }

  private static func reporting<Result>(_ path: String, _ body: () throws -> Result) throws
    -> Result
  {
    do {
      return try body()
    } catch let error as ACPITableError {
      StandardError.print("dmar: \(path): \(error)")
      throw ExitStatus.badInput.code
    }
  }
}
