internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// The `domain_translation_struct` of one function: the tables that its context entry, or its entry
/// for requests without PASID, leads to as they lie in memory.
extension Debugfs {
  func translations(of device: PCIAddress) -> [String] {
    guard let unit = functionTable.unit(covering: device) else { return [] }
    let status = GlobalStatus(rawValue: unit.port.read32(at: RegisterOffset.gsts))
    guard status[flag: .translation] else {
      return ["DMA Remapping is not enabled on \(unit.name)"]
    }
    let pointer = RootTableAddress(rawValue: unit.port.read64(at: RegisterOffset.rtaddr))
    guard let start = start(of: device.sourceID, from: pointer) else { return [] }
    return [
      "Device \(device) \(pointer.mode == .scalable ? "with pasid 0 " : "")@0x\(hex(start.table))",
      Self.deviceHeader,
    ] + rows(from: start.table, levels: start.levels, isShort: true)
  }

  private static let deviceHeader =
    "IOVA_PFN         "
    + ["PML5E", "PML4E", "PDPE", "PDE"].map { name in
      "\t\(name)" + String(repeating: " ", count: 18 - name.utf8.count)
    }.joined() + "\tPTE"

  /// Nil where requests pass through, which have no tables.
  private func start(
    of source: SourceID, from pointer: RootTableAddress
  ) -> (table: UInt64, levels: Int)? {
    guard let path = entryPath(of: source, from: pointer) else { return nil }
    guard pointer.mode == .scalable else {
      let context = path.legacyContext
      guard context[.translationType] < 2 else { return nil }
      return (context[inPlace: .secondStageTable], context.levels)
    }
    let entries = pasidEntries(
      at: 0, ofDirectory: path.scalableContext[inPlace: .pasidDirectory])
    guard let entry = entries.first, entry[flag: .present] else { return nil }
    switch entry.translationType {
    case .firstStage:
      // The levels of either stage come from AW here, which the driver sets for both.
      return (entry[inPlace: .firstStageTable], entry.secondStageLevels)
    case .secondStage, .nested:
      return (entry[inPlace: .secondStageTable], entry.secondStageLevels)
    default:
      return nil
    }
  }
}
