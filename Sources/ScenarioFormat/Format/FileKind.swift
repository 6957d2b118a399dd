internal import ACPITables

/// The kinds of files that the program reads and writes as YAML.
public enum FileKind: String, CaseIterable, Sendable {
  /// A scenario: kernel, machine, boot, steps, expectations.
  case scenario
  /// A DMAR table.
  case table
  /// A snapshot of a PCI bus.
  case snapshot
  /// A kernel that scenarios extend.
  case kernel
  /// A machine that scenarios extend.
  case platform

  /// What files of the kind are.
  public var title: String {
    switch self {
    case .scenario: "Scenario"
    case .table: "DMAR table"
    case .snapshot: "PCI snapshot"
    case .kernel: "Kernel file"
    case .platform: "Platform file"
    }
  }

  /// What files of the kind are for: one paragraph of the reference.
  var summary: String {
    switch self {
    case .scenario:
      "A machine, its kernel, what happens on it, and what must come out of it. `dmar replay` runs it, and"
        + " `dmar test` compares."
    case .table:
      "What firmware says of the remapping units: `machine.dmar` of a scenario names such a file, and"
        + " `dmar acpi` reads and writes it."
    case .snapshot:
      "The functions of a PCI bus: `machine.pci.snapshot` of a scenario names such a file, and"
        + " `dmar pci --format snapshot` writes it."
    case .kernel:
      "What a scenario's `kernel` takes over with `extends`, or `--kernel FILE` gives it."
    case .platform: "What a scenario's `machine` takes over with `extends`."
    }
  }

  /// The name of the kind's JSON Schema; the number grows when files that were right become wrong.
  private var id: String { "urn:dmar:schema:\(rawValue):1" }

  /// The section that a file of the kind is.
  var root: SchemaType {
    switch self {
    case .scenario: .section(ScenarioDescription.self)
    case .table: .section(DMARTable.self)
    case .snapshot: .section(PCISnapshot.self)
    case .kernel: .section(KernelDescription.self)
    case .platform: .section(MachineDescription.self)
    }
  }

  /// Reads such a file, and checks all of it.
  ///
  /// - Returns: the file as the program writes it.
  /// - Throws: `InputError` at the first thing that is not as it should be.
  package func read(_ file: YAMLValue) throws(InputError) -> Written {
    func written<S: Section>(_: S.Type) throws(InputError) -> Written {
      try S(reading: file, as: "the \(rawValue)").written
    }
    switch self {
    case .scenario: return try written(ScenarioDescription.self)
    case .table: return try written(DMARTable.self)
    case .snapshot: return try written(PCISnapshot.self)
    case .kernel: return try written(KernelDescription.self)
    case .platform: return try written(MachineDescription.self)
    }
  }

  /// The JSON Schema of the kind, for editors and other programs.
  public var jsonSchema: String { JSONSchema.document(of: root, id: id, title: title) }

  private var sections: String {
    switch self {
    case .scenario, .table, .snapshot: Reference.text(of: root)
    // They are parts of a scenario.
    case .kernel: "\nIts keys are those of [kernel](#kernel).\n"
    case .platform: "\nIts keys are those of [machine](#machine).\n"
    }
  }

  /// The reference of all kinds for people who write files, as Markdown.
  public static var reference: String {
    """
    # Files that dmar reads

    This page is made from the declarations by which the program reads, checks and writes these files
    (`make docs`). Every key stands in a table with the values that it takes, what holds where it is not
    given, what it means, and an example.

    Files are YAML. Numbers are decimal or hexadecimal with `0x`, and `_` may stand between digits; `010`
    is ten. Sizes are bytes, or have a unit: `64KiB`, `8GiB`. Times are seconds with at most six decimals.
    PCI addresses are `00:1a.0` or `0000:00:1a.0`.

    Any mapping may have the key `extends`, the name of a file as seen from the folder of the file in
    which it stands: what is in that file comes first, and the mapping's own keys are laid over it.
    Mappings are merged key by key; lists and other values are replaced; `~` removes a key.
    """ + "\n"
      + allCases.map { "\n## \($0.title)\n\n\($0.summary)\n\($0.sections)" }.joined()
  }
}
