internal import ACPITables
internal import PCI
internal import VTdFormats
internal import VTdUnit

/// The machine's platform: the snapshot that its bus begins with, and its DMAR table.
enum PlatformDecoder {
  /// The bus of `pci: {snapshot: FILE}`; the path is seen from the folder of its scenario.
  static func snapshot(from pci: CheckedValue?) throws -> PCITopology? {
    guard let name = pci?["snapshot"] else { return nil }
    let path = Files.resolve(try name.text(), from: name.place.file)
    return try PCISnapshotFile.read(path, namedAt: name.place)
  }

  /// The table, each unit of which the scenario has to describe.
  static func table(
    from machine: CheckedValue, units: [ScenarioDescription.UnitDescription]
  ) throws -> DMARTable? {
    guard let name = machine["dmar"] else { return nil }
    let path = Files.resolve(try name.text(), from: name.place.file)
    let table = try DMARTableFile.read(path, namedAt: name.place)
    for unit in table.units
    where !units.contains(where: { $0.hardware.registerBase.rawValue == unit.registerBase }) {
      throw InputError(
        at: name.place,
        "the table has a unit at 0x\(hex(unit.registerBase)); a unit with that base "
          + "was expected under units")
    }
    return table
  }
}
