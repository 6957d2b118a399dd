internal import ACPITables
internal import ArgumentParser
internal import PCI
internal import PCIHost
internal import Scenario
internal import ScenarioFormat
import Text

/// `dmar pci`: the functions of a bus.
struct PCICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pci", abstract: "List PCI functions with source-ids, groups and units.",
    discussion: ExitStatus.help([.badInput, .noInput, .cannotCreate]),
    subcommands: [PCIListCommand.self, PCISnapshotCommand.self],
    defaultSubcommand: PCIListCommand.self)
}

/// Where the functions come from.
struct PCIOrigin: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp("A snapshot to read instead of this machine's bus.", valueName: "file"))
  var snapshot: String?

  /// The bus; messages about what could not be read go to standard error.
  ///
  /// - Throws: `ExitCode` after saying what is wrong.
  func load(_ source: some PCISource = HostPCISource()) throws -> PCITopology {
    if let snapshot { return try reportingInputErrors { try PCISnapshotFile.read(snapshot) } }
    do {
      switch try source.enumerate() {
      case .found(let topology, let remarks):
        for remark in remarks { StandardError.print("dmar: \(remark)") }
        return topology
      case .noPCI(let reason):
        StandardError.print("dmar: \(reason)")
        throw ExitStatus.noInput.code
      }
    } catch let error as PCIHostError {
      StandardError.print("dmar: \(error)")
      if case .unreadableBus = error.kind { throw ExitStatus.noInput.code }
      throw ExitStatus.badInput.code
    }
  }
}

/// `dmar pci`, `dmar pci list`.
struct PCIListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the functions (the default).",
    discussion: ExitStatus.help([.badInput, .noInput]))

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table
    case tree
    case json
  }

  @OptionGroup var origin: PCIOrigin

  @Option(help: "A table, a tree of buses, or one JSON document.")
  var format = Format.table

  @Option(
    help: ArgumentHelp(
      "The DMAR table that says which unit covers what; this machine's if there is one.",
      valueName: "file"))
  var dmar: String?

  @Flag(name: .shortAndLong, help: "Add capabilities, base addresses and further ids.")
  var verbose = false

  @Option(
    name: .short,
    help: ArgumentHelp(
      "Only these functions of a table: [[segment:]bus:][device][.function], as lspci has it.",
      valueName: "slot"))
  var s: String?

  @Option(
    name: .short,
    help: ArgumentHelp(
      "Only these functions of a table: [vendor]:[device][:class], as lspci has it.",
      valueName: "ids"))
  var d: String?

  func validate() throws {
    do {
      _ = try PCISelection(slot: s, identity: d)
    } catch {
      throw ValidationError(error.words)
    }
    if format != .table, s != nil || d != nil {
      throw ValidationError("-s and -d choose rows of a table; the tree and JSON are whole")
    }
  }

  func run() throws {
    let report = PCIReport(
      topology: try origin.load().named(), table: try table(), classes: NameDatabase.classNames())
    let selection = try PCISelection(slot: s, identity: d)
    var output = Output()
    switch format {
    case .json: output.print(report.json)
    case .tree: for line in report.treeLines { output.print(line) }
    case .table:
      let lines = report.tableLines
      output.print(lines[0])
      for (line, function) in zip(lines.dropFirst(), report.topology.functions)
      where selection.contains(function) {
        output.print(line)
        guard verbose else { continue }
        for detail in report.detailLines(of: function) { output.print("    \(detail)") }
      }
    }
    try output.flush()
    for warning in report.warnings { StandardError.print("dmar: \(warning)") }
  }

  /// The table that was asked for, or this machine's own where its own bus is listed.
  private func table() throws -> DMARTable? {
    if let dmar { return try TableFile.load(dmar).table }
    guard origin.snapshot == nil else { return nil }
    // Most machines have none, and often only root may read it.
    guard let bytes = try? Files.bytes(at: TableFile.hostPath) else { return nil }
    return try? DMARTable(parsing: bytes)
  }
}

/// `dmar pci snapshot`.
struct PCISnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Save the functions, for scenarios on other machines.",
    discussion: ExitStatus.help([.badInput, .noInput, .cannotCreate]))

  @OptionGroup var origin: PCIOrigin

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where to save; standard output without it.", valueName: "file"))
  var output: String?

  func run() throws {
    let text = PCISnapshotFile.text(of: try origin.load())
    guard let output else {
      try OutputFile.write(text, to: "-")
      return
    }
    try OutputFile.write(text, to: output)
  }
}

extension PCITopology {
  /// The same with names where a snapshot has none, as far as this machine knows them: it may come from a
  /// machine without pci.ids.
  fileprivate func named() -> PCITopology {
    PCITopology(
      functions.map { function in
        var function = function
        let identity = function.identity
        guard function.names.vendor == nil, function.names.device == nil else { return function }
        let known = NameDatabase.names(vendor: identity.vendor, device: identity.device)
        (function.names.vendor, function.names.device) = (known.vendor, known.device)
        return function
      })
  }
}
